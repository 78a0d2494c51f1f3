#include "analysis/change_points.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "analysis/energy_split.hpp"
#include "analysis/series_noise.hpp"
#include "analysis/statistics.hpp"

namespace motley::analysis {
namespace {

using Values = std::span<const double>;

struct Range {
  std::size_t begin = 0, end = 0;
  std::size_t size() const { return end - begin; }
};

Values part(Values values, Range range) {
  return values.subspan(range.begin, range.size());
}

class Sums {
 public:
  explicit Sums(Values values) : sums_(1, 0.0), origin_(values.empty() ? 0 : values[0]) {
    for (const double value : values) sums_.push_back(sums_.back() + (value - origin_));
  }
  double mean(Range range) const {
    return (sums_[range.end] - sums_[range.begin]) / static_cast<double>(range.size());
  }
  /// Squared distance of the means of both sides over its variance for noise of deviation 1.
  double contrast(Range left, Range right) const {
    const auto n = static_cast<double>(left.size()), m = static_cast<double>(right.size());
    const double distance = mean(left) - mean(right);
    return distance * distance * n * m / (n + m);
  }

 private:
  std::vector<double> sums_;
  double origin_;
};

class Search {
 public:
  Search(Values white, const ChangePointOptions& options)
      : white_(white), sums_(white), options_(options) {}

  std::vector<std::size_t> candidates() {
    std::size_t begin = 0;
    while (begin + 2 * options_.min_segment <= white_.size()) {
      const Range window{begin, std::min(begin + options_.window, white_.size())};
      const std::size_t at = first_split(window);
      if (at != 0) {
        search({begin, at});
        found_.push_back(at);
        begin = at;
      } else if (window.end == white_.size()) {
        break;
      } else {
        begin += options_.window / 2;
      }
    }
    return found_;
  }

 private:
  void search(Range range) {
    const std::size_t at = first_split(range);
    if (at == 0) return;
    search({range.begin, at});
    found_.push_back(at);
    search({at, range.end});
  }

  /// Of the window or, where many steps hide each other, of its half-overlapping parts. 0: none.
  std::size_t first_split(Range window) const {
    std::size_t at = split(window);
    for (std::size_t size = options_.window / 2; size >= options_.window / 4; size /= 2) {
      if (size >= window.size()) continue;
      for (std::size_t from = window.begin; at == 0 && from + size / 2 < window.end;
           from += size / 2) {
        at = split({from, std::min(from + size, window.end)});
      }
    }
    return at;
  }

  /// 0: none.
  std::size_t split(Range range) const {
    if (range.size() < 2 * options_.min_segment || quiet(range)) return 0;
    const Values values = part(white_, range);
    const EnergySplit best = energy_split(values, options_.min_segment);
    if (best.at == 0) return 0;
    const double p =
        permutation_p(values, options_.min_segment, best.statistic, options_.permutations,
                      options_.permutation_alpha, options_.seed + range.begin);
    return p <= options_.permutation_alpha ? range.begin + best.at : 0;
  }

  /// No means of a whole split, nor of 8, 16 or 32 neighbours, differ by 3 standard errors.
  bool quiet(Range range) const {
    double squares = 0;
    for (std::size_t i = range.begin + 1; i < range.end; ++i) {
      squares += (white_[i] - white_[i - 1]) * (white_[i] - white_[i - 1]);
    }
    const double limit = 9 * squares / (2 * static_cast<double>(range.size() - 1));
    const auto loud = [&](Range left, Range right) { return sums_.contrast(left, right) > limit; };
    const std::size_t first = range.begin + options_.min_segment;
    for (std::size_t at = first; at + options_.min_segment <= range.end; ++at) {
      if (loud({range.begin, at}, {at, range.end})) return false;
      for (const std::size_t w : {8u, 16u, 32u}) {
        if (at < range.begin + w || at + w > range.end) break;
        if (loud({at - w, at}, {at, at + w})) return false;
      }
    }
    return true;
  }

