#include "analysis/bootstrap.hpp"

#include <algorithm>
#include <array>
#include <boost/math/special_functions/erf.hpp>
#include <cmath>
#include <numeric>

namespace motley::analysis {
namespace {

constexpr std::size_t chunk = 128;  // resamples whose counters fit into registers and first cache
constexpr std::size_t most_kept_counts = std::size_t{1} << 26;  // 128 MiB, or one larger shape
constexpr std::size_t most_drawn = 32767;                       // values in a resample

/// SplitMix64: a counter, mixed.
struct Random {
  std::uint64_t counter;

  static std::uint64_t mixed(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }

  /// From 0 to n - 1; n is far below 2^32, so that its rest is of no weight.
  std::size_t below(std::size_t n) {
    counter += 0x9e3779b97f4a7c15U;
    return static_cast<std::size_t>((mixed(counter) >> 32) * n >> 32);
  }
};

double normal_quantile(double p) {
  return -std::sqrt(2.0) * boost::math::erfc_inv(2 * p);
}

double normal_below(double z) {
  return std::erfc(-z / std::sqrt(2.0)) / 2;
}

double middle(double lower, double upper) {
  return lower + (upper - lower) / 2;
}

/// Puts the values of these ascending places where they are in order: each divides the values, so
/// that places near to each other cost little more than one.
void order_at(std::span<double> values, std::span<const std::size_t> places, std::size_t begin) {
  if (places.empty() || values.size() < 2) return;
  const std::size_t half = places.size() / 2;
  const std::size_t place = places[half] - begin;
  std::nth_element(values.begin(), values.begin() + std::ptrdiff_t(place), values.end());
  order_at(values.first(place), places.first(half), begin);
  order_at(values.subspan(place + 1), places.subspan(half + 1), begin + place + 1);
}

/// Type 7, as quantile(); the values are reordered.
template <std::size_t N>
std::array<double, N> quantiles_in_place(std::span<double> values, std::array<double, N> shares) {
  const std::size_t last = values.size() - 1;
  std::vector<std::size_t> places;
  for (double& share : shares) {
    share *= static_cast<double>(last);
    const auto below = static_cast<std::size_t>(share);
    places.insert(places.end(), {below, std::min(below + 1, last)});
  }
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  order_at(values, places, 0);
  for (double& share : shares) {
    const auto below = static_cast<std::size_t>(share);
    share = std::lerp(values[below], values[std::min(below + 1, last)],
                      share - static_cast<double>(below));
  }
  return shares;
}

/// The largest resample draws the longest process every time.
bool is_usable(const std::vector<std::size_t>& shape) {
  return !shape.empty() &&
         *std::max_element(shape.begin(), shape.end()) <= most_drawn / shape.size();
}

bool is_finite(double value) {
  return std::isfinite(value);
}

/// Sums of powers of a side's empirical influence values, by the jackknife.
struct Influence {
  double cubes = 0, squares = 0;

  /// `without`: the statistic without each process in turn.
  void add(const std::vector<double>& without) {
    const auto n = static_cast<double>(without.size());
    if (without.size() < 2) return;
    const double mean = std::accumulate(without.begin(), without.end(), 0.0) / n;
    for (const double one : without) {
      const double value = (n - 1) * (mean - one) / n;
      cubes += value * value * value;
      squares += value * value;
    }
  }

  /// Davison and Hinkley (1997), 5.3: of several samples.
  double acceleration() const { return squares > 0 ? cubes / (6 * std::pow(squares, 1.5)) : 0; }
};

}  // namespace

Bootstrap::Bootstrap(std::uint64_t seed, std::size_t resamples, double confidence)
    : seed_(seed),
      resamples_((std::max<std::size_t>(resamples, 1) + chunk - 1) / chunk * chunk),
      confidence_(confidence) {}

Bootstrap::Side Bootstrap::side_of(const Rounds& rounds) {
  Side side;
  std::vector<double> values;
  std::vector<std::size_t> process_of;
  for (const std::vector<double>& process : rounds) {
    if (process.empty()) continue;
    values.insert(values.end(), process.begin(), process.end());
    process_of.insert(process_of.end(), process.size(), side.shape.size());
    side.shape.push_back(process.size());
  }
  if (!std::all_of(values.begin(), values.end(), is_finite)) return {};
  side.places.resize(values.size());
  std::iota(side.places.begin(), side.places.end(), std::size_t{0});
  std::sort(side.places.begin(), side.places.end(), [&](std::size_t a, std::size_t b) {
    return values[a] != values[b] ? values[a] < values[b] : a < b;
  });
  for (const std::size_t place : side.places) {
    side.ordered.push_back(values[place]);
    side.processes.push_back(process_of[place]);
  }
  return side;
}

std::vector<double> Bootstrap::medians_without(const Side& side) {
  std::vector<double> medians;
  if (side.shape.size() < 2) return medians;
  for (std::size_t process = 0; process < side.shape.size(); ++process) {
    const std::size_t left = side.ordered.size() - side.shape[process];
    std::size_t seen = 0;
    double lower = 0, upper = 0;
    for (std::size_t i = 0; seen <= left / 2; ++i) {
      if (side.processes[i] == process) continue;
      if (seen == (left - 1) / 2) lower = side.ordered[i];
      upper = side.ordered[i];
      ++seen;
    }
    medians.push_back(middle(lower, upper));
  }
  return medians;
}

const Bootstrap::Draws& Bootstrap::draws_of(const std::vector<std::size_t>& shape,
                                            std::uint64_t stream) {
  const auto found = draws_.find({shape, stream});
  if (found != draws_.end()) return found->second;
  std::vector<std::size_t> begin(shape.size());
  std::exclusive_scan(shape.begin(), shape.end(), begin.begin(), std::size_t{0});
  const std::size_t values = begin.back() + shape.back();
  kept_counts_ += resamples_ * values;
  if (kept_counts_ > most_kept_counts) {
    draws_.clear();
    kept_counts_ = resamples_ * values;
  }
  Draws& draws = draws_[{shape, stream}];
  draws.counts.resize(resamples_ * values);
  Random random{Random::mixed(Random::mixed(seed_) + stream)};
  for (std::size_t resample = 0; resample < resamples_; ++resample) {
    std::int16_t* counts =
        draws.counts.data() + resample / chunk * chunk * values + resample % chunk;
    std::size_t drawn = 0;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      const std::size_t process = random.below(shape.size());
      for (std::size_t round = 0; round < shape[process]; ++round) {
        ++counts[chunk * (begin[process] + random.below(shape[process]))];
      }
      drawn += shape[process];
    }
    draws.lower.push_back(static_cast<std::int16_t>((drawn - 1) / 2));
    draws.upper.push_back(static_cast<std::int16_t>(drawn / 2));
  }
  return draws;
}

