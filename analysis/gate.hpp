// May this change go in? A gate passes only what was measured, on both sides, and shows no
// regression: what is missing, failed or suspect now is never a pass, nor is a run that did not
// end.
#pragma once

#include <string>
#include <vector>

#include "analysis/compare.hpp"

namespace motley::analysis {

/// The worst wins, in this order: a regression that was seen is one whatever else is missing.
enum class GateResult { pass, inconclusive, unusable, regression };
std::string to_string(GateResult result);

struct GateOptions {
  std::string allow_missing;  ///< regular expression of names or keys that may be without a figure
  /// What rows count for whose change is neither shown nor excluded: pass, inconclusive,
  /// regression.
  GateResult inconclusive_as = GateResult::inconclusive;
};

struct Gate {
  GateResult result = GateResult::pass;
  std::vector<std::string> reasons;  ///< the worst first; empty: all is the same or faster
  std::vector<std::string> allowed;  ///< without a figure, and allowed so
};

/// Of a comparison of the baseline (first) with now (second). `baseline` and `now` tell whether
/// they are complete; empty where sides were measured in turns.
Gate gate(const Comparison& comparison, const std::vector<const RunFigures*>& baseline,
          const std::vector<const RunFigures*>& now, const GateOptions& options = {});

/// Verdict and reasons, then the comparison; at most 80 columns.
std::string gate_text(const Gate& gate, const Comparison& comparison);
/// For a summary of a CI: regressions first, the rest folded, below 1 MiB.
std::string gate_markdown(const Gate& gate, const Comparison& comparison);
std::string gate_json(const Gate& gate, const Comparison& comparison);

/// What github-action-benchmark reads (its customSmallerIsBetter or customBiggerIsBetter, which
/// must be files of their own): name, unit, median, range between processes, key.
std::string github_action_benchmark(const RunFigures& figures, bool smaller_is_better);

}  // namespace motley::analysis
