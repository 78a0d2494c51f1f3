#include "analysis/history_changes.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "analysis/statistics.hpp"

namespace motley::analysis {
namespace {

constexpr std::size_t least_for_noise = 6;  // fewer have no interval of their median at 95 %
constexpr std::size_t accepted_reach = 2;   // points are located within 2, see change_points.hpp
constexpr double largest = 1e150;           // whose square is finite

bool counts(const HistoryPoint& point) {
  return point.counts() && *point.value<largest&& * point.value> 1 / largest;
}

/// Of logarithms about their median. With half of them equal the robust one is 0, which no gate
/// could work with: then the usual one.
std::optional<double> spread(std::span<const double> values) {
  if (values.size() < least_for_noise) return std::nullopt;
  std::vector<double> logs;
  for (const double value : values) logs.push_back(std::log(value));
  const double robust = robust_deviation(logs);
  return robust > 0 ? robust : deviation(logs);
}

bool is_accepted(const std::vector<HistoryPoint>& points, std::size_t index) {
  const std::size_t from = index - std::min(index, accepted_reach);
  const std::size_t to = std::min(index + accepted_reach + 1, points.size());
  return std::any_of(points.begin() + static_cast<std::ptrdiff_t>(from),
                     points.begin() + static_cast<std::ptrdiff_t>(to),
                     [](const HistoryPoint& point) { return point.accepted; });
}

/// Also what no test found, where somebody says that a new level begins.
void add_accepted(const std::vector<HistoryPoint>& points, ChangePoints& found) {
  for (std::size_t i = 1; i < points.size(); ++i) {
    if (!points[i].accepted) continue;
    const bool known =
        std::any_of(found.points.begin(), found.points.end(), [i](const ChangePoint& point) {
          return point.index + accepted_reach >= i && point.index <= i + accepted_reach;
        });
    if (!known) found.points.push_back({i, 0, 0, 0, 0, 0, 0});
  }
  std::sort(found.points.begin(), found.points.end(),
            [](const ChangePoint& a, const ChangePoint& b) { return a.index < b.index; });
}

}  // namespace

bool SeriesChanges::alarms() const {
  return (creep && creep_worse) ||
         std::any_of(changes.begin(), changes.end(),
                     [](const LevelChange& one) { return one.worse && !one.accepted; });
}

SeriesChanges changes_of(const HistorySeries& series) {
  std::vector<HistoryPoint> points;
  std::vector<double> values;
  bool accepted = false;  // a point that does not count hands it on
  for (const HistoryPoint& point : series.points) {
    accepted = accepted || point.accepted;
    if (!counts(point)) continue;
    points.push_back(point);
    points.back().accepted = std::exchange(accepted, false);
    values.push_back(*point.value);
  }
  SeriesChanges result;
  result.points = points.size();
  ChangePoints found = change_points(values);
  result.enough = found.enough;
  for (const ChangePoint& point : found.points) {
    result.changes.push_back(
        {point, points[point.index].run, points[point.index].commit, points[point.index - 1].commit,
         point.relative_change * series.direction() < 0, is_accepted(points, point.index)});
  }
  add_accepted(points, found);
  result.creep = creep(values, found);
  if (result.creep) {
    result.creep_run = points[result.creep->since].run;
    result.creep_commit = points[result.creep->since].commit;
    result.creep_worse = result.creep->relative_change * series.direction() < 0;
  }
  const std::span<const double> since = baseline(values, found);
  result.level = median(since);
  result.noise = spread(since);
  return result;
}

}  // namespace motley::analysis
