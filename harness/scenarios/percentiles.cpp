#include "harness/scenarios/percentiles.hpp"

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>

namespace motley {
namespace {

constexpr double doubt = 0.01;

/// P(Binomial(n, 1 - p) <= over) by the regularised incomplete beta function.
double tail(double p, std::int64_t n, std::int64_t over) {
  if (over >= n) return 1;
  return boost::math::ibeta(static_cast<double>(n - over), static_cast<double>(over + 1), p);
}

/// Least value above `low` for which `holds`, which stays true from there on. `low` does not.
template <class F>
std::int64_t least(std::int64_t low, F holds) {
  std::int64_t step = 1;
  while (!holds(low + step)) {
    low += step;
    step *= 2;
  }
  std::int64_t high = low + step;
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    (holds(middle) ? high : low) = middle;
  }
  return high;
}

}  // namespace

double percentile(std::span<const double> ascending, double p) {
  if (ascending.empty()) return 0;
  const auto index = static_cast<std::size_t>(static_cast<double>(ascending.size()) * p);
  return ascending[std::min(index, ascending.size() - 1)];
}

std::vector<double> ascending(std::span<const double> values) {
  std::vector<double> copy(values.begin(), values.end());
  std::sort(copy.begin(), copy.end());
  return copy;
}

std::int64_t least_queries(double p, std::int64_t over) {
  return least(over, [&](std::int64_t n) { return tail(p, n, over) <= doubt; });
}

std::optional<std::int64_t> most_over(double p, std::int64_t n) {
  if (n <= 0 || tail(p, n, 0) > doubt) return std::nullopt;
  return least(0, [&](std::int64_t over) { return tail(p, n, over) > doubt; }) - 1;
}

std::optional<double> sure_percentile(std::span<const double> ascending, double p) {
  const auto n = static_cast<std::int64_t>(ascending.size());
  const std::optional<std::int64_t> over = most_over(p, n);
  if (!over) return std::nullopt;
  return ascending[static_cast<std::size_t>(n - 1 - *over)];
}

}  // namespace motley
