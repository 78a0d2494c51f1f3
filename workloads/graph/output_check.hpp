// The reference results of one call on given inputs, and how far outputs lie from them. Where the
// reference is costly it is projected: its last axis contracted with random signs, which any wrong
// element still moves.
#pragma once

#include "workloads/graph/values.hpp"

namespace motley::workloads {

class OutputCheck {
 public:
  /// Computes the reference at once.
  OutputCheck(const OperatorKind& kind, const Call& call, const RunScalars& scalars,
              std::span<const Values> inputs, std::uint64_t seed);
  std::size_t outputs() const { return references_.size(); }
  /// normalised_error of output i, or of its projection.
  double error(std::size_t i, Values got) const;

 private:
  std::vector<Values> references_;
  std::vector<Values> magnitudes_;  ///< where the kind's sums may cancel
  Values signs_;                    ///< of the projection, empty where the reference is whole
};

}  // namespace motley::workloads
