// Did a level creep away although no step was found? A change too slow to be seen between
// neighbouring windows is seen between the newest values and the best ones (catapult#2457: step
// detection alone misses slow ramps).
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "analysis/change_points.hpp"

namespace motley::analysis {

struct CreepOptions {
  std::size_t window = 32;  ///< values that make a level; a third of the series if it is shorter
  double min_magnitude = 0.01;  ///< smallest relative change worth a report
  double max_p = 0.001;         ///< already multiplied by the number of windows
};

struct Creep {
  std::size_t since = 0;  ///< about where it began: the last window that looks like the baseline
  double before = 0;      ///< median of the window that differs most
  double after = 0;       ///< median of the last window
  double relative_change = 0;
  double p = 1;
};

/// Compares the last window since the last change point with every earlier one: the farthest is the
/// baseline, so both getting better and getting worse are seen. Student's t with the noise within
/// windows and its autocorrelation; p is multiplied by twice the number of disjoint windows.
/// Nothing for fewer than 15 values since the last change point. O(n) time. Throws as
/// change_points().
std::optional<Creep> creep(std::span<const double> values, const ChangePoints& found,
                           const CreepOptions& = {});

}  // namespace motley::analysis
