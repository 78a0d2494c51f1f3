// How far do figures lie apart from run to run although nothing changed? From runs of the same
// code: a gate takes no smaller change for one, however tight the intervals of its two runs are.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analysis/compare.hpp"

namespace motley::analysis {

/// A change that 1 of 20 differences between two runs exceeds by chance: 1.96 sqrt(2) standard
/// deviations of the logarithm.
double chance_change(double deviation);

class RunNoise {
 public:
  /// Files of runs; each run is a replicate. Throws schema::BadRecord.
  explicit RunNoise(const std::vector<std::string>& files);

  /// Standard deviation of the logarithm between runs, of a row's key; of few runs that of its
  /// family, as the median over its keys. One run alone tells only how its processes differ. None
  /// where the family was not measured.
  std::optional<double> deviation(const ComparedRow& row) const;

  /// chance_change, `least` at least.
  std::function<std::optional<double>(const ComparedRow&)> margins(double least) const;

 private:
  std::map<std::string, std::vector<double>> logs_;  ///< of runs' medians, by key and quantity
  std::map<std::string, double> families_;
};

}  // namespace motley::analysis
