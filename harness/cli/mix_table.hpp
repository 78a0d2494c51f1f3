// What a person reads of a mix, at 80 columns.
#pragma once

#include <vector>

#include "results_schema/record.hpp"

namespace motley::cli {

/// A block for each tenant of one mix.
void print_mix(const std::vector<schema::Block>& blocks);

}  // namespace motley::cli
