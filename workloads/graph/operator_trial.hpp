// One operator alone on one processor: memory, random inputs, launches, and the distance of its
// outputs from the reference. Cases, the choice of implementations and tests use it alike.
#pragma once

#include <memory>
#include <optional>

#include "workloads/graph/bound_operator.hpp"
#include "workloads/graph/output_check.hpp"

namespace motley::workloads {

class OperatorTrial {
 public:
  /// Allocates, fills the inputs, binds and packs constants. `sets`: so many sets of operands,
  /// taken in turn (a cold cache needs several). Throws what allocation and loading throw.
  OperatorTrial(Processor& processor, Queue& queue, const OperatorKind& kind, const Call& call,
                const Implementation& implementation, const schema::Parameters& tuning,
                std::uint64_t seed, std::size_t sets = 1);

  void give(Queue& queue);
  /// Writes the inputs that the operator updates in place again; other outputs become NaN.
  void reset(Queue& queue);
  /// Largest normalised error of all outputs after one run since reset; waits.
  double error(Queue& queue);
  double tolerance() const { return kind_.tolerance * implementation_.tolerance_factor; }
  const Lowered& lowered() const { return lowered_; }

 private:
  struct Set {
    std::vector<std::unique_ptr<Buffer>> buffers;
    Operands operands;
    std::unique_ptr<BoundOperator> bound;
  };
  Set make_set(Processor& processor, Queue& queue);
  void write(Queue& queue, Set& set, std::size_t input);

  const OperatorKind& kind_;
  std::uint64_t seed_;
  Call call_;
  const Implementation& implementation_;
  Lowered lowered_;
  std::vector<Values> inputs_;
  std::optional<OutputCheck> check_;  ///< made at the first check
  RunScalars scalars_;
  std::vector<Set> sets_;
  std::size_t next_ = 0, last_ = 0;
};

/// Values that the run scalars of a lone operator take.
RunScalars example_scalars();

}  // namespace motley::workloads
