// Which tensors share memory: tensors of one category whose lifetimes do not overlap share a slot,
// the largest tensors are placed first (greedy by size; the shared-objects strategy of Pisarchyk
// and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020).
#pragma once

#include "workloads/graph/plan.hpp"

namespace motley::workloads {

/// Fills plan.slots and the maps into it. Steps and lowered operators are known.
void plan_memory(Plan& plan);

/// Any tensor as the matrix of its last axis, as an image of one row, and what a framework's
/// conversion makes of it on the way to the host.
TensorType matrix_type(const TensorType& type);
TensorType converted_type(const TensorType& type);

}  // namespace motley::workloads
