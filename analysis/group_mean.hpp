// By how much did a group of rows change as a whole? The mean of logarithms of ratios, with an
// interval that knows that figures of one process rise and fall together: each process counts once.
#pragma once

#include <string>
#include <vector>

#include "analysis/pairing.hpp"

namespace motley::analysis {

/// Figures of one row; by process, or by pair where sides were measured in turns.
struct RowSpeeds {
  std::string processor;
  Speeds first, second;
};

/// By processor, and "all" where there are several; rows that lack a side are left out. `paired`:
/// equal numbers of both sides were measured in close succession.
std::vector<GroupMean> group_means(const std::vector<RowSpeeds>& rows, bool paired);

}  // namespace motley::analysis
