// Does a plan fit into the memory of its processors, and if not, what would?
#pragma once

#include "workloads/graph/plan.hpp"

namespace motley::workloads {

/// Throws Unsupported with what each category takes, what there is, and the batch that would fit,
/// given that the plan is for `batch` samples (0: unknown).
void refuse_what_does_not_fit(const Plan& plan, const std::vector<Processor*>& processors,
                              std::int64_t batch);

}  // namespace motley::workloads
