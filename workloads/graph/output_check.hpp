// The reference results of one call on given inputs, and how far outputs lie from them. Where the
// reference is costly it is projected: its last axis contracted with random weights of
// +-[0.5, 1.5), which any wrong element still moves, and so do exchanged ones.
#pragma once

#include <map>

#include "workloads/graph/values.hpp"

namespace motley::workloads {

class OutputCheck {
 public:
  /// Computes the reference at once.
  OutputCheck(const OperatorKind& kind, const Call& call, const RunScalars& scalars,
              std::span<const Values> inputs, std::uint64_t seed);
  std::size_t outputs() const { return references_.size(); }
  /// normalised_error of output i, or of its projection. Of what is updated in place, the share of
  /// the change that is missing where that is more: a small step hides in large parameters.
  double error(std::size_t i, Values got) const;

 private:
  std::vector<Values> references_;
  std::map<std::size_t, Values> before_;  ///< of outputs that are updated in place
  std::vector<Values> magnitudes_;        ///< where the kind's sums may cancel
  Values weights_;                        ///< of the projection, empty where the reference is whole
};

}  // namespace motley::workloads
