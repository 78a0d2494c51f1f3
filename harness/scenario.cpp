// The list of scenarios: the harness' own families by name, those of other folders by registration.
#include "harness/scenario.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "harness/named.hpp"
#include "harness/scenarios/families.hpp"

namespace motley {
namespace {

using Makers = std::vector<std::function<Scenario()>>;

Makers& makers() {
  static Makers all;  // constructed on first use: registrations run before main in any order
  return all;
}

std::vector<Scenario> make_scenarios() {
  std::vector<Scenario> all;
  for (const auto family :
       {sampled_scenarios, closed_scenarios, server_scenarios, shaped_scenarios, trace_scenarios,
        periodic_scenarios, peak_scenarios, sustained_scenarios, mixed_scenarios}) {
    for (Scenario& one : family()) all.push_back(std::move(one));
  }
  for (const auto& make : makers()) all.push_back(make());
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  const auto twice = std::adjacent_find(
      all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name == b.name; });
  if (twice != all.end()) {
    throw Error("two scenarios are named '" + twice->name +
                "' (a name must say which one is meant). Rename one.");
  }
  return all;
}

}  // namespace

Queried::Queried(QueryRun does) {
  if (!does) throw Error("a scenario has no implementation (nothing could run it). Write one.");
  run = [does = std::move(does)](const Spec& spec, const ScenarioStage& stage,
                                 schema::Block& block) {
    does(spec, stage, block);
    if (!block.samples.host_seconds.empty()) return;
    throw Error(fmt::format("no query was answered ({}). Give more seconds or a higher rate.",
                            block.stopped_by == "interrupt" ? "interrupted before the first"
                                                            : spec.canonical() + " brought none"));
  };
}

ScenarioRegistration::ScenarioRegistration(std::function<Scenario()> make) {
  makers().push_back(std::move(make));
}

const std::vector<Scenario>& scenarios() {
  static const std::vector<Scenario> all = make_scenarios();
  return all;
}

const Scenario& find_scenario(const std::string& name) {
  return find_named("scenario", name, scenarios());
}

Spec scenario_spec(const std::string& text) {
  const auto [name, values] = split_spec(text);
  return Spec(name, values, find_scenario(name).parameters);
}

}  // namespace motley
