// A graph computed by the operators' references, in double precision: what every implementation of
// a whole network is compared with.
#pragma once

#include "workloads/graph/graph.hpp"
#include "workloads/graph/values.hpp"

namespace motley::workloads {

class Interpreter {
 public:
  /// Parameters, statistics and states are initialized from `seed` as in every other run.
  Interpreter(const Graph& graph, std::uint64_t seed);
  /// The first `operators` of them.
  void run(const RunScalars& scalars, std::size_t operators = static_cast<std::size_t>(-1));
  /// Of a view: the memory that it is.
  Values& values(TensorId id) { return values_[graph_.root(id)]; }
  const Graph& graph() const { return graph_; }

 private:
  Graph graph_;
  std::vector<Values> values_;
};

/// First content of a parameter, statistic or state, rounded to its type. Depends on seed and name
/// alone, so that plans, processors and transforms start alike. Zeros for other roles.
Values initial_values(const Tensor& tensor, std::uint64_t seed);

}  // namespace motley::workloads
