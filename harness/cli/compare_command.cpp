// motley compare A... --with B...
#include <fmt/format.h>
#include <fstream>
#include <memory>

#include "analysis/compare_text.hpp"
#include "harness/cli/command.hpp"
#include "harness/cli/comparing.hpp"
#include "harness/cli/options.hpp"
#include "harness/error.hpp"

namespace motley::cli {
namespace {

struct CompareRequest {
  std::vector<std::string> first, second;
  ComparingOptions comparing;
  std::string format = "text", out;
  bool all = false;
};

std::string formatted(const analysis::Comparison& comparison, const CompareRequest& request) {
  if (request.format == "markdown") return analysis::comparison_markdown(comparison);
  if (request.format == "csv") return analysis::comparison_csv(comparison);
  if (request.format == "json") return analysis::comparison_json(comparison);
  return analysis::comparison_text(comparison, request.all);
}

int compare_command(const CompareRequest& request) {
  const analysis::RunFigures first = analysis::read_figures(request.first);
  const analysis::RunFigures second = analysis::read_figures(request.second);
  const analysis::Comparison comparison =
      analysis::compare(first, second, compare_options(request.comparing));
  const std::string text = formatted(comparison, request);
  if (comparison.rows.empty()) {
    fmt::print(stderr,
               "motley: no row is in both sides (nothing to compare). Measure the same "
               "cases on the same processors.\n");
  }
  if (request.out.empty()) {
    fmt::print("{}", text);
  } else {
    write_whole_file(request.out, text);
  }
  return comparison.rows.empty() ? nothing_measured : done;
}

void add_compare(Commands& commands) {
  const auto request = std::make_shared<CompareRequest>();
  CLI::App& command = commands.add("compare", "Did figures change between two runs, A and B?",
                                   [request] { return compare_command(*request); });
  command.add_option("A", request->first, "Files of records of the first side")
      ->required()
      ->type_name("FILE");
  command.add_option("--with", request->second, "Files of the second side")
      ->required()
      ->type_name("FILE");
  add_comparing(command, request->comparing);
  command.add_flag("--all", request->all, "Also rows that are the same");
  command.add_option("--format", request->format, "text, markdown, csv or json")
      ->check(CLI::IsMember({"text", "markdown", "csv", "json"}).description(""))
      ->type_name("NAME")
      ->capture_default_str();
  command.add_option("--out", request->out, "File to write (default: standard output)")
      ->type_name("FILE");
}

const CommandRegistration registration("compare", add_compare);

}  // namespace
}  // namespace motley::cli
