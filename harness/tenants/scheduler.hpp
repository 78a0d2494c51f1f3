// Which waiting query goes to which worker now? The port of the schedulers and the list of them. A
// worker serves one query at a time, in the order in which they were given to it; a scheduler may
// give queries to one that is busy, where they wait, and never takes them back.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/spec.hpp"

namespace motley::tenants {

struct Query {
  std::size_t tenant = 0;
  std::int64_t index = 0;  ///< of its tenant's queries
  double scheduled_seconds = 0, enqueued_seconds = 0;
  double deadline_seconds = 0;  ///< a time of the clock; infinite: none
};

/// A worker as a scheduler sees it.
struct WorkerView {
  bool alive = true;
  bool idle = true;  ///< serves nothing, and nothing was given to it
  /// When it should have served all that was given to it; now where it is idle.
  double free_seconds = 0;
  /// For a query of each tenant: first as measured alone, then smoothed over what it took here.
  std::vector<double> expected_seconds;
};

struct Situation {
  double now_seconds = 0;
  const std::vector<std::deque<Query>>& waiting;  ///< of each tenant, in order of arrival
  const std::vector<WorkerView>& workers;
};

/// waiting[tenant][position] goes to the worker, which is alive.
struct Choice {
  std::size_t tenant = 0, position = 0, worker = 0;
};

class Scheduler {
 public:
  virtual ~Scheduler() = default;
  /// Asked again after each choice, and when a query arrives or a worker becomes free, until it
  /// has none.
  virtual std::optional<Choice> next(const Situation& situation) = 0;
};

struct SchedulerKind {
  std::string name, summary;
  std::vector<SpecParameter> parameters;
  std::function<std::unique_ptr<Scheduler>(const Spec&, std::size_t tenants, std::size_t workers)>
      make;
};

/// Sorted by name; one file each.
const std::vector<SchedulerKind>& schedulers();
/// `fixed:workers=0/1/0` with what it declares. Throws BadArgument and UnknownName.
Spec scheduler_spec(const std::string& text);
/// Throws BadArgument for parameters that do not fit so many tenants and workers.
std::unique_ptr<Scheduler> make_scheduler(const Spec& spec, std::size_t tenants,
                                          std::size_t workers);

/// The tenant whose first waiting query arrived first, of several the first; none where none waits.
std::optional<std::size_t> first_arrived(const Situation& situation);
/// `from`, or the next one behind it (around) that is alive. None where none is.
std::optional<std::size_t> alive_from(std::size_t from, const std::vector<WorkerView>& workers);

SchedulerKind fixed_scheduler();
SchedulerKind round_robin_scheduler();
SchedulerKind shortest_expected_latency_scheduler();
SchedulerKind least_slack_scheduler();
SchedulerKind earliest_finish_scheduler();

}  // namespace motley::tenants
