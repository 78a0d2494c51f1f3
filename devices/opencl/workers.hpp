// On which cores do the threads of an OpenCL CPU driver run? Asked of the system, not of the
// driver: affinity is often refused without a word.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace motley::opencl {

/// Ids of this process' threads.
std::set<int> thread_ids();

/// The cores that each thread which is not among `before` may use, as lists (`0`, `0-3`), sorted. A
/// thread pins itself when it starts: waits up to 0.1 s until each has one core.
std::vector<std::string> new_threads_cores(const std::set<int>& before);

}  // namespace motley::opencl
