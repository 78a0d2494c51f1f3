// Small statistics of records. Quantiles are type 7 of Hyndman and Fan (1996), as in R and NumPy.
#pragma once

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

}  // namespace motley::analysis
