#include "analysis/report/network_steps.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>

#include "analysis/network_names.hpp"
#include "analysis/report/key_names.hpp"

namespace motley::analysis::report {
namespace {

struct Known {
  const char* key;
  const char* name;
  const char* colour;
};

constexpr Known computing[] = {{"forward", "forward", "#0072B2"},
                               {"loss", "loss", "#003F66"},
                               {"backward_data", "backward, data", "#56B4E9"},
                               {"backward_weights", "backward, weights", "#9AD0F0"},
                               {"update", "update", "#009E73"},
                               {"compute", "compute", "#0072B2"}};
constexpr Known moving[] = {{"host_to_device", "to the device", "#D55E00"},
                            {"device_to_host", "from the device", "#E69F00"},
                            {"copy", "copy", "#D55E00"},
                            {"convert", "convert", "#F0C85A"}};
constexpr Known of_host[] = {{"submit", "submit", "#CC79A7"},
                             {"blocked", "blocked", "#777777"},
                             {"other", "other", "#BDBDBD"}};
constexpr Known of_gap[] = {{"copy", "idle: host copies", "#E3A47C"},
                            {"submit", "idle: host submits", "#E2B3CD"},
                            {"blocked", "idle: host waits", "#A6A6A6"},
                            {"compute", "idle: host computes", "#8DB7A8"},
                            {"other", "idle: unexplained", "#D6D6D6"}};

using Times = std::map<std::string, double>;

template <std::size_t count>
void add(const Times& times, const Known (&known)[count], bool on_device,
         std::vector<TimelinePart>& parts) {
  for (const Known& one : known) {
    const auto found = times.find(one.key);
    if (found == times.end() || !(found->second > 0) || !std::isfinite(found->second)) continue;
    parts.push_back({on_device, one.name, found->second});
  }
}

const Times& member(const schema::Block& block, const char* name) {
  static const Times none;
  const auto found = block.timeline.find(name);
  return found == block.timeline.end() ? none : found->second;
}

double at(const Times& times, const char* name) {
  const auto found = times.find(name);
  return found == times.end() || !std::isfinite(found->second) ? 0 : found->second;
}

void profile(const schema::Block& block, NetworkStep& step) {
  step.whole_seconds = at(member(block, "run"), "profiled_seconds");
  step.distorted = at(member(block, "counts"), "distorted") > 0;
  for (const bool on_device : {false, true}) {
    const Times& times = member(block, on_device ? "device" : "host");
    add(times, computing, on_device, step.parts);
    add(times, moving, on_device, step.parts);
    if (!on_device) add(times, of_host, false, step.parts);
  }
  add(member(block, "gap"), of_gap, true, step.parts);
}

/// The fastest of the CPU's, where there is one measured the same way.
double cpu_seconds(const NetworkGroup& group, const std::string& scenario) {
  double same = 0, any = 0;
  for (const NetworkStep& step : group.steps) {
    if (step.processor != "cpu") continue;
    if (any == 0 || step.seconds < any) any = step.seconds;
    if (step.measurement->key.scenario != scenario) continue;
    if (same == 0 || step.seconds < same) same = step.seconds;
  }
  return same > 0 ? same : any;
}

void compare_with_cpu(NetworkGroup& group) {
  for (NetworkStep& step : group.steps) {
    const double cpu = cpu_seconds(group, step.measurement->key.scenario);
    if (cpu > 0 && step.processor != "cpu") step.ratio = step.seconds / cpu;
  }
}

}  // namespace

std::vector<NetworkGroup> network_groups(const Source& source) {
  const NetworkNames names(source.measurements);
  std::vector<NetworkGroup> groups;
  for (const Measurement& one : source.measurements) {
    if (!is_network(one.key) || one.blocks.empty() || !(one.value() > 0)) continue;
    const std::string name = without_repetition(names.without_residency(one.key));
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const NetworkGroup& other) { return other.name == name; });
    if (group == groups.end()) {
      const bool training = one.key.case_name.ends_with("/training");
      group = groups.insert(groups.end(), NetworkGroup{name, training, {}});
    }
    NetworkStep step;
    step.processor = one.key.processor;
    step.kind = source.kind_of(step.processor);
    step.residency = parameter(one.key, "residency");
    step.measurement = &one;
    step.seconds = one.value();
    if (const schema::Block* block = source.block_of(one.key)) profile(*block, step);
    group->steps.push_back(std::move(step));
  }
  for (NetworkGroup& group : groups) compare_with_cpu(group);
  return groups;
}

const TimelineNames& timeline_names() {
  static const TimelineNames names = [] {
    TimelineNames all;
    const auto add_all = [&all](const auto& known) {
      for (const Known& one : known) {
        all.names.emplace_back(one.name);
        all.colours.emplace_back(one.colour);
      }
    };
    add_all(computing);
    add_all(moving);
    add_all(of_host);
    add_all(of_gap);
    return all;
  }();
  return names;
}

std::string who(const NetworkStep& step) {
  std::string text = step.processor;
  if (!step.residency.empty()) text += " " + step.residency;
  const std::string& scenario = step.measurement->key.scenario;
  const bool usual = scenario == "throughput" || scenario.ends_with("_steps");
  return usual ? text : text + ", " + scenario;
}

std::vector<std::string> where_it_goes(const Source& source, const NetworkStep& step) {
  const Explanation* explanation = source.explanation_of(step.measurement->key);
  return explanation ? explanation->sentences : std::vector<std::string>{};
}

}  // namespace motley::analysis::report
