// motley gate --baseline A.jsonl B.jsonl, and motley gate --ab OLD NEW -- options of motley run.
#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <memory>

#include "analysis/compare_text.hpp"
#include "analysis/gate.hpp"
#include "analysis/history.hpp"
#include "analysis/run_noise.hpp"
#include "harness/cli/alternating.hpp"
#include "harness/cli/command.hpp"
#include "harness/cli/comparing.hpp"
#include "harness/cli/options.hpp"
#include "harness/error.hpp"

namespace motley::cli {
namespace {

struct GateRequest {
  std::vector<std::string> baseline, programs, files, trust;
  std::shared_ptr<const std::vector<std::string>> run_options;
  AlternatingOptions alternating;
  ComparingOptions comparing;
  ResultOptions result;
  std::string allow_missing, inconclusive = "inconclusive", summary, github_benchmark, history;
};

analysis::GateOptions gate_options(const GateRequest& request) {
  analysis::GateOptions options;
  options.allow_missing = checked_expression("--allow-missing", request.allow_missing);
  if (request.inconclusive == "pass") options.inconclusive_as = analysis::GateResult::pass;
  if (request.inconclusive == "regression") {
    options.inconclusive_as = analysis::GateResult::regression;
  }
  return options;
}

struct Compared {
  analysis::Comparison comparison;
  std::vector<analysis::RunFigures> baseline, now;
};

/// Noise of each row over the runs that a history keeps.
std::function<std::optional<double>(const analysis::ComparedRow&)> margins_of_history(
    const std::string& file, const schema::Run& run, double least) {
  const auto history =
      std::make_shared<analysis::History>(file, analysis::History::Access::existing);
  return [history, run, least](const analysis::ComparedRow& row) -> std::optional<double> {
    const auto noise = history->noise(run, row.key, row.quantity);
    if (!noise) return std::nullopt;
    return std::max(least, analysis::chance_change(*noise));
  };
}

Compared compare_files(const GateRequest& request, analysis::CompareOptions options) {
  Compared all;
  auto [first, second] = read_sides(request.baseline, request.files, schema::CutLine::refuse);
  all.baseline.push_back(std::move(first));
  all.now.push_back(std::move(second));
  if (!request.history.empty() && !all.baseline[0].runs.empty()) {
    options.margin =
        margins_of_history(request.history, all.baseline[0].runs.front(), options.limits.margin);
  }
  all.comparison = analysis::compare(all.baseline[0], all.now[0], options);
  return all;
}

Compared compare_programs(const GateRequest& request, const analysis::CompareOptions& options) {
  AlternatingOptions alternating = request.alternating;
  alternating.first = request.programs[0];
  alternating.second = request.programs[1];
  analysis::Alternated done_pairs =
      alternate(alternation(alternating, *request.run_options), options);
  Compared all;
  all.comparison = std::move(done_pairs.comparison);
  for (auto& [first, second] : done_pairs.pairs) {
    all.baseline.push_back(std::move(first));
    all.now.push_back(std::move(second));
  }
  if (done_pairs.interrupted) throw Error("interrupted (the gate has no verdict). Run it again.");
  return all;
}

std::vector<const analysis::RunFigures*> pointers(const std::vector<analysis::RunFigures>& all) {
  std::vector<const analysis::RunFigures*> result;
  for (const analysis::RunFigures& one : all) result.push_back(&one);
  return result;
}

int exit_code(analysis::GateResult result) {
  switch (result) {
    case analysis::GateResult::pass:
      return done;
    case analysis::GateResult::regression:
      return regression;
    case analysis::GateResult::inconclusive:
      return inconclusive;
    case analysis::GateResult::unusable:
      break;
  }
  return nothing_measured;
}

void refuse_both(const GateRequest& request) {
  if (!request.history.empty() && (!request.trust.empty() || request.baseline.empty())) {
    throw BadArgument(
        "--history goes with --baseline and without --trust (both tell the noise "
        "between files). Leave one out.");
  }
  if (request.baseline.empty() == request.programs.empty()) {
    throw BadArgument(
        "give either --baseline A.jsonl B.jsonl, or --ab OLD NEW (a gate compares files of records "
        "or programs).");
  }
  if (!request.baseline.empty() && request.files.empty()) {
    throw BadArgument(
        "no file to hold against the baseline (nothing to judge). Try motley gate --baseline "
        "A.jsonl B.jsonl.");
  }
}

int gate_command(const GateRequest& request) {
  refuse_both(request);
  analysis::CompareOptions options = compare_options(request.comparing);
  if (!request.trust.empty()) {
    options.margin = analysis::RunNoise(request.trust).margins(options.limits.margin);
  }
  const analysis::GateOptions gate_rules = gate_options(request);
  const Compared all = request.programs.empty() ? compare_files(request, options)
                                                : compare_programs(request, options);
  const analysis::Gate gate =
      analysis::gate(all.comparison, pointers(all.baseline), pointers(all.now), gate_rules);
  write_result(request.result, {[&] { return analysis::gate_text(gate, all.comparison); },
                                [&] { return analysis::gate_markdown(gate, all.comparison); },
                                [&] { return analysis::comparison_csv(all.comparison); },
                                [&] { return analysis::gate_json(gate, all.comparison); }});
  if (!request.summary.empty()) {
    append_to_file(request.summary, analysis::gate_markdown(gate, all.comparison));
  }
  if (!request.github_benchmark.empty()) {
    for (const bool smaller : {true, false}) {
      write_whole_file(request.github_benchmark + (smaller ? "-smaller.json" : "-bigger.json"),
                       analysis::github_action_benchmark(all.now.front(), smaller));
    }
  }
  return exit_code(gate.result);
}

void add_gate(Commands& commands) {
  const auto request = std::make_shared<GateRequest>();
  CLI::App& command =
      commands.add("gate", "For CI: exit code 1 where something became slower, 0 where nothing did",
                   [request] { return gate_command(*request); });
  command.footer("With --ab, behind -- follow options of motley run: -- --on cpu:0 --filter ^op/");
  command.add_option("--baseline", request->baseline, "File of records that must not be undercut")
      ->allow_extra_args(false)
      ->type_name("A.jsonl");
  command.add_option("--ab", request->programs, "Instead: two programs, which run in turns here")
      ->expected(2)
      ->type_name("OLD NEW");
  command.add_option("files", request->files, "Files of records of now");
  request->run_options = commands.behind_mark("gate");
  command
      .add_option("--allow-missing", request->allow_missing,
                  "Rows of the baseline that may be without a figure now")
      ->type_name("REGEX");
  command
      .add_option("--inconclusive", request->inconclusive,
                  "What undecided rows count for: inconclusive, pass or regression")
      ->check(CLI::IsMember({"inconclusive", "pass", "regression"}).description(""))
      ->type_name("AS")
      ->capture_default_str();
  command
      .add_option("--trust", request->trust,
                  "Records of earlier runs of unchanged code: a change within their noise is none")
      ->allow_extra_args(false)
      ->type_name("FILE.jsonl");
  command
      .add_option("--history", request->history,
                  "File of motley history: a change within the noise of its runs is none")
      ->type_name("FILE.sqlite");
  command
      .add_option("--summary", request->summary,
                  "Append the verdict as Markdown, as to $GITHUB_STEP_SUMMARY")
      ->type_name("FILE.md");
  command
      .add_option("--github-benchmark", request->github_benchmark,
                  "Write NAME-smaller.json and NAME-bigger.json for github-action-benchmark")
      ->type_name("NAME");
  add_alternating(command, request->alternating);
  add_comparing(command, request->comparing);
  add_result(command, request->result);
}

const CommandRegistration registration("gate", add_gate);

}  // namespace
}  // namespace motley::cli
