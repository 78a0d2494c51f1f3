// Adds to a differentiated graph the operators that update its parameters in place.
#pragma once

#include <map>

#include "workloads/graph/graph.hpp"

namespace motley::workloads {

struct OptimizerOptions {
  std::string kind = "momentum";  ///< sgd, momentum, adam or adamw
  double momentum = 0.9;
  double weight_decay = 0;
  double clip_norm = 0;  ///< largest global norm of all gradients; 0: no clipping
  /// momentum as three operators (decay, velocity, apply) of the same arithmetic instead of one, so
  /// that what lies between them can be moved.
  bool separate = false;
};

/// `gradients`: of each parameter, as differentiate() returns them. The run scalar learning_rate is
/// set to `learning_rate` first. Throws UnknownName for another optimizer, BadArgument for
/// a negative norm or a momentum outside [0, 1).
void add_optimizer(Graph& graph, const std::map<TensorId, TensorId>& gradients,
                   const OptimizerOptions& options, double learning_rate);

}  // namespace motley::workloads
