// The table that a run ends with: what each processor can do, at most 80 columns wide.
#pragma once

#include <string>
#include <vector>

#include "results_schema/record.hpp"

namespace motley::analysis {

/// A figure with a `~` comes from blocks of which at least half carry a finding.
std::string summary(const schema::Log& log);

/// What makes every figure of the records doubtful, each said once.
std::vector<std::string> warnings(const schema::Log& log);

}  // namespace motley::analysis
