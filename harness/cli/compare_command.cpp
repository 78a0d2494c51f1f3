// motley compare A... --with B...
#include <fmt/format.h>
#include <memory>

#include "analysis/compare_text.hpp"
#include "harness/cli/command.hpp"
#include "harness/cli/comparing.hpp"
#include "harness/cli/options.hpp"

namespace motley::cli {
namespace {

struct CompareRequest {
  std::vector<std::string> first, second;
  ComparingOptions comparing;
  ResultOptions result;
  bool all = false;
};

/// The sides' figures need not lie in memory while the result is written.
analysis::Comparison compared(const CompareRequest& request) {
  const auto [first, second] =
      read_sides(request.first, request.second, schema::CutLine::pass_over);
  return analysis::compare(first, second, compare_options(request.comparing));
}

int compare_command(const CompareRequest& request) {
  const analysis::Comparison comparison = compared(request);
  if (comparison.rows.empty()) {
    fmt::print(stderr,
               "motley: no row is in both sides (nothing to compare). Measure the same "
               "cases on the same processors.\n");
  }
  write_result(request.result, {[&] { return analysis::comparison_text(comparison, request.all); },
                                [&] { return analysis::comparison_markdown(comparison); },
                                [&] { return analysis::comparison_csv(comparison); },
                                [&] { return analysis::comparison_json(comparison); }});
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
  add_result(command, request->result);
}

const CommandRegistration registration("compare", add_compare);

}  // namespace
}  // namespace motley::cli
