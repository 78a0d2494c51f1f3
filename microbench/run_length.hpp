// How much work must one run hold, so that giving it to the processor does not show? Found by
// trying: the fastest and the slowest device differ by more than any table would foresee.
#pragma once

#include <functional>

#include "harness/workbench.hpp"

namespace motley::microbench {

/// Repeats (a power of two, at most 2^24) with which `launch` takes at least 0.2 ms on a CPU team
/// and 2 ms through a driver, by the quickest of three tries. `launch` gives that many to the
/// queue.
std::uint32_t repeats_for(Workbench& bench,
                          const std::function<void(std::uint32_t repeats)>& launch);

}  // namespace motley::microbench
