// What do launches on a CPU's team cost? The CPU side of the launch cases.
#pragma once

#include "harness/workbench.hpp"

namespace motley::microbench {

struct TeamLaunch {
  unsigned members = 0;      ///< 0: the whole team
  unsigned launches = 1;     ///< in a row, one after the other; the operations of one run
  double idle_seconds = 0;   ///< the team is left alone so long before each run
  bool from_parked = false;  ///< the team is parked before each run and woken in it
};

/// Every member counts its own calls: a launch that did not reach one of them is noticed.
Trial team_launch_trial(Workbench& bench, const TeamLaunch& launch);

/// How long a processor is left alone before a launch. 0: what ran just before is still awake.
Axis idle_axis();
/// Sleeps; not at all if 0.
void stay_idle(double seconds);

}  // namespace motley::microbench