  Values white_;
  Sums sums_;
  const ChangePointOptions& options_;
  std::vector<std::size_t> found_;
};

/// The sides of candidate k that are looked at: up to its neighbours and half a window.
struct Sides {
  Range left, right;
};

Sides sides(const std::vector<std::size_t>& found, std::size_t k, std::size_t points,
            std::size_t reach) {
  const std::size_t at = found[k];
  const std::size_t previous = k == 0 ? 0 : found[k - 1];
  const std::size_t next = k + 1 == found.size() ? points : found[k + 1];
  return {{std::max(previous, at < reach ? 0 : at - reach), at}, {at, std::min(next, at + reach)}};
}

void refine(std::vector<std::size_t>& found, Values white, const ChangePointOptions& options) {
  const Sums sums(white);
  for (std::size_t k = 0; k < found.size(); ++k) {
    const auto [left, right] = sides(found, k, white.size(), options.window / 2);
    double best = 0;
    for (std::size_t at = left.begin + options.min_segment; at + options.min_segment <= right.end;
         ++at) {
      const double contrast = sums.contrast({left.begin, at}, {at, right.end});
      if (contrast > best) {
        best = contrast;
        found[k] = at;
      }
    }
  }
}

double squares_around_mean(Values values) {
  const double error = deviation(values);
  return error * error * static_cast<double>(values.size() - 1);
}

double student_p(Values left, Values right, double autocorrelation) {
  const auto n = static_cast<double>(left.size()), m = static_cast<double>(right.size());
  const double distance = Sums(left).mean({0, left.size()}) - Sums(right).mean({0, right.size()}) +
                          (left[0] - right[0]);
  if (distance == 0) return 1;
  // Means follow correlated noise, which leaves less around them.
  const double left_over = std::max(1.0, n + m - 2 / effective_points(1, autocorrelation));
  const double variance = (squares_around_mean(left) + squares_around_mean(right)) / left_over;
  const double error = std::sqrt(variance / effective_points(n * m / (n + m), autocorrelation));
  if (error == 0) return 0;
  const boost::math::students_t distribution(effective_freedom(n + m, autocorrelation));
  return 2 * boost::math::cdf(boost::math::complement(distribution, std::abs(distance / error)));
}

/// Asymptotic errors of both medians (1.2533 deviations over the root of n), carried to the
/// logarithm of their ratio.
void add_interval(ChangePoint& point, Values left, Values right, double autocorrelation) {
  const auto n = static_cast<double>(left.size()), m = static_cast<double>(right.size());
  const auto part_of_error = [&](Values side, double middle, double points) {
    const double error = 1.2533 * deviation(side) / middle;
    return error * error / effective_points(points, autocorrelation);
  };
  const double error =
      std::sqrt(part_of_error(left, point.before, n) + part_of_error(right, point.after, m));
  const boost::math::students_t distribution(effective_freedom(n + m, autocorrelation));
  const double t = boost::math::quantile(distribution, 0.975);
  const double ratio = point.after / point.before;
  point.lowest = ratio * std::exp(-t * error) - 1;
  point.highest = ratio * std::exp(t * error) - 1;
}

ChangePoint verify(Values calm, Sides sides, double autocorrelation) {
  const Values left = part(calm, sides.left), right = part(calm, sides.right);
  ChangePoint point;
  point.index = sides.right.begin;
  point.before = median(left);
  point.after = median(right);
  point.p = student_p(left, right, autocorrelation);
  point.relative_change = point.after / point.before - 1;
  point.lowest = point.highest = point.relative_change;
  if (point.after / point.before > 0 && std::isfinite(point.relative_change)) {
    add_interval(point, left, right, autocorrelation);
  }
  return point;
}

bool weak(const ChangePoint& point, const ChangePointOptions& options) {
  return point.p > options.max_p || !(std::abs(point.relative_change) >= options.min_magnitude);
}

/// Removes the weakest until none is weak.
std::vector<ChangePoint> verified(std::vector<std::size_t> found, Values calm,
                                  double autocorrelation, const ChangePointOptions& options) {
  const auto verify_one = [&](std::size_t k) {
    return verify(calm, sides(found, k, calm.size(), options.window / 2), autocorrelation);
  };
  std::vector<ChangePoint> points;
  for (std::size_t k = 0; k < found.size(); ++k) points.push_back(verify_one(k));
  for (;;) {
    std::size_t weakest = points.size();
    for (std::size_t k = 0; k < points.size(); ++k) {
      if (!weak(points[k], options)) continue;
      if (weakest == points.size() || points[k].p > points[weakest].p) weakest = k;
    }
    if (weakest == points.size()) return points;
    points.erase(points.begin() + static_cast<std::ptrdiff_t>(weakest));
    found.erase(found.begin() + static_cast<std::ptrdiff_t>(weakest));
    if (weakest > 0) points[weakest - 1] = verify_one(weakest - 1);
    if (weakest < points.size()) points[weakest] = verify_one(weakest);
  }
}

std::vector<ChangePoint> detect(Values calm, double autocorrelation,
                                const ChangePointOptions& options) {
  const std::vector<double> white = whitened(calm, autocorrelation);
  std::vector<std::size_t> found = Search(white, options).candidates();
  refine(found, white, options);
  return verified(std::move(found), calm, autocorrelation, options);
}

/// Of the noise around all that may be steps, as if there were none: a step that is overlooked
/// looks like autocorrelation, a false one hides little of it. The last points are enough, and
/// bound the time.
double autocorrelation(Values calm, ChangePointOptions options) {
  options.max_p = 0.01;
  options.min_magnitude = 0;
  const Values recent = calm.last(std::min<std::size_t>(calm.size(), 2048));
  std::vector<std::size_t> changes;
  for (const ChangePoint& point : detect(recent, 0, options)) changes.push_back(point.index);
  return noise_autocorrelation(recent, changes);
}

}  // namespace

ChangePoints change_points(Values values, const ChangePointOptions& options) {
  const std::vector<std::size_t> places = places_without_spikes(values);
  ChangePoints result;
  result.enough = values.size() >= options.min_points;
  if (!result.enough) return result;
  const std::vector<double> calm = at_places(values, places);
  result.autocorrelation = autocorrelation(calm, options);
  result.points = detect(calm, result.autocorrelation, options);
  for (ChangePoint& point : result.points) point.index = places[point.index];
  return result;
}

Values baseline(Values values, const ChangePoints& found) {
  return values.subspan(found.points.empty() ? 0 : found.points.back().index);
}

}  // namespace motley::analysis
