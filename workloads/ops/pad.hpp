// Margins of pad and slice, for those who build or read such operators.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "workloads/graph/operator.hpp"

namespace motley::workloads {

/// As the attribute `margins` has them: elements before and after, of each axis.
std::string margins_text(const std::vector<std::pair<std::int64_t, std::int64_t>>& margins);
/// Where in its input, row by row, the first element of a slice lies.
std::int64_t first_element_of_slice(const Call& call);

}  // namespace motley::workloads
