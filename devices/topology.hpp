// What is this machine: its cores and how they are grouped, caches, memory, system? Everything is
// read from files under a root, so a recorded tree gives the same answer as the machine it was
// recorded on. What a file does not say is left out, never guessed. Cache sizes are only what the
// system claims (confirmed = false): hypervisors pass on the host's.
#pragma once

#include <string>
#include <vector>

#include "devices/linux/files.hpp"
#include "results_schema/record.hpp"

namespace motley::devices {

schema::Device describe_device(const Files& files);

/// Online cores that this process may use: its cpuset and affinity mask.
std::vector<int> allowed_cores(const Files& files);
/// Online cores, whether or not this process may use them.
std::vector<int> online_cores(const Files& files);

}  // namespace motley::devices
