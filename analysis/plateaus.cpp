#include "analysis/plateaus.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "analysis/statistics.hpp"

namespace motley::analysis {
namespace {

constexpr double widest = 1.35;  // largest over smallest value of a level

double piece_error(const std::vector<double>& logs, std::size_t begin, std::size_t end) {
  const std::span<const double> piece(logs.data() + begin, end - begin);
  const auto [smallest, largest] = std::minmax_element(piece.begin(), piece.end());
  if (*largest - *smallest > std::log(widest)) return std::numeric_limits<double>::infinity();
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

/// The way from one level to the next, met at one size only.
bool is_crossing(const std::vector<Plateau>& pieces, std::size_t i) {
  if (i == 0 || i + 1 >= pieces.size() || pieces[i].sizes > 1) return false;
  const Plateau &before = pieces[i - 1], &after = pieces[i + 1];
  const auto [low, high] = std::minmax(before.value, after.value);
  return before.sizes > 1 && after.sizes > 1 && low < pieces[i].value && pieces[i].value < high;
}

}  // namespace

std::vector<Plateau> plateaus(std::span<const CurvePoint> points, double piece_cost) {
  std::vector<CurvePoint> ordered(points.begin(), points.end());
  std::sort(ordered.begin(), ordered.end(),
            [](const CurvePoint& a, const CurvePoint& b) { return a.bytes < b.bytes; });
  std::vector<double> logs;
  for (const CurvePoint& point : ordered) logs.push_back(std::log(point.value));
  std::vector<Plateau> pieces, levels;
  std::size_t begin = 0;
  for (const std::size_t end : cheapest_cut(logs, piece_cost)) {
    const std::span<const double> piece(logs.data() + begin, end - begin);
    pieces.push_back(
        {ordered[begin].bytes, ordered[end - 1].bytes, std::exp(median(piece)), end - begin});
    begin = end;
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (!is_crossing(pieces, i)) levels.push_back(pieces[i]);
  }
  return levels;
}

}  // namespace motley::analysis
