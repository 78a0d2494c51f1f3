#include "analysis/transfer_fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "analysis/statistics.hpp"

namespace motley::analysis {
namespace {

constexpr double smallest_transfer_bytes = 64;
constexpr double affine_residual = 0.15;
/// Repeated runs differ by this much: a better fit would describe noise.
constexpr double noise = 0.02;
constexpr std::size_t least_sizes = 4;
/// A cache level may show in two sizes only. They fit any line, so a point more is asked of the
/// whole: see most_segments.
constexpr std::size_t least_points = 2;
/// Calls, two levels of cache and memory. With as many lines as two points each would allow, any
/// series at all would be affine: there is one point more than the lines have parameters.
std::size_t most_segments(std::size_t points) {
  return std::clamp<std::size_t>((points - 1) / least_points, 1, 4);
}

using Points = std::vector<TransferPoint>;

Points by_size(std::span<const TransferPoint> points) {
  std::map<double, std::vector<double>> seconds;
  for (const TransferPoint& one : points) seconds[one.bytes].push_back(one.seconds);
  Points result;
  for (const auto& [bytes, values] : seconds) result.push_back({bytes, median(values)});
  return result;
}

struct Line {
  double fixed = 0, slope = 0;
  double squares = 0;  ///< sum of squared relative residuals
  double residual(const TransferPoint& one) const {
    return (fixed + slope * one.bytes) / one.seconds - 1;
  }
};

/// Least squares of relative residuals: a microsecond matters at 4 B and not at 64 MiB. A slope
/// below 0 becomes a constant: no transfer is faster for being larger. So does one that adds less
/// over all of the sizes than a fit may miss: it is the noise of the calls.
Line fit_line(std::span<const TransferPoint> points) {
  double w = 0, wx = 0, wxx = 0, wy = 0, wxy = 0;
  for (const TransferPoint& one : points) {
    const double weight = 1 / (one.seconds * one.seconds);
    w += weight;
    wx += weight * one.bytes;
    wxx += weight * one.bytes * one.bytes;
    wy += weight * one.seconds;
    wxy += weight * one.bytes * one.seconds;
  }
  const double determinant = w * wxx - wx * wx;
  double slope = determinant > 1e-12 * w * wxx ? (w * wxy - wx * wy) / determinant : 0;
  const double largest = slope * points.back().bytes;
  if (largest < affine_residual * (wy - slope * wx) / w) slope = 0;
  Line line{(wy - slope * wx) / w, slope, 0};
  for (const TransferPoint& one : points) line.squares += line.residual(one) * line.residual(one);
  return line;
}

/// Where each of `count` segments ends (one past its last point) so that the sum of squares is
/// least, by dynamic programming over the sorted points.
struct Partition {
  std::vector<std::size_t> ends;
  double squares = 0;
};

class Partitions {
 public:
  explicit Partitions(const Points& points) : points_(points) {
    const std::size_t n = points.size();
    lines_.assign(n + 1, std::vector<Line>(n + 1));
    for (std::size_t begin = 0; begin < n; ++begin) {
      for (std::size_t end = begin + 1; end <= n; ++end) lines_[begin][end] = fit(begin, end);
    }
  }

  const Line& line(std::size_t begin, std::size_t end) const { return lines_[begin][end]; }

  Partition best(std::size_t count) const {
    const std::size_t n = points_.size();
    constexpr double never = std::numeric_limits<double>::infinity();
    std::vector<std::vector<double>> squares(count + 1, std::vector<double>(n + 1, never));
    std::vector<std::vector<std::size_t>> begins(count + 1, std::vector<std::size_t>(n + 1, 0));
    squares[0][0] = 0;
    for (std::size_t k = 1; k <= count; ++k) {
      for (std::size_t end = k * least_points; end <= n; ++end) {
        for (std::size_t begin = 0; begin + least_points <= end; ++begin) {
          const double sum = squares[k - 1][begin] + line(begin, end).squares;
          if (sum < squares[k][end]) {
            squares[k][end] = sum;
            begins[k][end] = begin;
          }
        }
      }
    }
    Partition partition{std::vector<std::size_t>(count), squares[count][n]};
    for (std::size_t k = count, end = n; k > 0; --k) {
      partition.ends[k - 1] = end;
      end = begins[k][end];
    }
    return partition;
  }

