// motley list and motley devices.
#include <fmt/format.h>
#include <iostream>
#include <nlohmann/json.hpp>

#include "devices/description.hpp"
#include "devices/machine.hpp"
#include "harness/case.hpp"
#include "harness/cli/options.hpp"

namespace motley::cli {
namespace {

/// Text cut into lines of at most 80 columns, each indented.
std::string wrapped(const std::string& text, std::size_t indent) {
  std::string lines, line;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    if (indent + line.size() + 1 + word.size() > 80) {
      lines += std::string(indent, ' ') + line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
    begin = end + 1;
  }
  return lines + std::string(indent, ' ') + line + "\n";
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
    fmt::print("{}\n{}", one->name, wrapped(one->summary, 2));
    for (const Axis& axis : one->axes) {
      fmt::print("{}", wrapped(fmt::format("{}{}: {}", axis.name,
                                           axis.searched ? " (searched)" : "", axis.summary),
                               4));
    }
    if (!one->never_run_on_hardware.empty()) {
      fmt::print("{}", wrapped("never run on hardware: " + one->never_run_on_hardware, 4));
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
