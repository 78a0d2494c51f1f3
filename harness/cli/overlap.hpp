// Would processors that are to work at the same time take each other's cores? What is measured then
// is how the system shares them.
#pragma once

#include <string>
#include <vector>

#include "harness/machine.hpp"

namespace motley::cli {

/// Throws BadArgument for two that share cores, or an OpenCL device. What opening them throws, too.
void refuse_overlap(Machine& machine, const std::vector<std::string>& processors);

}  // namespace motley::cli
