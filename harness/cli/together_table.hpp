// What a person reads of a network on several processors, at 80 columns.
#pragma once

#include <vector>

#include "results_schema/record.hpp"

namespace motley::cli {

/// A row as soon as it is measured; the heading before the first.
void print_division(const schema::Block& block, bool first);
/// The best of them: its gain, and what each processor did with its time.
void print_best(const std::vector<schema::Block>& blocks);

}  // namespace motley::cli
