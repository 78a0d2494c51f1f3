// What happens when tenants share workers under a scheduler? One thread admits queries, asks the
// scheduler, gives queries to workers and takes their answers; it looks up when a query arrives, a
// worker is done or 50 ms have passed. Memory is bounded whatever the rates, and a worker that
// throws is taken out while the others go on.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/clock.hpp"
#include "harness/tenants/crew.hpp"
#include "harness/tenants/scheduler.hpp"
#include "harness/tenants/tenant.hpp"
#include "results_schema/record.hpp"

namespace motley::tenants {

/// Seconds by worker and tenant.
using ServiceTimes = std::vector<std::vector<double>>;

struct MixLimits {
  double seconds = 10;     ///< nothing starts later
  bool drop_late = false;  ///< a query whose deadline has passed does not start
  /// Of what a worker is expected to take: so much of each new time (Band has the same).
  double smoothing = 0.1;
  std::int64_t queries = 1 << 20;      ///< at most, of all tenants: 80 MB of samples
  std::size_t most_waiting = 1 << 16;  ///< of one tenant; what arrives beyond is refused
};

struct MixStage {
  Crew& crew;
  Clock& clock;
  Scheduler& scheduler;
  std::function<bool()> go_on;  ///< false: interrupted; may be empty
};

struct TenantRun {
  /// By completion; the segment is the worker. A stream has no scheduled times: it arrives when the
  /// last is answered, which is its enqueued time.
  schema::Samples samples;
  std::vector<std::int64_t> indices;  ///< which of its queries
  std::int64_t late = 0;              ///< answered behind the deadline
  std::int64_t dropped = 0;           ///< deadline passed before the start
  std::int64_t refused = 0;           ///< too many waited
  std::int64_t failed = 0;            ///< its worker threw
  std::int64_t backlog = 0;           ///< waited at the end
  std::int64_t backlog_late = 0;      ///< of these, behind the deadline
  double backlog_seconds = 0;         ///< that these had waited, all together

  std::int64_t answered() const { return static_cast<std::int64_t>(indices.size()); }
  std::int64_t lost() const { return dropped + refused + failed; }
};

struct WorkerRun {
  std::int64_t queries = 0;
  double busy_seconds = 0;
  std::string failure;  ///< what it threw; empty: nothing
  double failed_seconds = 0;
};

struct MixRun {
  double begin_seconds = 0, duration_seconds = 0;
  std::string stopped_by;  ///< budget, samples (enough, or nothing more arrives) or interrupt
  std::vector<TenantRun> tenants;
  std::vector<WorkerRun> workers;
  ServiceTimes expected;  ///< at the end

  bool all_failed() const;
};

/// Median of a few queries of each tenant on each worker, one after another, the first apart: warms
/// them all. Throws Error where one fails. None where interrupted.
std::optional<ServiceTimes> measure_alone(const MixStage& stage, std::size_t tenants,
                                          double seconds_each = 0.2);

/// `expected` before the first query.
MixRun run_mix(const MixStage& stage, const MixLimits& limits, const std::vector<Tenant>& tenants,
               ServiceTimes expected);

}  // namespace motley::tenants
