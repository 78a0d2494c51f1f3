// What do the names of CPU processors mean on this machine? `cpu` is every core that this process
// may use, `cpu:big` a cluster, `cpu:4` a core, `cpu:0-3,6` any set. A set of cores has
// one spelling: `cpu:3,0-2` becomes `cpu:0-3` before it keys a record. Where a core has several
// hardware threads, `cpu` and the clusters use the first of each: they share its arithmetic units.
// A set that lists threads gets them all.
#pragma once

#include <string>
#include <vector>

#include "results_schema/record.hpp"

namespace motley::devices {

struct CoreSet {
  std::string id;          ///< canonical
  std::vector<int> cores;  ///< sorted, all usable
};

/// cpu, each cluster if there is more than one, each core: those with a usable core.
std::vector<std::string> cpu_processor_ids(const schema::Device& device);

/// cpu, each cluster if there is more than one, one core of each; no set of cores twice.
std::vector<std::string> default_cpu_processor_ids(const schema::Device& device);

/// The first of those `cores` that are threads of one physical core; their number is that of the
/// physical cores.
std::vector<int> one_thread_a_core(const std::vector<int>& cores, const schema::Device& device);

/// Throws UnknownName for a name, cluster or core that does not exist, Unsupported for cores that
/// are there but closed to this process (an app's cpuset, a container, taskset).
CoreSet resolve_cpu_processor(const std::string& id, const schema::Device& device);

}  // namespace motley::devices
