// Small statistics of records. Quantiles are type 7 of Hyndman and Fan (1996), as in R and NumPy.
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace motley::analysis {

/// p in [0, 1]; 0 for no values.
double quantile(std::span<const double> values, double p);
double median(std::span<const double> values);
/// Standard deviation estimated by 1.4826 times the median absolute deviation: robust.
double robust_deviation(std::span<const double> values);
/// Standard deviation of a sample (n - 1 in the denominator); 0 for fewer than two values.
double deviation(std::span<const double> values);

/// Where something that was estimated lies, and in which share of cases such an interval holds it.
struct Interval {
  double low = 0, high = 0;
  double confidence = 0;
};

/// Two order statistics between which the quantile of the distribution lies: x_l and x_u with
/// P(B < l) and P(B >= u) at most (1 - confidence) / 2 each, B binomial of n and p (David and
/// Nagaraja, Order Statistics, 2003, 7.1). It assumes nothing but independent values; its own
/// confidence is what it covers indeed, at least what was asked for (more where values are equal).
/// None where n is too small: a median at 95 % needs 6 values, the 99th percentile 368.
std::optional<Interval> quantile_interval(std::span<const double> values, double p,
                                          double confidence = 0.95);

/// Ranks from 1 on, in the order of the values; equal values share the mean of theirs.
std::vector<double> ranks(std::span<const double> values);

}  // namespace motley::analysis
