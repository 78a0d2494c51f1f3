// The clock of a CPU's cores under a load, as a function that a trial can offer.
#pragma once

#include <functional>

#include "harness/workbench.hpp"

namespace motley::microbench {

enum class Weave { alone, vector_load };

/// Mean over the members, each the fastest of a few slices of ~50 us, all members at once. The
/// workbench keeps what it needs.
std::function<double(Queue&)> woven_clock(Workbench& bench, Weave weave);

}  // namespace motley::microbench
