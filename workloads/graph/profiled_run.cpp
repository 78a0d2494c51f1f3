// One run with each step timed: on the host by a clock around the call, on a device by the events
// of its commands, which are moved to the host's clock by what both say of the moment of queueing.
#include <algorithm>
#include <limits>

#include "workloads/graph/execution.hpp"

namespace motley::workloads {
namespace {

using Action = PlanStep::Action;

/// What the steps given to one queue since it was last drained have to do with its intervals.
struct Pending {
  std::size_t step;
  std::size_t commands;
  bool is_map;  ///< or unmap: of fine-grained shared memory neither is a command
};

/// Host time minus device time. A command is queued while the host is in the call that gives it:
/// each call bounds the difference from both sides.
class ClockOffset {
 public:
  void add(double host_before, double host_after, double device_queued) {
    low_ = std::max(low_, host_before - device_queued);
    high_ = std::min(high_, host_after - device_queued);
  }
  double seconds() const { return low_ + (high_ - low_) / 2; }

 private:
  double low_ = -std::numeric_limits<double>::infinity();
  double high_ = std::numeric_limits<double>::infinity();
};

void take(Queue& queue, std::vector<Pending>& pending, std::vector<StepTime>& times,
          ClockOffset& offset) {
  const std::vector<DeviceInterval> intervals = queue.take_intervals();
  std::size_t expected = 0, maps = 0;
  for (const Pending& one : pending) {
    expected += one.commands;
    maps += one.is_map ? one.commands : 0;
  }
  const bool all = intervals.size() == expected;
  // With any other number it is not known which is which, and no step gets a device time.
  if (!all && intervals.size() != expected - maps) pending.clear();
  std::size_t i = 0;
  for (const Pending& one : pending) {
    if (one.commands == 0 || (one.is_map && !all)) continue;
    StepTime& time = times[one.step];
    offset.add(time.host_started, time.host_ended, intervals[i].queued_seconds);
    for (std::size_t command = 0; command < one.commands; ++command, ++i) {
      time.commands.push_back({intervals[i].started_seconds, intervals[i].ended_seconds});
    }
  }
  pending.clear();
}

}  // namespace

std::size_t Execution::commands(const PlanStep& step) const {
  if (processors_[step.place]->members() > 0) return 0;
  switch (step.action) {
    case Action::launch:
      return operators_[step.op]->launches();
    case Action::convert_out:
      return round_trip_launches(step.tensor, true);
    case Action::convert_in:
      return round_trip_launches(step.tensor, false);
    case Action::flush:
      return 0;
    default:
      return 1;
  }
}

std::vector<StepTime> Execution::run_profiled(const RunScalars& scalars, std::uint64_t first_run,
                                              std::uint64_t runs, Clock& clock) {
  finish();
  for (Queue* queue : queues_) queue->take_intervals();
  const std::size_t steps = plan_.steps.size();
  std::vector<StepTime> times(runs * steps);
  std::vector<std::vector<Pending>> pending(queues_.size());
  std::vector<ClockOffset> offsets(queues_.size());
  for (std::size_t i = 0; i < times.size(); ++i) {
    const PlanStep& step = plan_.steps[i % steps];
    if ((first_run + i / steps + 1) % step.period != 0) continue;
    times[i].ran = true;
    times[i].host_started = clock.seconds();
    do_step(step, scalars);
    times[i].host_ended = clock.seconds();
    const bool is_map = step.action == Action::map || step.action == Action::unmap;
    pending[step.place].push_back({i, commands(step), is_map});
  }
  StepTime end;
  end.ran = true;
  end.host_started = clock.seconds();
  finish();
  end.host_ended = clock.seconds();
  times.push_back(end);
  for (std::size_t place = 0; place < queues_.size(); ++place) {
    take(*queues_[place], pending[place], times, offsets[place]);
  }
  for (std::size_t i = 0; i + 1 < times.size(); ++i) {
    const double offset = offsets[plan_.steps[i % steps].place].seconds();
    for (StepTime::Command& command : times[i].commands) {
      command.started += offset;
      command.ended += offset;
    }
  }
  return times;
}

}  // namespace motley::workloads