 private:
  Line fit(std::size_t begin, std::size_t end) const {
    return fit_line(std::span(points_).subspan(begin, end - begin));
  }
  const Points& points_;
  std::vector<std::vector<Line>> lines_;
};

/// The point that its line misses by most, and by how much.
struct Worst {
  double residual = 0, bytes = 0;
};

Worst worst_of(const Points& points, const Partitions& partitions, const Partition& partition) {
  Worst worst;
  std::size_t begin = 0;
  for (const std::size_t end : partition.ends) {
    const Line& line = partitions.line(begin, end);
    for (; begin < end; ++begin) {
      const double residual = std::abs(line.residual(points[begin]));
      if (residual > worst.residual) worst = {residual, points[begin].bytes};
    }
  }
  return worst;
}

/// A segment more must leave a quarter of the mean square at most: on a shared machine a split that
/// describes noise leaves a third or more, a change of cache level a tenth.
double criterion(const Partition& partition, std::size_t points) {
  return std::log(partition.squares / static_cast<double>(points) + noise * noise) +
         static_cast<double>(partition.ends.size()) * std::log(4.0);
}

/// As few segments as are affine; where no number is, the one that describes no noise.
Partition choose(const Points& points, const Partitions& partitions) {
  std::optional<Partition> chosen;
  for (std::size_t count = 1; count <= most_segments(points.size()); ++count) {
    Partition next = partitions.best(count);
    if (worst_of(points, partitions, next).residual <= affine_residual) return next;
    if (!chosen || criterion(next, points.size()) < criterion(*chosen, points.size())) {
      chosen = std::move(next);
    }
  }
  return *chosen;
}

/// Between the last size of one segment and the first of the next: where the lines cross, else the
/// middle of the gap on the logarithmic scale on which sizes were taken.
double break_point(const Line& before, const Line& after, double last, double first) {
  const double crossing = (after.fixed - before.fixed) / (before.slope - after.slope);
  if (crossing >= last && crossing <= first) return crossing;
  return std::sqrt(last * first);
}

std::vector<TransferSegment> segments_of(const Points& points, const Partitions& partitions,
                                         const Partition& partition) {
  std::vector<TransferSegment> segments;
  std::size_t begin = 0;
  for (const std::size_t end : partition.ends) {
    const Line& line = partitions.line(begin, end);
    TransferSegment segment{points[begin].bytes, points[end - 1].bytes, line.fixed, std::nullopt};
    if (line.slope > 0) segment.bytes_per_second = 1 / line.slope;
    if (!segments.empty()) {
      const auto before = segments.size() >= 2 ? partition.ends[segments.size() - 2] : 0;
      segment.from_bytes = break_point(partitions.line(before, begin), line,
                                       points[begin - 1].bytes, points[begin].bytes);
      segments.back().to_bytes = segment.from_bytes;
    }
    segments.push_back(segment);
    begin = end;
  }
  return segments;
}

/// The smallest size whose bandwidth is half that of the last segment.
std::optional<double> half_performance(const std::vector<TransferSegment>& segments) {
  if (!segments.back().bytes_per_second) return std::nullopt;
  const double half = *segments.back().bytes_per_second / 2;
  for (const TransferSegment& one : segments) {
    const double slope = one.bytes_per_second ? 1 / *one.bytes_per_second : 0;
    const auto bandwidth = [&](double bytes) {
      return bytes / (one.fixed_seconds + slope * bytes);
    };
    if (bandwidth(one.from_bytes) >= half) return one.from_bytes;
    const double bytes = one.fixed_seconds * half / (1 - slope * half);
    // The last segment's law is its bandwidth: it holds past the largest size that was measured.
    const bool last = &one == &segments.back();
    if (slope * half < 1 && bytes >= one.from_bytes && (last || bytes <= one.to_bytes)) {
      return bytes;
    }
  }
  return std::nullopt;
}

std::optional<double> alpha(std::span<const TransferPoint> points) {
  std::vector<double> seconds;
  for (const TransferPoint& one : points) {
    if (one.bytes <= smallest_transfer_bytes) seconds.push_back(one.seconds);
  }
  if (seconds.empty()) return std::nullopt;
  return median(seconds);
}

}  // namespace

std::optional<double> TransferFit::bytes_per_second() const {
  return verdict == Verdict::affine ? segments.back().bytes_per_second : std::nullopt;
}

std::string to_string(TransferFit::Verdict verdict) {
  switch (verdict) {
    case TransferFit::Verdict::affine:
      return "affine";
    case TransferFit::Verdict::not_affine:
      return "not affine";
    case TransferFit::Verdict::zero_copy:
      return "zero_copy";
    case TransferFit::Verdict::too_few_sizes:
      return "too few sizes";
  }
  return "unknown";
}

TransferFit fit_transfer(std::span<const TransferPoint> all) {
  TransferFit fit;
  fit.alpha_seconds = alpha(all);
  const Points points = by_size(all);
  if (points.size() < least_sizes) return fit;
  const Partitions partitions(points);
  const Partition partition = choose(points, partitions);
  const Worst worst = worst_of(points, partitions, partition);
  fit.segments = segments_of(points, partitions, partition);
  fit.worst_residual = worst.residual;
  fit.worst_residual_bytes = worst.bytes;
  fit.verdict = worst.residual > affine_residual ? TransferFit::Verdict::not_affine
                                                 : TransferFit::Verdict::affine;
  if (fit.verdict == TransferFit::Verdict::affine) {
    fit.half_performance_bytes = half_performance(fit.segments);
  }
  return fit;
}

}  // namespace motley::analysis
