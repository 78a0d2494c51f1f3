// What does an operator that a processor lacks cost? The slowdown of many placements with operators
// that fell back, regressed on how often the processors waited for each other, on the bytes that
// crossed and on the arithmetic that was computed elsewhere.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "results_schema/record.hpp"

namespace motley::analysis {

struct Coefficient {
  std::string name;                     ///< seconds_per_crossing ...
  double value = 0, low = 0, high = 0;  ///< 95 % interval by Student's t
};

struct FallbackFit {
  std::size_t placements = 0;
  std::vector<Coefficient> coefficients;  ///< without what does not vary over the placements
  double r_squared = 0;
};

/// Ordinary least squares over the divisions whose placement is `unsupported:...`; none below 30.
std::optional<FallbackFit> fallback_fit(const std::vector<schema::Block>& divisions);

/// A line for each coefficient; empty where there is no fit.
std::string fallback_text(const std::vector<schema::Block>& divisions);

/// y = X b by least squares: coefficients with 95 % intervals. None where columns depend on each
/// other or rows are too few.
std::optional<std::vector<Coefficient>> least_squares(const std::vector<std::string>& names,
                                                      const std::vector<std::vector<double>>& rows,
                                                      const std::vector<double>& y,
                                                      double& r_squared);

}  // namespace motley::analysis
