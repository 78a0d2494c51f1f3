#include "analysis/series_noise.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

namespace motley::analysis {
namespace {

/// Noise may differ along a history: it is looked at in blocks of 64 and one more on each side.
constexpr std::size_t block_size = 64;

std::vector<double> distances(std::span<const double> values, std::size_t lag) {
  std::vector<double> result;
  for (std::size_t i = lag; i < values.size(); ++i) {
    result.push_back(std::abs(values[i] - values[i - lag]));
  }
  return result;
}

/// Deviation of what `distances` are the absolute values of. Where most are zero (whole numbers,
/// two modes) the mean speaks instead of the median.
double scale(std::vector<double>& distances) {
  if (distances.empty()) return 0;
  const auto middle = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2);
  std::nth_element(distances.begin(), middle, distances.end());
  if (*middle > 0) return 1.4826 * *middle;
  double sum = 0;
  for (const double distance : distances) sum += distance;
  return 1.2533 * sum / static_cast<double>(distances.size());
}

/// At the ends the median is that of the first or last 7: otherwise three points are a majority.
double running_median(std::span<const double> values, std::size_t at) {
  std::array<double, 2 * spike_reach + 1> around;
  const std::size_t count = std::min(values.size(), around.size());
  const std::size_t from = std::min(at < spike_reach ? 0 : at - spike_reach, values.size() - count);
  const std::span<const double> near = values.subspan(from, count);
  std::copy(near.begin(), near.end(), around.begin());
  // Insertion: std::sort of so few is slower, and GCC 12 warns of its long case.
  for (std::size_t i = 1; i < count; ++i) {
    for (std::size_t k = i; k > 0 && around[k] < around[k - 1]; --k) {
      std::swap(around[k], around[k - 1]);
    }
  }
  return (around[(count - 1) / 2] + around[count / 2]) / 2;
}

struct Range {
  std::size_t begin, end;
};

/// Appends the places of `block` that are no spikes, judged by the noise and the number of spikes
/// of the neighbourhood.
void keep_ordinary(std::span<const double> values, std::span<const double> medians, Range block,
                   std::vector<std::size_t>& places) {
  const std::size_t begin = block.begin - std::min(block.begin, block_size);
  const std::size_t end = std::min(values.size(), block.end + block_size);
  std::vector<double> steps = distances(values.subspan(begin, end - begin), 1);
  const double limit = 4 * scale(steps) / std::sqrt(2.0);
  const auto spike = [&](std::size_t i) { return std::abs(values[i] - medians[i]) > limit; };
  std::size_t spikes = 0;
  for (std::size_t i = begin; i < end; ++i) spikes += spike(i);
  const bool second_mode = spikes > std::max<std::size_t>(spike_reach, (end - begin) / 12);
  for (std::size_t i = block.begin; i < block.end; ++i) {
    if (second_mode || !spike(i)) places.push_back(i);
  }
}

}  // namespace

std::vector<std::size_t> places_without_spikes(std::span<const double> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::abs(values[i]) <= 1e150) continue;
    throw std::invalid_argument("Value " + std::to_string(i) +
                                " of the series is not finite or above 1e150 (its square is not).");
  }
  std::vector<double> medians;
  for (std::size_t i = 0; i < values.size(); ++i) medians.push_back(running_median(values, i));
  std::vector<std::size_t> places;
  for (std::size_t begin = 0; begin < values.size(); begin += block_size) {
    keep_ordinary(values, medians, {begin, std::min(begin + block_size, values.size())}, places);
  }
  return places;
}

std::vector<double> at_places(std::span<const double> values, std::span<const std::size_t> places) {
  std::vector<double> result;
  for (const std::size_t place : places) result.push_back(values[place]);
  return result;
}

double noise_autocorrelation(std::span<const double> values, std::span<const std::size_t> changes) {
  double squares = 0, products = 0;
  std::size_t begin = 0;
  for (std::size_t k = 0; k <= changes.size(); ++k) {
    const std::size_t end = k < changes.size() ? changes[k] : values.size();
    double mean = 0;
    for (std::size_t i = begin; i < end; ++i) {
      mean += (values[i] - mean) / static_cast<double>(i - begin + 1);
    }
    for (std::size_t i = begin; i < end; ++i) {
      squares += (values[i] - mean) * (values[i] - mean);
      if (i > begin) products += (values[i] - mean) * (values[i - 1] - mean);
    }
    begin = end;
  }
  if (squares == 0) return 0;
  const auto n = static_cast<double>(values.size());
  const double bias = static_cast<double>(changes.size() + 1) / n;
  const double own = (products / squares + bias) / std::max(1 - 3 * bias, 0.25);
  constexpr double usual = 0.2, usual_points = 40;
  return std::clamp((n * own + usual_points * usual) / (n + usual_points), 0.0, 0.9);
}

std::vector<double> whitened(std::span<const double> values, double autocorrelation) {
  std::vector<double> result(values.begin(), values.end());
  for (std::size_t i = 0; i < values.size(); ++i) {
    result[i] -= autocorrelation * values[i == 0 ? 0 : i - 1];
  }
  return result;
}

double effective_points(double points, double autocorrelation) {
  return points * (1 - autocorrelation) / (1 + autocorrelation);
}

double effective_freedom(double points, double autocorrelation) {
  const double square = autocorrelation * autocorrelation;
  return std::max(1.0, points * (1 - square) / (1 + square) - 2);
}

}  // namespace motley::analysis
