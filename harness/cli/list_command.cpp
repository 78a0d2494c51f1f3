// motley list and motley devices.
#include <fmt/format.h>
#include <iostream>
#include <nlohmann/json.hpp>

#include "analysis/text.hpp"
#include "devices/description.hpp"
#include "devices/machine.hpp"
#include "harness/case.hpp"
#include "harness/cli/options.hpp"

namespace motley::cli {
namespace {

std::string indented(std::size_t columns, const std::string& text) {
  return analysis::wrapped(std::string(columns, ' ') + text, 80, columns);
}

}  // namespace

int list_command(const Options& options) {
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
