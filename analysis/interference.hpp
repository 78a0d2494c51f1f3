// Who suffers from what? Each workload under each load against itself alone: blocks of the same
// process and round are paired, since a machine drifts between them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "results_schema/record.hpp"

namespace motley::analysis {

struct Slowdown {
  double ratio = 0;  ///< median over the pairs of time under load / time alone
  /// 95 % interval of that median from order statistics; none below 6 pairs.
  std::optional<std::pair<double, double>> interval;
  std::size_t pairs = 0;  ///< 0: never measured both ways
  std::string without;    ///< why there is no pair: status and reason
};

struct InterferenceRow {
  schema::Key key;                  ///< load: none
  double alone_seconds = 0;         ///< median of a run
  std::vector<Slowdown> slowdowns;  ///< in the order of the loads
};

struct InterferenceMatrix {
  std::vector<std::string> loads;
  std::vector<InterferenceRow> rows;
  /// For each load, Kendall's tau-b between the workloads' times alone and under it: 1 where the
  /// load changes no ranking. None below 3 workloads.
  std::vector<std::optional<double>> rank_correlations;
};

/// Empty where nothing was measured under a load.
InterferenceMatrix interference(const schema::Log& log);

/// Kendall's tau-b (ties counted as Kendall, Biometrika 33, 1945); none where it is undefined.
std::optional<double> kendall(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace motley::analysis
