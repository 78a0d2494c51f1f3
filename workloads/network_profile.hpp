// What a block says of a network beside its samples: where the time goes, who computes what,
// memory, and whether it is right.
#pragma once

#include "harness/case.hpp"
#include "workloads/graph/timeline.hpp"
#include "workloads/inference.hpp"

namespace motley::workloads {

/// A few profiles of `runs` runs each from the current state, in turn with as many whole runs;
/// waits. Runs count on from `first_run`. Where the profiler costs more than a tenth, the
/// timeline's counts say `distorted`.
RunProfile profile_of(Execution& execution, const RunScalars& scalars, std::uint64_t first_run,
                      std::uint64_t runs = 1);

/// Sum over the operators that every run has; one operation.
schema::Work work_of(const Graph& graph);

/// Which implementations compute how many operators of which kind; parameters and MACs; what a
/// device left to the CPU, and why.
schema::Facts facts_of(const Plan& plan);

/// Every operator against its reference, once; then whole runs must repeat what that gave.
class NetworkCheck {
 public:
  /// From the first state: each operator of the first step alone, then whole steps up to `steps`.
  /// Watches the loss and all parameters.
  explicit NetworkCheck(Training& training, std::uint64_t steps = 1);
  /// Each operator alone, of a decoder at its fourth token; watches the output.
  explicit NetworkCheck(Inference& inference);
  /// To where the next run is the one that was checked: a decoder's tokens before it, as whole
  /// runs; waits.
  static void reset(Inference& inference);
  /// After so many whole steps from the first state, or one inference behind reset, in units of
  /// what is tolerated: of each operator's distance from its reference, and of 1e-5 between the
  /// whole run and the operators' own.
  double error() const;
  /// The operator that is farthest from its reference, and by how much.
  const std::string& worst() const { return worst_; }
  double worst_error() const { return error_; }

 private:
  void remember();

  Execution& execution_;
  std::vector<TensorId> watched_;
  std::vector<Values> expected_;
  double error_ = 0;
  std::string worst_;
};

}  // namespace motley::workloads
