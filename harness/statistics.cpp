#include "harness/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace motley {
namespace {

std::vector<double> sorted(std::span<const double> values) {
  std::vector<double> copy(values.begin(), values.end());
  std::sort(copy.begin(), copy.end());
  return copy;
}

/// Largest k with P(Binomial(n, 1/2) < k) <= 0.025, so that [x(k), x(n+1-k)] covers 95 % or more.
std::size_t covering_rank(std::size_t n) {
  double below = 0;
  double log_term = -static_cast<double>(n) * std::log(2.0);  // log of C(n, 0) / 2^n
  for (std::size_t k = 0; k < n; ++k) {
    below += std::exp(log_term);
    if (below > 0.025) return k;
    log_term += std::log(static_cast<double>(n - k) / static_cast<double>(k + 1));
  }
  return 0;
}

/// Lag-one autocorrelation that an outlier cannot hide: of the signs about the median, from which
/// that of a Gaussian series follows by the arcsine law, r = sin(pi/2 r_signs).
double autocorrelation_about(double middle, std::span<const double> values) {
  std::vector<double> signs;
  for (const double value : values) signs.push_back(value > middle ? 1 : value < middle ? -1 : 0);
  return std::sin(std::numbers::pi / 2 * lag_one_autocorrelation(signs));
}

}  // namespace

double median(std::span<const double> values) {
  if (values.empty()) return 0;
  const std::vector<double> ordered = sorted(values);
  const std::size_t middle = ordered.size() / 2;
  return ordered.size() % 2 == 1 ? ordered[middle] : (ordered[middle - 1] + ordered[middle]) / 2;
}

double median_deviation(std::span<const double> values) {
  const double middle = median(values);
  std::vector<double> distances;
  for (const double value : values) distances.push_back(std::abs(value - middle));
  return median(distances);
}

double lag_one_autocorrelation(std::span<const double> values) {
  if (values.size() < 4) return 0;
  double mean = 0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  double covariance = 0, variance = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    variance += (values[i] - mean) * (values[i] - mean);
    if (i > 0) covariance += (values[i] - mean) * (values[i - 1] - mean);
  }
  return variance > 0 ? covariance / variance : 0;
}

Interval median_interval(std::span<const double> values) {
  const std::size_t rank = covering_rank(values.size());
  if (rank == 0) return {};
  const std::vector<double> ordered = sorted(values);
  const double middle = median(values);
  const double r = std::clamp(autocorrelation_about(middle, values), 0.0, 0.95);
  const double widening = std::sqrt((1 + r) / (1 - r));
  return {middle - (middle - ordered[rank - 1]) * widening,
          middle + (ordered[ordered.size() - rank] - middle) * widening, true};
}

}  // namespace motley
