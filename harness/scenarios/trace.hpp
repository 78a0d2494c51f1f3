// Arrival times from a file.
#pragma once

#include <string>
#include <vector>

#include "harness/scenarios/arrivals.hpp"

namespace motley {

/// In order, one at least. Blank lines are passed over. Throws BadArgument, with the line.
std::vector<double> read_trace(const std::string& file);
/// From the first on, so many times as fast. The segment: which tenth of the trace.
Arrivals replay(std::vector<double> times, double speed);

}  // namespace motley
