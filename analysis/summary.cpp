#include "analysis/summary.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>

#include "analysis/summary_tables.hpp"
#include "analysis/text.hpp"
#include "analysis/together_text.hpp"

namespace motley::analysis {
namespace {

std::string how_often(const schema::Log& log) {
  std::map<std::string, std::size_t> blocks;
  std::set<int> processes, rounds;
  for (const schema::Block& block : log.blocks) {
    if (block.status != schema::Status::ok) continue;
    ++blocks[to_string(block.key)];
    processes.insert(block.process);
    rounds.insert(block.round);
  }
  std::size_t most = 0;
  for (const auto& [key, count] : blocks) most = std::max(most, count);
  if (most <= 1) return "Figures: one block each, so nothing is known of their spread.";
  return fmt::format("Figures: medians of up to {} blocks (processes: {}, rounds: {}).", most,
                     processes.size(), rounds.size());
}

std::string header(const schema::Log& log) {
  std::string text;
  if (is_emulated(log)) {
    text += wrapped("! EMULATED: delays or failures were injected; no figure is the device's.");
  }
  if (!log.runs.empty()) {
    const schema::Run& run = log.runs.back();
    text += wrapped(run.device.name);
    text +=
        wrapped(fmt::format("{}, motley {} {}{}{}", run.started, run.motley_version,
                            run.commit.substr(0, 10), run.dirty ? " + changes" : "",
                            log.runs.size() > 1 ? fmt::format(", {} runs", log.runs.size()) : ""));
  }
  for (const std::string& warning : warnings(log)) text += wrapped("! " + warning);
  return text + wrapped(how_often(log)) +
         wrapped(
             "Marks: ~ half of the blocks or more carry a finding; % of what the hardware could "
             "do at the same clock; * non-temporal stores; ' not measured at all sizes of the "
             "row.");
}

std::string counted(const std::string& title, const std::map<std::string, std::size_t>& counts) {
  std::string text = title + ":";
  for (const auto& [name, count] : counts) text += fmt::format(" {} {},", name, count);
  if (!counts.empty()) text.pop_back();
  return wrapped(text);
}

/// Why cases have no figure, most frequent first; where nothing at all is ok, also what the
/// processors lack.
std::string reasons(const schema::Log& log) {
  constexpr std::size_t most_reasons = 5, most_columns = 300;
  std::set<std::pair<std::string, std::string>> measured;
  for (const schema::Block& block : log.blocks) {
    if (block.status != schema::Status::ok) continue;
    measured.emplace(block.key.case_name, block.key.processor);
  }
  std::map<std::string, std::size_t> counts;
  for (const schema::Block& block : log.blocks) {
    if (measured.contains({block.key.case_name, block.key.processor})) continue;
    if (block.status == schema::Status::unsupported && !measured.empty()) continue;
    ++counts[to_string(block.status) + ": " + block.reason];
  }
  std::vector<std::pair<std::string, std::size_t>> ranked(counts.begin(), counts.end());
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  for (std::size_t i = 0; i < std::min(ranked.size(), most_reasons); ++i) {
    const auto& [reason, count] = ranked[i];
    text += wrapped(fmt::format("  {} {} {}", count, count == 1 ? "block" : "blocks",
                                clipped(reason, most_columns)),
                    80, 4);
  }
  if (text.empty()) return "";
  if (ranked.size() > most_reasons) {
    text += fmt::format("  and {} other reasons\n", ranked.size() - most_reasons);
  }
  return "Without any figure on a processor:\n" + text;
}

std::string footer(const schema::Log& log) {
  std::map<std::string, std::size_t> statuses, kinds;
  for (const schema::Block& block : log.blocks) {
    ++statuses[to_string(block.status)];
    for (const schema::Finding& finding : block.findings) ++kinds[finding.kind];
  }
  std::string text = "\n" + counted("Blocks", statuses) + reasons(log);
  if (!kinds.empty()) text += counted("Findings, in blocks", kinds);
  // A resumed run has an end line for each time that it ended by itself: what counts is the last.
  if (log.ends.empty() || log.ends.back().run + 1 < log.runs.size()) {
    return text + "No end line: the run did not finish.\n";
  }
  const schema::End& end = log.ends.back();
  text += fmt::format("Took {:.0f} s, {:.1f} % of it the harness' own.\n", end.wall_seconds,
                      100 * end.harness_share);
  if (end.reason != "complete") text += wrapped("Ended by: " + end.reason);
  return text;
}

}  // namespace

std::vector<std::string> warnings(const schema::Log& log) {
  std::vector<std::string> all;
  double most_tasks = 0;
  for (const schema::Run& run : log.runs) {
    if (run.build == "Debug") all.push_back("DEBUG BUILD: figures mean nothing.");
    const auto load = run.conditions.find("load_average_1m");
    if (load != run.conditions.end() && std::holds_alternative<double>(load->second)) {
      most_tasks = std::max(most_tasks, std::get<double>(load->second));
    }
  }
  if (most_tasks >= 1) {
    all.push_back(fmt::format("{}{:.1f} other tasks ran in the minute before the start{}.",
                              log.runs.size() > 1 ? "Up to " : "", most_tasks,
                              log.runs.size() > 1 ? " of a run" : ""));
  }
  for (const schema::Block& block : log.blocks) {
    for (const schema::Finding& finding : block.findings) {
      if (is_of_the_run(finding.kind)) all.push_back(finding.kind + ": " + finding.cause);
    }
  }
  std::vector<std::string> once;
  for (std::string& one : all) {
    if (std::find(once.begin(), once.end(), one) == once.end()) once.push_back(std::move(one));
  }
  return once;
}

std::string summary(const schema::Log& everything) {
  const schema::Log log = undisturbed(everything);
  const std::vector<Measurement> all = measurements(log);
  SummaryInput input{
      log, {}, headlines(log, all, memory_levels(all)), transfer_headlines(log, all)};
  for (const schema::Block& block : log.blocks) {
    const std::string& id = block.key.processor;
    if (std::find(input.processors.begin(), input.processors.end(), id) == input.processors.end()) {
      input.processors.push_back(id);
    }
  }
  std::string text = header(everything) + side_by_side_tables(input);
  for (const std::string& id : input.processors) text += memory_tables(input, id);
  return trimmed(text + transfer_table(input) + operator_tables(all) + network_tables(input, all) +
                 division_tables(everything) + query_table(everything) +
                 interference_table(everything) + footer(everything));
}

}  // namespace motley::analysis
