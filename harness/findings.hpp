// What a reader must know of a block's samples before believing their median. Samples are kept
// whatever is found here; thresholds are in the .cpp with their reasons.
#pragma once

#include <vector>

#include "results_schema/record.hpp"

namespace motley {

/// What the sampler saw beside the samples.
struct Observed {
  double target = 0.01;          ///< wanted relative half-width of the median's 95 % interval
  int core_changes = 0;          ///< of a pinned measuring thread
  double suspended_seconds = 0;  ///< CLOCK_BOOTTIME minus CLOCK_MONOTONIC over the block
  std::vector<double> clocks_hertz;
  int disordered_events = 0;     ///< commands with QUEUED <= SUBMIT <= START <= END broken
  int longer_than_host = 0;      ///< samples whose device time exceeds host time plus a tick
  double scaling_ratio = 0;      ///< (t(4N)-t(2N))/(t(2N)-t(N)); 0: not tested
  bool governor_varies = false;  ///< a cpufreq governor other than performance or userspace
  std::string governor;
  bool debug_build = false;
};

std::vector<schema::Finding> findings(const schema::Block& block, const Observed& observed);

}  // namespace motley
