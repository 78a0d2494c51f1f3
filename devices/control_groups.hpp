// Is this process held back by a control group? A container's processor quota throttles all cores
// together and shows neither in the affinity mask nor as steal; its memory limit is below MemTotal.
// Version 2: Documentation/admin-guide/cgroup-v2.rst; version 1, whose memory controller many
// containers still use: Documentation/admin-guide/cgroup-v1/memory.rst.
#pragma once

#include <cstddef>

#include "devices/linux/files.hpp"
#include "results_schema/record.hpp"

namespace motley::devices {

/// Adds quota_cores and memory_limit_bytes: the tightest of the process' group and its parents.
/// Nothing is added where there is no limit.
void add_control_group_limits(const Files& files, schema::Facts& facts);

/// What this process can take without swapping or being killed: MemAvailable, the kernel's own
/// estimate (free pages where it is not told), or less where a control group leaves less.
std::size_t available_memory_bytes(const Files& files);

}  // namespace motley::devices
