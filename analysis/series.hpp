// Is a series of samples what the statistics take it for: independent values around one level? Each
// function says how far it is not; none of them says why.
#pragma once

#include <optional>
#include <span>

namespace motley::analysis {

/// Correlation of each value with the next (Box and Jenkins, 1970: around the mean of all). 0 for
/// fewer than 3 values and for a constant. n values with it at r are worth n (1 - r) / (1 + r).
double lag1_autocorrelation(std::span<const double> series);

struct Drift {
  double correlation = 0;  ///< Spearman's, of the values with their index: 1 is always rising
  double p = 1;            ///< two-sided, by Student's t with n - 2 degrees of freedom
};

/// No drift for fewer than 3 values or a constant. p takes values to be independent: neighbours
/// that resemble each other look like drift, so read it together with lag1_autocorrelation. As t is
/// an approximation, p is too small for few: 0.042 of 9 values is 0.050 indeed, 0 of 5 is 0.017.
Drift drift(std::span<const double> series);

struct Modes {
  /// Hartigan and Hartigan (1985): the distance between the values' distribution function and the
  /// nearest one with a single mode, 1 / (2 n) at least, 1/4 for two points.
  double dip = 0;
  double critical = 0;  ///< dip of 1 % of samples of the uniform distribution, the worst unimodal
  bool several() const { return dip > critical; }
};

/// Does a series have two levels (two clocks, two memory layouts)? The dip and not the bimodality
/// coefficient of skewness and kurtosis, for which one late sample in thirty is already a mode.
/// None for fewer than 10 values or where fewer than half of them are distinct (a coarse clock's
/// steps are no modes). Levels far apart are seen at n = 10 if each has half of the values,
/// at n = 15 if the smaller one has 0.3 of them, at 50 if a fifth, at 250 if a tenth.
std::optional<Modes> modes(std::span<const double> values);

}  // namespace motley::analysis
