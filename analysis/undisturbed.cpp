#include "analysis/undisturbed.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace motley::analysis {
namespace {

constexpr std::size_t least_pairs = 6, least_fastest = 3;
constexpr int flips = 20000, resamples = 1000;

/// Fastest first, of both sides, so that a look at the first few tells the means of the fastest.
class Fastest {
 public:
  Fastest(std::span<const double> first, std::span<const double> second)
      : kept_(static_cast<int>(std::max(least_fastest, (first.size() + 11) / 12))) {
    for (std::size_t pair = 0; pair < first.size(); ++pair) {
      ordered_.push_back({std::log(first[pair]), pair, 0});
      ordered_.push_back({std::log(second[pair]), pair, 1});
    }
    std::sort(ordered_.begin(), ordered_.end(),
              [](const Figure& a, const Figure& b) { return a.log > b.log; });
  }

  /// Of the second side's mean over the first's, with pairs as often as `times` says and turned
  /// where `turned` does.
  template <class Times, class Turned>
  double log_ratio(const Times& times, const Turned& turned) const {
    double sums[2] = {};
    int left[2] = {kept_, kept_};
    for (const Figure& one : ordered_) {
      const int side = turned(one.pair) ? 1 - one.side : one.side;
      const int taken = std::min(left[side], times(one.pair));
      sums[side] += taken * one.log;
      left[side] -= taken;
      if (left[0] + left[1] == 0) break;
    }
    return (sums[1] - sums[0]) / kept_;
  }

 private:
  struct Figure {
    double log;
    std::size_t pair;
    int side;
  };
  int kept_;
  std::vector<Figure> ordered_;
};

int once(std::size_t) {
  return 1;
}

double flip_p(const Fastest& fastest, std::size_t pairs, double log_ratio,
              std::mt19937_64& random) {
  std::vector<std::uint64_t> bits((pairs + 63) / 64);
  const auto turned = [&](std::size_t pair) { return (bits[pair / 64] >> (pair % 64) & 1) != 0; };
  const double limit = std::abs(log_ratio) * (1 - 1e-12);  // the same sums in another order
  int as_far = 1;                                          // as it is, is one of the flips
  for (int flip = 0; flip < flips; ++flip) {
    for (std::uint64_t& word : bits) word = random();
    as_far += std::abs(fastest.log_ratio(once, turned)) >= limit;
  }
  return as_far / (flips + 1.0);
}

double resampled_error(const Fastest& fastest, std::size_t pairs, std::mt19937_64& random) {
  std::vector<int> counts(pairs);
  std::vector<double> ratios;
  for (int resample = 0; resample < resamples; ++resample) {
    std::fill(counts.begin(), counts.end(), 0);
    for (std::size_t draw = 0; draw < pairs; ++draw) ++counts[random() % pairs];
    ratios.push_back(fastest.log_ratio([&](std::size_t pair) { return counts[pair]; },
                                       [](std::size_t) { return false; }));
  }
  return deviation(ratios);
}

}  // namespace

std::optional<TestedRatio> undisturbed_ratio(std::span<const double> first,
                                             std::span<const double> second, std::uint64_t seed) {
  const std::size_t pairs = first.size();
  if (pairs < least_pairs || second.size() != pairs) return std::nullopt;
  const Fastest fastest(first, second);
  std::mt19937_64 random(seed);
  TestedRatio row;
  row.log_ratio = fastest.log_ratio(once, [](std::size_t) { return false; });
  row.error = resampled_error(fastest, pairs, random);
  row.freedom = static_cast<double>(pairs - 1);
  row.p = flip_p(fastest, pairs, row.log_ratio, random);
  if (!std::isfinite(row.log_ratio) || !std::isfinite(row.error)) return std::nullopt;
  return row;
}

}  // namespace motley::analysis
