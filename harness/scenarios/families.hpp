// The families of scenarios that the harness has itself, one file each. By name: a linker drops
// members of a static library that nobody names.
#pragma once

#include <vector>

#include "harness/scenario.hpp"

namespace motley {

std::vector<Scenario> sampled_scenarios();  ///< throughput, latency

}  // namespace motley
