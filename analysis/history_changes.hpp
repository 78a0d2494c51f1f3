// Where did the level of a series change, which of these changes are accepted, and what is normal
// since? An accepted change begins a new baseline, so that it is told once and not for weeks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/change_points.hpp"
#include "analysis/creep.hpp"
#include "analysis/history.hpp"

namespace motley::analysis {

struct LevelChange {
  ChangePoint point;          ///< its index counts the points that count
  std::string run;            ///< the first with the new level
  std::string commit;         ///< of that run
  std::string commit_before;  ///< of the last run with the old level
  bool worse = false;
  bool accepted = false;  ///< where it was found or within 2 points: more runs move it a little
};

struct SeriesChanges {
  std::size_t points = 0;  ///< that count: ok, and no suspect ones
  bool enough = false;     ///< 10 or more; else nothing is said, which is not "no change"
  std::vector<LevelChange> changes;
  std::optional<Creep> creep;           ///< since the last change
  std::string creep_run, creep_commit;  ///< about where it began
  bool creep_worse = false;
  double level = 0;             ///< median since the last change; 0: no points
  std::optional<double> noise;  ///< see History::noise

  /// A change for the worse that nobody accepted, or a creeping one.
  bool alarms() const;
};

SeriesChanges changes_of(const HistorySeries& series);

}  // namespace motley::analysis
