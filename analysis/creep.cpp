#include "analysis/creep.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "analysis/series_noise.hpp"
#include "analysis/statistics.hpp"

namespace motley::analysis {
namespace {

using Values = std::span<const double>;

double mean(Values values) {
  double sum = 0;
  for (const double value : values) sum += value - values[0];
  return values[0] + sum / static_cast<double>(values.size());
}

/// Noise within disjoint windows: a slow ramp is nearly flat within each.
struct Noise {
  double autocorrelation = 0;
  double deviation = 0;
};

Noise noise_within(Values values, std::size_t window) {
  std::vector<std::size_t> begins;
  double squares = 0;
  std::size_t begin = 0;
  for (; begin + 2 * window <= values.size(); begin += window) {
    const double error = deviation(values.subspan(begin, window));
    squares += error * error;
    begins.push_back(begin + window);
  }
  Noise noise;
  noise.autocorrelation = noise_autocorrelation(values, begins);
  const auto points = static_cast<double>(window);
  const double left_over = points - points / effective_points(points, noise.autocorrelation);
  noise.deviation = std::sqrt(squares / static_cast<double>(begins.size()) * (points - 1) /
                              std::max(1.0, left_over));
  return noise;
}

double adjusted_p(double distance, double error, double freedom, double windows) {
  if (distance == 0) return 1;
  if (error == 0) return 0;
  const boost::math::students_t distribution(freedom);
  const double p = boost::math::cdf(boost::math::complement(distribution, distance / error));
  return std::min(1.0, 2 * p * 2 * windows);
}

}  // namespace

std::optional<Creep> creep(Values values, const ChangePoints& found, const CreepOptions& options) {
  const Values since_change = baseline(values, found);
  const std::vector<std::size_t> places = places_without_spikes(since_change);
  const std::vector<double> calm = at_places(since_change, places);
  const std::size_t window = std::min(options.window, calm.size() / 3);
  if (window < 5) return std::nullopt;
  const auto level = [&](std::size_t begin) { return mean(Values(calm).subspan(begin, window)); };
  const std::size_t last = calm.size() - window, stride = std::max<std::size_t>(1, window / 4);
  const double now = level(last);
  std::size_t farthest = 0;
  for (std::size_t at = 0; at + window <= last; at += stride) {
    if (std::abs(level(at) - now) > std::abs(level(farthest) - now)) farthest = at;
  }
  const Noise noise = noise_within(calm, window);
  const auto points = static_cast<double>(calm.size());
  const double error = noise.deviation * std::sqrt(2 / effective_points(static_cast<double>(window),
                                                                        noise.autocorrelation));
  Creep result;
  result.p = adjusted_p(std::abs(level(farthest) - now), error,
                        effective_freedom(points, noise.autocorrelation),
                        points / static_cast<double>(window));
  result.before = median(Values(calm).subspan(farthest, window));
  result.after = median(Values(calm).last(window));
  result.relative_change = result.after / result.before - 1;
  if (result.p > options.max_p || !(std::abs(result.relative_change) >= options.min_magnitude)) {
    return std::nullopt;
  }
  std::size_t like_baseline = farthest;
  for (std::size_t at = farthest; at + window <= last; at += stride) {
    if (std::abs(level(at) - level(farthest)) <= 2 * error) like_baseline = at;
  }
  result.since = values.size() - since_change.size() + places[like_baseline + window / 2];
  return result;
}

}  // namespace motley::analysis
