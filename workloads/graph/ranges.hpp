// Which slices and concatenations need no copy? Where the part is one piece of the whole's memory
// it is used there: whoever computes a part writes into the whole, whoever reads one reads from it.
// A device's kernels take no address within a buffer, so there only a part that begins the whole,
// or that goes to or comes from another processor, which copies have an offset for.
#pragma once

#include "workloads/graph/plan.hpp"

namespace motley::workloads {

/// Fills plan.range_of and plan.elided; operators are placed. Elided ones lose their launches.
void find_ranges(Plan& plan, const std::vector<Processor*>& processors);

}  // namespace motley::workloads
