// Which processor computes which operator, and how? What the first one cannot compute, or shall
// not, may be placed on the second.
#pragma once

#include "workloads/graph/plan.hpp"

namespace motley::workloads {

/// Fills plan.place_of, choices, lowered and placed_on_host. Builds the kernels of devices, so that
/// what cannot be built is known before memory is planned. Throws as make_plan.
void place_operators(Plan& plan, const std::vector<Processor*>& processors, const Chooser& chooser,
                     const PlanOptions& options);

}  // namespace motley::workloads
