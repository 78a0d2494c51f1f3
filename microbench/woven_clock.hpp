// The clock of a CPU's cores under a load, as a function that a trial can offer.
#pragma once

#include <cstdint>
#include <functional>

#include "harness/workbench.hpp"

namespace motley::microbench {

/// Does 16 dependent additions an iteration and returns how many were really done.
using Chain = std::int64_t (*)(std::int64_t iterations);

/// Mean over the members, each the second fastest of five slices of ~50 us, all members at once.
/// The workbench keeps what it needs. Empty where the processor's clock is not known: there is no
/// chain of its architecture then.
std::function<double(Queue&)> chain_clock(Workbench& bench, Chain chain);

}  // namespace motley::microbench
