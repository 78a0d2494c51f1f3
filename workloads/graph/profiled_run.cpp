// One run with each step timed: on the host by a clock around the call, on a device by the events
// of its commands, which are moved to the host's clock by what both say of the moment of queueing.
#include "workloads/graph/device_times.hpp"
#include "workloads/graph/execution.hpp"

namespace motley::workloads {

using Action = PlanStep::Action;

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
  std::vector<DeviceTimes> devices(queues_.size());
  for (std::size_t i = 0; i < times.size(); ++i) {
    const PlanStep& step = plan_.steps[i % steps];
    if ((first_run + i / steps + 1) % step.period != 0) continue;
    times[i].ran = true;
    times[i].host_started = clock.seconds();
    do_step(step, scalars);
    times[i].host_ended = clock.seconds();
    times[i].copied = copies(step);
    devices[step.place].given(i, step, commands(step));
  }
  StepTime end;
  end.ran = true;
  end.host_started = clock.seconds();
  finish();
  end.host_ended = clock.seconds();
  times.push_back(end);
  for (std::size_t place = 0; place < queues_.size(); ++place) {
    devices[place].take(*queues_[place], times);
  }
  return times;
}

}  // namespace motley::workloads
