// Which loads are there? One function a file, listed here and in all_kinds().
#pragma once

#include <vector>

#include "harness/load.hpp"

namespace motley::loads {

std::vector<LoadKind> all_kinds();

}  // namespace motley::loads
