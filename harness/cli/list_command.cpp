// motley list and motley devices.
#include <fmt/format.h>
#include <iostream>
#include <nlohmann/json.hpp>

#include "analysis/measurement.hpp"
#include "analysis/text.hpp"
#include "analysis/weak_operators.hpp"
#include "devices/description.hpp"
#include "devices/machine.hpp"
#include "harness/case.hpp"
#include "harness/cli/options.hpp"
#include "harness/cli/suite.hpp"
#include "harness/error.hpp"
#include "harness/load.hpp"
#include "harness/scenario.hpp"
#include "harness/tenants/scheduler.hpp"
#include "harness/tenants/tenant.hpp"
#include "results_schema/json_lines.hpp"

namespace motley::cli {
namespace {

std::string indented(std::size_t columns, const std::string& text) {
  return analysis::wrapped(std::string(columns, ' ') + text, 80, columns);
}

nlohmann::json weak_json(const analysis::WeakOperators& all) {
  nlohmann::json weak = nlohmann::json::array();
  for (const analysis::OperatorShare& one : all.weak) {
    weak.push_back({{"processor", one.processor},
                    {"network", one.network},
                    {"operator", one.name},
                    {"shape", one.shape},
                    {"direction", one.direction},
                    {"implementation", one.implementation},
                    {"share", one.share},
                    {"bound", one.memory_bound ? "memory" : "flops"}});
  }
  return {{"weak", weak},
          {"judged", all.judged},
          {"below", analysis::weak_share},
          {"without_result", all.without_result}};
}

int list_weak(const Options& options) {
  if (options.files.empty()) {
    throw BadArgument(
        "--weak needs files of records (operators are judged by what was measured). Measure with "
        "motley run --filter '^(op|flops|bandwidth)/'.");
  }
  const schema::Log log = schema::read_logs(options.files, schema::CutLine::pass_over);
  if (analysis::is_emulated(log)) {
    throw Error(
        "emulated delays are among the records (no share is the device's). Measure without "
        "MOTLEY_EMULATE.");
  }
  if (options.json) {
    std::cout << weak_json(analysis::weak_operators(log)).dump(2) << "\n";
  } else {
    fmt::print("{}", analysis::weak_operators_text(log));
  }
  return done;
}

std::string parameters_text(const std::vector<SpecParameter>& parameters) {
  std::string text;
  for (const SpecParameter& one : parameters) {
    const std::string fallback = schema::to_string(one.fallback);
    text += indented(
        4, fmt::format("{}{}: {}", one.name, fallback.empty() ? "" : "=" + fallback, one.summary));
  }
  return text;
}

int list_scenarios() {
  for (const Scenario& one : scenarios()) {
    fmt::print("{}\n{}", one.name, indented(2, one.summary));
    fmt::print("{}", indented(2, fmt::format("gives {}; valid: {}", one.metric, one.valid_when)));
    fmt::print("{}", parameters_text(one.parameters));
  }
  return done;
}

int list_suites() {
  for (const Suite& one : suites()) fmt::print("{}\n{}", one.name, indented(2, one.summary));
  return done;
}

int list_loads() {
  for (const LoadKind& one : load_kinds()) {
    fmt::print("{}\n{}{}", one.name, indented(2, one.summary), parameters_text(one.parameters));
  }
  return done;
}

int list_schedulers() {
  for (const tenants::SchedulerKind& one : tenants::schedulers()) {
    fmt::print("{}\n{}{}", one.name, indented(2, one.summary), parameters_text(one.parameters));
  }
  fmt::print("\nHow the queries of a tenant may arrive:\n");
  for (const tenants::ArrivalKind& one : tenants::arrival_kinds()) {
    fmt::print("@{}\n{}{}", one.name, indented(2, one.summary), parameters_text(one.parameters));
  }
  return done;
}

}  // namespace

int list_command(const Options& options) {
  if (options.weak) return list_weak(options);
  if (options.list_scenarios) return list_scenarios();
  if (options.list_loads) return list_loads();
  if (options.list_schedulers) return list_schedulers();
  if (options.list_suites) return list_suites();
  if (!options.files.empty()) {
    throw BadArgument(
        "files of records without --weak (cases are listed, not records). Add --weak, "
        "or look at the files with motley summary.");
  }
  const std::vector<const Case*> shown = selected_cases(selection(options));
  if (options.json) {
    nlohmann::json all = nlohmann::json::array();
    for (const Case* one : shown) {
      nlohmann::json axes = nlohmann::json::array();
      for (const Axis& axis : one->axes) {
        axes.push_back(
            {{"name", axis.name}, {"summary", axis.summary}, {"searched", axis.searched}});
      }
      nlohmann::json entry = {{"name", one->name},
                              {"summary", one->summary},
                              {"revision", one->revision},
                              {"metric", schema::to_string(one->metric)},
                              {"axes", axes}};
      if (!one->never_run_on_hardware.empty()) {
        entry["never_run_on_hardware"] = one->never_run_on_hardware;
      }
      all.push_back(std::move(entry));
    }
    std::cout << all.dump(2) << "\n";
    return done;
  }
  for (const Case* one : shown) {
    fmt::print("{}\n{}", one->name, indented(2, one->summary));
    for (const Axis& axis : one->axes) {
      fmt::print("{}", indented(4, fmt::format("{}{}: {}", axis.name,
                                               axis.searched ? " (searched)" : "", axis.summary)));
    }
    if (!one->never_run_on_hardware.empty()) {
      fmt::print("{}", indented(4, "never run on hardware: " + one->never_run_on_hardware));
    }
  }
  return done;
}

int devices_command(const Options& options) {
  const auto machine = devices::real_machine();
  std::cout << (options.json ? devices::description_json(*machine)
                             : devices::description_text(*machine));
  return done;
}

}  // namespace motley::cli
