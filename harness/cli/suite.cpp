#include "harness/cli/suite.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "harness/error.hpp"
#include "harness/load.hpp"
#include "harness/scenario.hpp"
#include "harness/visit.hpp"
#include "results_schema/lines.hpp"

namespace motley::cli {
namespace {

using Json = nlohmann::json;

/// Keys that nobody reads are typing errors.
void refuse_others(const Json& object, const std::vector<std::string>& known) {
  for (const auto& [key, value] : object.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      throw UnknownName("key", key, known);
    }
  }
}

template <class T>
void read(const Json& object, const char* key, T& to) {
  if (object.contains(key)) to = object.at(key).get<T>();
}
template <class T>
void read(const Json& object, const char* key, std::optional<T>& to) {
  if (object.contains(key)) to = object.at(key).get<T>();
}

Part part_of(const Json& json, Tier tier) {
  refuse_others(json, {"cases", "on", "set", "scenarios", "loads"});
  Part part;
  part.selection.tier = tier;
  read(json, "cases", part.selection.filter);
  read(json, "on", part.processors);
  std::vector<std::string> set;
  read(json, "set", set);
  for (const std::string& one : set) part.selection.set.push_back(parse_axis_values(one));
  read(json, "scenarios", part.selection.scenarios);
  for (std::string& one : part.selection.scenarios) one = scenario_spec(one).canonical();
  read(json, "loads", part.selection.loads);
  for (std::string& one : part.selection.loads) one = canonical_loads(one);
  return part;
}

Suite suite_of(const std::string& name, std::string_view text) {
  try {
    const Json json = Json::parse(text);
    refuse_others(json, {"summary", "tier", "processes", "rounds", "budget_seconds",
                         "block_seconds", "parts"});
    Suite suite;
    suite.name = name;
    read(json, "summary", suite.summary);
    read(json, "tier", suite.tier);
    read(json, "processes", suite.processes);
    read(json, "rounds", suite.rounds);
    read(json, "budget_seconds", suite.budget_seconds);
    read(json, "block_seconds", suite.block_seconds);
    for (const Json& part : json.at("parts")) {
      suite.parts.push_back(part_of(part, tier_from(suite.tier)));
    }
    if (suite.parts.empty()) throw Error("it has no parts");
    return suite;
  } catch (const std::exception& error) {
    throw BadSuite(
        fmt::format("suite {}: {} (half a suite would not say what is missing). Correct "
                    "the file.",
                    name, error.what()));
  }
}

}  // namespace

std::vector<Suite> suites() {
  std::vector<Suite> all;
  for (const SuiteFile& file : suite_files()) {
    all.push_back(suite_of(std::string(file.name), file.text));
  }
  return all;
}

Suite find_suite(const std::string& name) {
  std::vector<std::string> known;
  for (const SuiteFile& file : suite_files()) {
    if (file.name == name) return suite_of(name, file.text);
    known.emplace_back(file.name);
  }
  if (!name.ends_with(".json")) throw UnknownName("suite", name, known);
  std::ifstream in(name, std::ios::binary);
  if (!in) {
    throw BadSuite(name + " cannot be read (no such file, or no permission). Check the name.");
  }
  constexpr std::size_t most_bytes = 1 << 20;
  return suite_of(name, schema::whole_file(name, most_bytes));
}

}  // namespace motley::cli
