// Is this process held back by a control group? A container's processor quota throttles all cores
// together and shows neither in the affinity mask nor as steal; its memory limit is below MemTotal.
#pragma once

#include "devices/linux/files.hpp"
#include "results_schema/record.hpp"

namespace motley::devices {

/// Adds quota_cores and memory_limit_bytes: the tightest of the process' group and its parents
/// (version 2: Documentation/admin-guide/cgroup-v2.rst, cpu.max and memory.max). Nothing is added
/// where there is no limit.
void add_control_group_limits(const Files& files, schema::Facts& facts);

}  // namespace motley::devices