/// The middle values of a resample lie at the places in the order at which its running count
/// exceeds theirs: counted for a chunk of resamples at a time, without a branch.
void Bootstrap::resample(const Side& side, std::uint64_t stream, std::vector<double>& medians) {
  const Draws& draws = draws_of(side.shape, stream);
  const std::size_t values = side.ordered.size();
  medians.resize(resamples_);
  for (std::size_t begin = 0; begin < resamples_; begin += chunk) {
    std::array<std::int16_t, chunk> seen{}, lower{}, upper{}, lower_rank, upper_rank;
    std::copy_n(draws.lower.begin() + std::ptrdiff_t(begin), chunk, lower_rank.begin());
    std::copy_n(draws.upper.begin() + std::ptrdiff_t(begin), chunk, upper_rank.begin());
    for (const std::size_t place : side.places) {
      const std::int16_t* counts = draws.counts.data() + begin * values + place * chunk;
      for (std::size_t i = 0; i < chunk; ++i) {
        seen[i] = static_cast<std::int16_t>(seen[i] + counts[i]);
        lower[i] = static_cast<std::int16_t>(lower[i] + (seen[i] <= lower_rank[i]));
        upper[i] = static_cast<std::int16_t>(upper[i] + (seen[i] <= upper_rank[i]));
      }
    }
    for (std::size_t i = 0; i < chunk; ++i) {
      medians[begin + i] = middle(side.ordered[static_cast<std::size_t>(lower[i])],
                                  side.ordered[static_cast<std::size_t>(upper[i])]);
    }
  }
}

ResampledRatio Bootstrap::result_of(double value, double acceleration) {
  const auto n = static_cast<double>(resampled_.size());
  int less = 0, equal = 0;  // without branches, which no processor would foresee
  for (const double one : resampled_) {
    less += one < value;
    equal += one == value;
  }
  const double below = less + 0.5 * equal;
  const double bias = normal_quantile(std::clamp(below / n, 0.5 / n, 1 - 0.5 / n));
  const double tail = (1 - confidence_) / 2;
  const auto adjusted = [&](double p) {
    const double z = bias + normal_quantile(p);
    const double slope = 1 - acceleration * z;
    return slope > 0 ? normal_below(bias + z / slope) : (z > 0 ? 1.0 : 0.0);
  };
  ResampledRatio result;
  result.ratio = value;
  const auto [low, high, bca_low, bca_high] =
      quantiles_in_place<4>(resampled_, {tail, 1 - tail, adjusted(tail), adjusted(1 - tail)});
  result.percentile = {low, high, confidence_};
  result.bca = {bca_low, bca_high, confidence_};
  return result;
}

std::optional<ResampledRatio> Bootstrap::ratio_of_medians(const Rounds& first,
                                                          const Rounds& second) {
  const Side below = side_of(first), above = side_of(second);
  for (const Side* side : {&below, &above}) {
    if (!is_usable(side->shape) || side->ordered.front() <= 0) return std::nullopt;
  }
  const double denominator = median(below.ordered), numerator = median(above.ordered);
  Influence influence;
  std::vector<double> without = medians_without(below);
  for (double& one : without) one = numerator / one;
  influence.add(without);
  without = medians_without(above);
  for (double& one : without) one /= denominator;
  influence.add(without);
  resample(above, 1, resampled_);
  resample(below, 0, denominators_);
  for (std::size_t i = 0; i < resampled_.size(); ++i) resampled_[i] /= denominators_[i];
  return result_of(numerator / denominator, influence.acceleration());
}

std::optional<ResampledRatio> Bootstrap::paired_ratio(std::span<const double> log_ratios) {
  Rounds pairs;
  for (const double one : log_ratios) pairs.push_back({one});
  const Side side = side_of(pairs);
  if (!is_usable(side.shape)) return std::nullopt;
  Influence influence;
  influence.add(medians_without(side));
  resample(side, 0, resampled_);
  ResampledRatio result = result_of(median(log_ratios), influence.acceleration());
  for (double* one : {&result.ratio, &result.percentile.low, &result.percentile.high,
                      &result.bca.low, &result.bca.high}) {
    *one = std::exp(*one);
  }
  return result;
}

}  // namespace motley::analysis
