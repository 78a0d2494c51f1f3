// One operator alone on one processor: memory, random inputs, launches, and the distance of its
// outputs from the reference. Cases, the choice of implementations and tests use it alike.
#pragma once

#include <memory>
#include <optional>

#include "workloads/graph/bound_operator.hpp"
#include "workloads/graph/output_check.hpp"

namespace motley::workloads {

/// Random inputs of one call, and what they must give: the same for all who compute it.
class OperatorData {
 public:
  OperatorData(const OperatorKind& kind, const Call& call, std::uint64_t seed);
  const OperatorKind& kind() const { return kind_; }
  const Call& call() const { return call_; }
  /// As it lies in memory.
  const std::vector<std::byte>& input(std::size_t index) const { return bytes_[index]; }
  /// Computes the reference at the first call.
  const OutputCheck& check();

 private:
  const OperatorKind& kind_;
  Call call_;
  std::uint64_t seed_;
  std::vector<Values> values_;  ///< until the reference is computed
  std::vector<std::vector<std::byte>> bytes_;
  std::optional<OutputCheck> check_;
};

class OperatorTrial {
 public:
  /// As below, with data of its own.
  OperatorTrial(Processor& processor, Queue& queue, const OperatorKind& kind, const Call& call,
                const Implementation& implementation, const schema::Parameters& tuning,
                std::uint64_t seed, std::size_t sets = 1);
  /// Allocates, fills the inputs, binds and packs constants. `sets`: so many sets of operands,
  /// taken in turn (a cold cache needs several). Throws what allocation and loading throw.
  OperatorTrial(Processor& processor, Queue& queue, std::shared_ptr<OperatorData> data,
                const Implementation& implementation, const schema::Parameters& tuning,
                std::size_t sets);

  void give(Queue& queue);
  /// Writes the inputs that the operator updates in place again; other outputs become NaN.
  void reset(Queue& queue);
  /// Largest normalised error of all outputs after one run since reset; waits.
  double error(Queue& queue);
  double tolerance() const { return data_->kind().tolerance; }
  const Lowered& lowered() const { return lowered_; }

 private:
  struct Set {
    std::vector<std::unique_ptr<Buffer>> buffers;
    Operands operands;
    std::unique_ptr<BoundOperator> bound;
  };
  static std::unique_ptr<Buffer> allocate(Processor& processor, const MemoryNeed& need);
  Set make_set(Processor& processor, Queue& queue);
  void write(Queue& queue, Set& set, std::size_t input);

  std::shared_ptr<OperatorData> data_;
  Lowered lowered_;
  RunScalars scalars_;
  std::vector<std::unique_ptr<Buffer>> workspaces_;  ///< scratch: of all sets together
  std::vector<Set> sets_;
  std::size_t next_ = 0, last_ = 0;
};

/// Values that the run scalars of a lone operator take.
RunScalars example_scalars();

}  // namespace motley::workloads
