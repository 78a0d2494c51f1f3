// How are queries brought to a server? Open loops start each at its time or, where the server is
// busy, as soon as it is free; closed loops when an earlier one is answered. Both end on time
// whatever the server does, and hold at most `most_queries`.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "harness/scenario.hpp"
#include "harness/scenarios/arrivals.hpp"

namespace motley {

/// In a block: 200 MB of samples.
inline constexpr std::int64_t most_queries = 1 << 22;

struct LoopLimits {
  double seconds = 10;          ///< nothing starts later
  std::int64_t queries = 0;     ///< at most; 0: most_queries
  std::int64_t samples = 1;     ///< of a query
  bool segments = false;        ///< are recorded
  double expected_queries = 0;  ///< memory for so many is there before the first
  /// A query that could not start so long after its time is dropped (open loops).
  double drop_after_seconds = std::numeric_limits<double>::infinity();
  /// Of what is still waiting at the end, what has waited longer is counted apart.
  double target_seconds = std::numeric_limits<double>::infinity();
};

/// One loop's part of the samples and what happened around it.
struct LoopRun {
  std::size_t first = 0, last = 0;  ///< its queries, last excluded
  double begin_seconds = 0;         ///< on the samples' clock
  double duration_seconds = 0;      ///< until the end or the last answer, whichever is later
  std::string stopped_by;           ///< budget, samples or interrupt
  std::int64_t backlog = 0;         ///< had arrived and not started; at most most_queries counted
  std::int64_t backlog_over_target = 0;
  std::int64_t dropped = 0;
  std::int64_t early_wakeups = 0;
  double dispatcher_cpu_seconds = 0;  ///< of going to sleep and waking up, from a part of them

  std::int64_t queries() const { return static_cast<std::int64_t>(last - first); }
};

/// Both append to the samples.
LoopRun open_loop(const ScenarioStage& stage, const LoopLimits& limits, const Arrivals& arrivals,
                  schema::Samples& samples);
/// `concurrency` clients, each of which sends its next query when its last is answered.
LoopRun closed_loop(const ScenarioStage& stage, const LoopLimits& limits, std::int64_t concurrency,
                    schema::Samples& samples);

}  // namespace motley
