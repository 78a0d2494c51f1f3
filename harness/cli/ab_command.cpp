// motley ab OLD NEW [-- options of motley run]
#include <fmt/format.h>
#include <memory>

#include "analysis/compare_text.hpp"
#include "harness/cli/alternating.hpp"
#include "harness/cli/command.hpp"
#include "harness/cli/comparing.hpp"
#include "harness/cli/options.hpp"

namespace motley::cli {
namespace {

struct AbRequest {
  AlternatingOptions alternating;
  std::shared_ptr<const std::vector<std::string>> run_options;
  ComparingOptions comparing;
  ResultOptions result;
  bool all = false;
};

int ab_command(const AbRequest& request) {
  const analysis::Alternated done_pairs = alternate(
      alternation(request.alternating, *request.run_options), compare_options(request.comparing));
  const analysis::Comparison& comparison = done_pairs.comparison;
  write_result(request.result, {[&] { return analysis::comparison_text(comparison, request.all); },
                                [&] { return analysis::comparison_markdown(comparison); },
                                [&] { return analysis::comparison_csv(comparison); },
                                [&] { return analysis::comparison_json(comparison); }});
  return comparison.rows.empty() ? nothing_measured : done;
}

void add_ab(Commands& commands) {
  const auto request = std::make_shared<AbRequest>();
  CLI::App& command =
      commands.add("ab", "Is one build faster than another? Both run in turns on this machine",
                   [request] { return ab_command(*request); });
  command.add_option("OLD", request->alternating.first, "Program of the first side")
      ->required()
      ->type_name("PROGRAM");
  command.add_option("NEW", request->alternating.second, "Program of the second side")
      ->required()
      ->type_name("PROGRAM");
  command.footer("Behind -- follow options of motley run, for both: -- --on cpu:0 --filter ^op/");
  request->run_options = commands.behind_mark("ab");
  add_alternating(command, request->alternating);
  add_comparing(command, request->comparing);
  command.add_flag("--all", request->all, "Also rows that are the same");
  add_result(command, request->result);
}

const CommandRegistration registration("ab", add_ab);

}  // namespace
}  // namespace motley::cli
