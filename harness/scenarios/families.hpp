// The families of scenarios that the harness has itself, one file each. By name: a linker drops
// members of a static library that nobody names.
#pragma once

#include <vector>

#include "harness/scenario.hpp"

namespace motley {

std::vector<Scenario> sampled_scenarios();    ///< throughput, latency
std::vector<Scenario> closed_scenarios();     ///< single_stream, multi_stream, offline, ...
std::vector<Scenario> server_scenarios();     ///< server_constant, server_poisson, ...
std::vector<Scenario> shaped_scenarios();     ///< burst, step, ramp
std::vector<Scenario> trace_scenarios();      ///< trace_replay
std::vector<Scenario> periodic_scenarios();   ///< periodic_deadline
std::vector<Scenario> peak_scenarios();       ///< find_peak
std::vector<Scenario> sustained_scenarios();  ///< sustained
std::vector<Scenario> mixed_scenarios();      ///< mix (tenants/)

}  // namespace motley
