// Just enough statistics to know when to stop and what to warn of; conclusions are analysis' work.
#pragma once

#include <span>
#include <vector>

namespace motley {

/// Middle value; mean of the two middle ones for an even count. 0 for no values.
double median(std::span<const double> values);

/// Median absolute deviation from the median, unscaled.
double median_deviation(std::span<const double> values);

/// Correlation of neighbours, in [-1, 1]; 0 for fewer than 4 values or no spread.
double lag_one_autocorrelation(std::span<const double> values);

struct Interval {
  double low = 0, high = 0;
  bool known = false;  ///< false below 6 values: no order statistics cover 95 % (2 * 0.5^5 > 0.05)
};

/// 95 % interval of the median from order statistics (binomial; David & Nagaraja, Order Statistics,
/// 7.1), widened about the median by sqrt((1 + r) / (1 - r)) where neighbours correlate by r > 0,
/// as a first-order autoregressive series has that many fewer independent values.
Interval median_interval(std::span<const double> values);

}  // namespace motley
