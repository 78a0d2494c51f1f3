// Who copies what and when, as rules that put steps around a plan's launches.
#pragma once

#include "workloads/graph/plan.hpp"

namespace motley::workloads {

/// Fills plan.steps for plan.residency. Operators have their places and choices.
void add_steps(Plan& plan, const std::vector<Processor*>& processors, const PlanOptions& options);

}  // namespace motley::workloads
