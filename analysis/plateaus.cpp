#include "analysis/plateaus.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "analysis/statistics.hpp"

namespace motley::analysis {
namespace {

double piece_error(const std::vector<double>& logs, std::size_t begin, std::size_t end) {
  const std::span<const double> piece(logs.data() + begin, end - begin);
  const double middle = median(piece);
  double sum = 0;
  constexpr double free_distance = 0.1;  // noise, not a level
  for (const double value : piece) sum += std::max(0.0, std::abs(value - middle) - free_distance);
  return sum;
}

/// Ends of the pieces of the cheapest cut, by dynamic programming over prefixes.
std::vector<std::size_t> cheapest_cut(const std::vector<double>& logs, double piece_cost) {
  const std::size_t n = logs.size();
  std::vector<double> cost(n + 1, std::numeric_limits<double>::infinity());
  std::vector<std::size_t> previous(n + 1, 0);
  cost[0] = 0;
  for (std::size_t end = 1; end <= n; ++end) {
    for (std::size_t begin = 0; begin < end; ++begin) {
      const double candidate = cost[begin] + piece_cost + piece_error(logs, begin, end);
      if (candidate < cost[end]) {
        cost[end] = candidate;
        previous[end] = begin;
      }
    }
  }
  std::vector<std::size_t> ends;
  for (std::size_t end = n; end > 0; end = previous[end]) ends.insert(ends.begin(), end);
  return ends;
}

}  // namespace

std::vector<Plateau> plateaus(std::span<const CurvePoint> points, double piece_cost) {
  std::vector<CurvePoint> ordered(points.begin(), points.end());
  std::sort(ordered.begin(), ordered.end(),
            [](const CurvePoint& a, const CurvePoint& b) { return a.bytes < b.bytes; });
  std::vector<double> logs;
  for (const CurvePoint& point : ordered) logs.push_back(std::log(point.value));
  struct Piece {
    Plateau plateau;
    std::size_t count;
  };
  std::vector<Piece> pieces;
  std::size_t begin = 0;
  for (const std::size_t end : cheapest_cut(logs, piece_cost)) {
    const std::span<const double> piece(logs.data() + begin, end - begin);
    pieces.push_back(
        {{ordered[begin].bytes, ordered[end - 1].bytes, std::exp(median(piece))}, end - begin});
    begin = end;
  }
  std::vector<Plateau> levels;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const bool inner =
        i > 0 && i + 1 < pieces.size() && (pieces[i - 1].count > 1 || pieces[i + 1].count > 1);
    const auto between = [&] {
      const double before = pieces[i - 1].plateau.value, after = pieces[i + 1].plateau.value;
      const double value = pieces[i].plateau.value;
      return (before < value && value < after) || (before > value && value > after);
    };
    if (inner && pieces[i].count == 1 && between()) continue;
    levels.push_back(pieces[i].plateau);
  }
  return levels;
}

}  // namespace motley::analysis
