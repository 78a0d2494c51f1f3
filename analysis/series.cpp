#include "analysis/series.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>
#include <vector>

#include "analysis/statistics.hpp"

namespace motley::analysis {
namespace {

constexpr std::size_t fewest_for_modes = 10;

/// A distinct value, how many values are below it and how many not above.
struct Step {
  double value, below, through;
};

std::vector<Step> steps_of(std::span<const double> values) {
  std::vector<double> ordered(values.begin(), values.end());
  std::sort(ordered.begin(), ordered.end());
  std::vector<Step> steps;
  for (std::size_t begin = 0, end = 0; begin < ordered.size(); begin = end) {
    while (end < ordered.size() && ordered[end] == ordered[begin]) ++end;
    steps.push_back({ordered[begin], static_cast<double>(begin), static_cast<double>(end)});
  }
  return steps;
}

/// A polygon through some of the steps.
struct Polygon {
  std::vector<std::size_t> corners;
  std::vector<double> at;  ///< its value at each step, from the first corner on
};

/// The greatest convex function below the steps `first` to `last` (side = 1, of what is below each
/// step), or the least concave one above them (side = -1, of what is through).
Polygon bound(const std::vector<Step>& steps, std::size_t first, std::size_t last, double side) {
  const auto height = [&](std::size_t i) { return side > 0 ? steps[i].below : steps[i].through; };
  const auto slope = [&](std::size_t a, std::size_t b) {
    return (height(b) - height(a)) / (steps[b].value - steps[a].value);
  };
  Polygon polygon;
  std::vector<std::size_t>& corners = polygon.corners;
  for (std::size_t i = first; i <= last; ++i) {
    while (corners.size() >= 2 && side * slope(corners[corners.size() - 2], corners.back()) >=
                                      side * slope(corners.back(), i)) {
      corners.pop_back();
    }
    corners.push_back(i);
  }
  for (std::size_t corner = 0; corner + 1 < corners.size(); ++corner) {
    const std::size_t from = corners[corner], to = corners[corner + 1];
    for (std::size_t i = from; i < to; ++i) {
      polygon.at.push_back(height(from) + slope(from, to) * (steps[i].value - steps[from].value));
    }
  }
  polygon.at.push_back(height(last));
  return polygon;
}

/// The interval in which a mode may lie, and how far (in counts) what lies outside it is from
/// convex before and from concave behind: twice the distance of a distribution that is both.
struct ModalInterval {
  std::size_t first, last;
  double distance;

  /// Narrowed to where the bounds are farthest apart; false: they are no farther than `distance`.
  bool narrow(const std::vector<Step>& steps) {
    const Polygon convex = bound(steps, first, last, 1), concave = bound(steps, first, last, -1);
    double gap = 0;
    std::size_t begin = first, end = last;
    for (auto corner = convex.corners.begin(); corner != convex.corners.end(); ++corner) {
      const double here = concave.at[*corner - first] - convex.at[*corner - first];
      if (here <= gap) continue;
      gap = here;
      begin = *corner;
      end = *std::lower_bound(concave.corners.begin(), concave.corners.end(), begin);
    }
    for (auto corner = concave.corners.begin(); corner != concave.corners.end(); ++corner) {
      const double here = concave.at[*corner - first] - convex.at[*corner - first];
      if (here <= gap) continue;
      gap = here;
      end = *corner;
      begin = *std::prev(std::upper_bound(convex.corners.begin(), convex.corners.end(), end));
    }
    if (gap <= distance || first == last) return false;
    for (std::size_t i = first; i < begin; ++i) {
      distance = std::max(distance, steps[i].through - convex.at[i - first]);
    }
    for (std::size_t i = end + 1; i <= last; ++i) {
      distance = std::max(distance, concave.at[i - first] - steps[i].below);
    }
    first = begin;
    last = end;
    return true;
  }
};

/// Hartigan (1985), Applied Statistics 34, algorithm AS 217.
double dip_of(const std::vector<Step>& steps, double n) {
  ModalInterval interval{0, steps.size() - 1, 1};
  while (interval.narrow(steps)) {
  }
  return interval.distance / (2 * n);
}

}  // namespace

double lag1_autocorrelation(std::span<const double> series) {
  if (series.size() < 3) return 0;
  const double n = static_cast<double>(series.size());
  const double mean = std::accumulate(series.begin(), series.end(), 0.0) / n;
  double products = 0, squares = 0;
  for (std::size_t i = 0; i < series.size(); ++i) {
    squares += (series[i] - mean) * (series[i] - mean);
    if (i > 0) products += (series[i] - mean) * (series[i - 1] - mean);
  }
  return squares > 0 ? products / squares : 0;
}

Drift drift(std::span<const double> series) {
  if (series.size() < 3) return {};
  const std::vector<double> rank = ranks(series);
  const double n = static_cast<double>(series.size()), mean = (n + 1) / 2;
  double products = 0, squares = 0;
  for (std::size_t i = 0; i < rank.size(); ++i) {
    products += (rank[i] - mean) * (static_cast<double>(i + 1) - mean);
    squares += (rank[i] - mean) * (rank[i] - mean);
  }
  if (squares == 0) return {};
  const double index_squares = n * (n * n - 1) / 12;
  const double r = std::clamp(products / std::sqrt(squares * index_squares), -1.0, 1.0);
  const double left = (1 - r) * (1 + r);
  if (left <= 0) return {r, 0};
  const double t = std::abs(r) * std::sqrt((n - 2) / left);
  const boost::math::students_t student(n - 2);
  return {r, 2 * boost::math::cdf(boost::math::complement(student, t))};
}

std::optional<Modes> modes(std::span<const double> values) {
  const std::vector<Step> steps = steps_of(values);
  if (values.size() < fewest_for_modes || 2 * steps.size() < values.size()) return std::nullopt;
  // Fitted to 40,000 samples of each of 11 sizes from 10 to 3000: within 1.5 %.
  const auto n = static_cast<double>(values.size());
  const double critical = (0.635 - 0.42 / std::sqrt(n)) / std::sqrt(n);
  return Modes{dip_of(steps, n), critical};
}

}  // namespace motley::analysis
