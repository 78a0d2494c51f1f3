// Which levels of memory does a curve over working sets show? From the data alone: what a system
// says of its caches is often wrong in virtual machines and on phones.
#pragma once

#include <span>
#include <vector>

namespace motley::analysis {

struct CurvePoint {
  double bytes = 0;  ///< working set
  double value = 0;  ///< bandwidth or latency, > 0
};

/// Neighbouring sizes with about the same value.
struct Plateau {
  double from_bytes = 0, to_bytes = 0;
  double value = 0;       ///< median
  std::size_t sizes = 1;  ///< how many were measured
};

/// Piecewise-constant fit of log(value): the cheapest cut where each point costs its distance from
/// its piece's median and each piece costs `piece_cost` (0.3: a step must be worth a third). Values
/// of one level are within 35 % of each other, so that its median says something of each. A single
/// point between two levels of more points, with a value between theirs, is a crossing and no
/// level.
std::vector<Plateau> plateaus(std::span<const CurvePoint> points, double piece_cost = 0.3);

}  // namespace motley::analysis
