// Which cores are alike? Cores are grouped by type (MIDR; family, model and hybrid kind on x86) and
// strength (cpu_capacity and cpuinfo_max_freq), and named little, mid and big by strength;
// cluster0 where they are all alike. Arm cores of one type at two maximum frequencies are two
// clusters (a phone's prime core). On x86 the maxima of equal cores differ by their favoured-core
// bins, so there only a gap above 20 % makes a cluster
// (Documentation/admin-guide/pm/intel_pstate.rst on favoured cores; Zen 5 and Zen 5c differ by more
// than 1.3x).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "devices/linux/files.hpp"
#include "results_schema/record.hpp"

namespace motley::devices {

struct Core {
  int number = 0;
  std::string type;  ///< what makes it another design: MIDR, or family/model and hybrid kind
  std::string name;  ///< Arm Cortex-A55, or cpuinfo's model name
  bool arm = false;
  std::int64_t capacity = 0;           ///< cpu_capacity, 0 if not said
  std::int64_t maximum_kilohertz = 0;  ///< cpuinfo_max_freq, 0 if not said
};

/// The cores of `numbers` as /proc/cpuinfo and sysfs describe them.
std::vector<Core> describe_cores(const Files& files, const std::vector<int>& numbers);

/// Clusters in ascending strength, with the facts that a person or a comparison needs.
std::vector<schema::Cluster> group_cores(const Files& files, const std::vector<Core>& cores);

/// /proc/cpuinfo as one map of keys to values a core; the last holds keys of no core (Hardware).
std::vector<std::map<std::string, std::string>> read_cpuinfo(const Files& files);

}  // namespace motley::devices
