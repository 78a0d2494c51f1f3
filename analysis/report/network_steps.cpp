#include "analysis/report/network_steps.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>

#include "analysis/network_names.hpp"
#include "analysis/report/key_names.hpp"

namespace motley::analysis::report {
namespace {

/// Nobody sees less of a bar, and each has an entry in the legend.
constexpr double least_share = 0.005;

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
  std::erase_if(step.parts, [&](const TimelinePart& part) {
    return part.seconds < least_share * step.whole_seconds;
  });
}

void compare_with_cpu(NetworkGroup& group) {
  double cpu = 0;
  for (const NetworkStep& step : group.steps) {
    if (step.processor == "cpu" && (cpu == 0 || step.seconds < cpu)) cpu = step.seconds;
  }
  for (NetworkStep& step : group.steps) {
    if (cpu > 0 && step.processor != "cpu") step.ratio = step.seconds / cpu;
  }
}

/// Times of one scenario compare; its name is told where the same network has several.
NetworkGroup& group_of(const std::string& name, const schema::Key& key,
                       std::vector<NetworkGroup>& groups) {
  const auto is_named = [&](const NetworkGroup& one) { return one.network == name; };
  const auto found = std::find_if(groups.begin(), groups.end(), [&](const NetworkGroup& one) {
    return is_named(one) && one.scenario == key.scenario;
  });
  if (found != groups.end()) return *found;
  const bool has_another = std::any_of(groups.begin(), groups.end(), is_named);
  groups.push_back({name,
                    key.scenario,
                    has_another ? name + ", " + key.scenario : name,
                    key.case_name.ends_with("/training"),
                    {}});
  return groups.back();
}

}  // namespace

std::vector<NetworkGroup> network_groups(const Source& source) {
  const NetworkNames names(source.measurements);
  std::vector<NetworkGroup> groups;
  for (const Measurement& one : source.measurements) {
    if (!is_network(one.key) || one.blocks.empty() || !(one.value() > 0)) continue;
    const std::string name = without_repetition(names.without_residency(one.key));
    NetworkGroup& group = group_of(name, one.key, groups);
    NetworkStep step;
    step.processor = one.key.processor;
    step.kind = source.kind_of(step.processor);
    step.residency = parameter(one.key, "residency");
    step.measurement = &one;
    step.seconds = one.value();
    if (const schema::Block* block = source.block_of(one.key)) profile(*block, step);
    group.steps.push_back(std::move(step));
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
  return step.residency.empty() ? step.processor : step.processor + " " + step.residency;
}

std::vector<std::string> where_it_goes(const Source& source, const NetworkStep& step) {
  const Explanation* explanation = source.explanation_of(step.measurement->key);
  return explanation ? explanation->sentences : std::vector<std::string>{};
}

}  // namespace motley::analysis::report
