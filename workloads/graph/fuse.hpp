// Which operators need no pass over memory of their own? Those that the one before can do on its
// way out, where nobody else sees what lies between: a batch norm whose statistics are given
// becomes a part of weights and bias, an activation an attribute. Tensors keep their numbers.
#pragma once

#include "workloads/graph/graph.hpp"

namespace motley::workloads {

/// The same function up to rounding, with fewer operators; before differentiate(), whose rules know
/// the attribute `activation`. Folded weights come from operators that read constants only, which a
/// plan with constant parameters runs once.
void fuse(Graph& graph);

}  // namespace motley::workloads
