#include "analysis/energy_split.hpp"

#include <cmath>
#include <utility>
#include <vector>

namespace motley::analysis {
namespace {

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers with every standard library.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t limit) { return ((next() >> 32) * limit) >> 32; }

 private:
  std::uint64_t state_;
};

/// to_left[j] += distance of values[j] to the value before `at`, for all from `at` on.
void add_distances(std::span<const double> values, std::size_t at, std::vector<double>& to_left) {
  const double last = values[at - 1];
  for (std::size_t j = at; j < values.size(); ++j) to_left[j] += std::abs(last - values[j]);
}

/// inside[k]: sum of the distances between all pairs of the first k values.
std::vector<double> sums_inside(std::span<const double> values) {
  std::vector<double> inside(values.size() + 1, 0.0), to_left(values.size(), 0.0);
  for (std::size_t at = 1; at < values.size(); ++at) {
    add_distances(values, at, to_left);
    inside[at + 1] = inside[at] + to_left[at];
  }
  return inside;
}

/// 1 / k for k > 0.
std::vector<double> inverses(std::size_t count) {
  std::vector<double> result(count + 1, 0.0);
  for (std::size_t k = 1; k <= count; ++k) result[k] = 1 / static_cast<double>(k);
  return result;
}

}  // namespace

EnergySplit energy_split(std::span<const double> values, std::size_t min_segment) {
  EnergySplit best;
  const std::vector<double> inside = sums_inside(values);
  const std::vector<double> inverse = inverses(values.size());
  std::vector<double> to_left(values.size(), 0.0);  // of each value to all before the split
  for (std::size_t at = 1; at + min_segment <= values.size(); ++at) {
    add_distances(values, at, to_left);
    if (at < min_segment) continue;
    // n m / (n + m) (2 between / (n m) - left / (n (n - 1) / 2) - right / (m (m - 1) / 2))
    const auto n = static_cast<double>(at);
    const double left = inside[at] * inverse[at - 1];
    double between = 0;
    for (std::size_t end = at + 1; end <= values.size(); ++end) {
      between += to_left[end - 1];
      const std::size_t m = end - at;
      if (m < min_segment) continue;
      const double right = (inside[end] - inside[at] - between) * inverse[m - 1];
      const double statistic =
          2 * inverse[end] * (between - static_cast<double>(m) * left - n * right);
      if (statistic > best.statistic) best = {at, statistic};
    }
  }
  return best;
}

double permutation_p(std::span<const double> values, std::size_t min_segment, double statistic,
                     int permutations, double alpha, std::uint64_t seed) {
  std::vector<double> order(values.begin(), values.end());
  Random random(seed);
  int as_good = 1;
  for (int i = 0; i < permutations; ++i) {
    for (std::size_t k = order.size(); k > 1; --k) {
      std::swap(order[k - 1], order[random.below(k)]);
    }
    // Rounding differs with the order: ties of whole numbers must count as ties.
    if (energy_split(order, min_segment).statistic >= statistic * (1 - 1e-9)) ++as_good;
    if (as_good > alpha * (permutations + 1)) return 1;
  }
  return static_cast<double>(as_good) / (permutations + 1);
}

}  // namespace motley::analysis
