#include "analysis/statistics.hpp"

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <numeric>

namespace motley::analysis {
namespace {

/// P(Binomial(n, p) <= k) by the regularised incomplete beta function.
double at_most(std::size_t k, std::size_t n, double p) {
  if (k >= n) return 1;
  return boost::math::ibetac(static_cast<double>(k + 1), static_cast<double>(n - k), p);
}

/// The largest l with P(Binomial(n, p) < l) <= tail; 0: there is none.
std::size_t last_rank(std::size_t n, double p, double tail) {
  std::size_t low = 0, high = n;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (at_most(middle, n, p) <= tail) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace

double quantile(std::span<const double> values, double p) {
  if (values.empty()) return 0;
  std::vector<double> ordered(values.begin(), values.end());
  std::sort(ordered.begin(), ordered.end());
  const double place = p * static_cast<double>(ordered.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, ordered.size() - 1);
  return std::lerp(ordered[below], ordered[above], place - static_cast<double>(below));
}

double median(std::span<const double> values) {
  return quantile(values, 0.5);
}

double robust_deviation(std::span<const double> values) {
  const double middle = median(values);
  std::vector<double> distances;
  distances.reserve(values.size());
  for (const double value : values) distances.push_back(std::abs(value - middle));
  return 1.4826 * median(distances);
}

double deviation(std::span<const double> values) {
  if (values.size() < 2) return 0;
  const auto n = static_cast<double>(values.size());
  double mean = 0, squares = 0;
  for (const double value : values) mean += value / n;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / (n - 1));
}

std::optional<Interval> quantile_interval(std::span<const double> values, double p,
                                          double confidence) {
  if (!(p > 0 && p < 1 && confidence > 0 && confidence < 1)) return std::nullopt;
  const std::size_t n = values.size();
  const double tail = (1 - confidence) / 2;
  const std::size_t from_below = last_rank(n, p, tail);
  const std::size_t from_above = last_rank(n, 1 - p, tail);
  if (from_below == 0 || from_above == 0) return std::nullopt;
  std::vector<double> ordered(values.begin(), values.end());
  std::sort(ordered.begin(), ordered.end());
  return Interval{ordered[from_below - 1], ordered[n - from_above],
                  1 - at_most(from_below - 1, n, p) - at_most(from_above - 1, n, 1 - p)};
}

std::vector<double> ranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> result(values.size());
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin + 1;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    const double shared = static_cast<double>(begin + 1 + end) / 2;
    for (; begin < end; ++begin) result[order[begin]] = shared;
  }
  return result;
}

}  // namespace motley::analysis
