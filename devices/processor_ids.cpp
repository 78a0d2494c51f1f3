#include "devices/processor_ids.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include "devices/linux/parse.hpp"
#include "harness/error.hpp"

namespace motley::devices {
namespace {

const std::string prefix = "cpu:";

std::vector<int> core_list(const schema::Device& device, const std::string& fact) {
  const auto found = device.facts.find(fact);
  if (found == device.facts.end()) return {};
  const auto* text = std::get_if<std::string>(&found->second);
  return text == nullptr ? std::vector<int>() : parse_cpu_list(*text).value_or(std::vector<int>());
}

std::vector<int> common(const std::vector<int>& a, const std::vector<int>& b) {
  std::vector<int> both;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  return both;
}

std::string core_id(int core) {
  return prefix + std::to_string(core);
}

/// The lowest hardware thread beside `core` as its cluster lists them; itself where none is listed.
int first_sibling(int core, const schema::Device& device) {
  for (const schema::Cluster& cluster : device.clusters) {
    const auto found = cluster.facts.find("thread_siblings");
    if (found == cluster.facts.end()) continue;
    const auto* groups = std::get_if<std::vector<std::string>>(&found->second);
    if (groups == nullptr) continue;
    for (const std::string& group : *groups) {
      const auto threads = parse_cpu_list(group).value_or(std::vector<int>());
      if (std::binary_search(threads.begin(), threads.end(), core)) return threads.front();
    }
  }
  return core;
}

[[noreturn]] void refuse(const std::string& id, const std::string& cores,
                         const std::string& allowed) {
  throw Unsupported("cannot use '" + id + "' (core " + cores +
                    " is closed to this process: its affinity mask or cpuset allows " + allowed +
                    "). Choose among those, or start Motley where all cores are open: adb shell "
                    "instead of an app, without taskset, outside the container.");
}

}  // namespace

std::vector<int> one_thread_a_core(const std::vector<int>& cores, const schema::Device& device) {
  std::set<int> physical;
  std::vector<int> first;
  for (const int core : cores) {
    if (physical.insert(first_sibling(core, device)).second) first.push_back(core);
  }
  return first;
}

std::vector<std::string> cpu_processor_ids(const schema::Device& device) {
  const std::vector<int> allowed = core_list(device, "cores_allowed");
  std::vector<std::string> ids = {"cpu"};
  if (device.clusters.size() > 1) {
    for (const schema::Cluster& cluster : device.clusters) {
      if (!common(cluster.cores, allowed).empty()) ids.push_back(prefix + cluster.name);
    }
  }
  for (const int core : allowed) ids.push_back(core_id(core));
  return ids;
}

std::vector<std::string> default_cpu_processor_ids(const schema::Device& device) {
  const std::vector<int> allowed = one_thread_a_core(core_list(device, "cores_allowed"), device);
  std::vector<std::string> ids = {"cpu"};
  for (const schema::Cluster& cluster : device.clusters) {
    const std::vector<int> cores = common(cluster.cores, allowed);
    if (cores.empty()) continue;
    if (cores.size() < allowed.size()) ids.push_back(prefix + cluster.name);
    if (cores.size() > 1) ids.push_back(core_id(cores.front()));
  }
  return ids;
}

CoreSet resolve_cpu_processor(const std::string& id, const schema::Device& device) {
  const std::vector<int> allowed = core_list(device, "cores_allowed");
  if (id == "cpu") return {id, one_thread_a_core(allowed, device)};
  if (!id.starts_with(prefix)) throw UnknownName("processor", id, cpu_processor_ids(device));
  const std::string name = id.substr(prefix.size());
  for (const schema::Cluster& cluster : device.clusters) {
    if (cluster.name != name) continue;
    const std::vector<int> cores = common(cluster.cores, allowed);
    if (cores.empty()) refuse(id, format_cpu_list(cluster.cores), format_cpu_list(allowed));
    return {id, one_thread_a_core(cores, device)};
  }
  const auto cores = parse_cpu_list(name);
  const std::vector<int> online = core_list(device, "cores_online");
  if (!cores || cores->empty() || common(*cores, online) != *cores) {
    throw UnknownName("processor", id, cpu_processor_ids(device));
  }
  if (common(*cores, allowed) != *cores) {
    std::vector<int> closed;
    std::set_difference(cores->begin(), cores->end(), allowed.begin(), allowed.end(),
                        std::back_inserter(closed));
    refuse(id, format_cpu_list(closed), format_cpu_list(allowed));
  }
  return {prefix + format_cpu_list(*cores), *cores};
}

}  // namespace motley::devices
