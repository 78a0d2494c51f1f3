// Arrival times from a file.
#pragma once

#include <string>
#include <vector>

namespace motley {

/// In order, one at least. Blank lines are passed over. Throws BadArgument, with the line.
std::vector<double> read_trace(const std::string& file);

}  // namespace motley
