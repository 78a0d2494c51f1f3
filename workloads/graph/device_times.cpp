#include "workloads/graph/device_times.hpp"

#include <algorithm>

namespace motley::workloads {
namespace {

/// Host time minus device time.
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

}  // namespace

void DeviceTimes::given(std::size_t step, const PlanStep& what, std::size_t commands) {
  using Action = PlanStep::Action;
  pending_.push_back({step, commands, what.action == Action::map || what.action == Action::unmap});
}

void DeviceTimes::take(Queue& queue, std::vector<StepTime>& times) {
  const std::vector<DeviceInterval> intervals = queue.take_intervals();
  std::size_t expected = 0, maps = 0;
  for (const Pending& one : pending_) {
    expected += one.commands;
    maps += one.is_map ? one.commands : 0;
  }
  const bool all = intervals.size() == expected;
  if (!all && intervals.size() != expected - maps) pending_.clear();
  ClockOffset offset;
  std::size_t i = 0;
  for (const Pending& one : pending_) {
    if (one.commands == 0 || (one.is_map && !all)) continue;
    StepTime& time = times[one.step];
    offset.add(time.host_started, time.host_ended, intervals[i].queued_seconds);
    for (std::size_t command = 0; command < one.commands; ++command, ++i) {
      time.commands.push_back({intervals[i].started_seconds, intervals[i].ended_seconds});
    }
  }
  for (const Pending& one : pending_) {
    for (StepTime::Command& command : times[one.step].commands) {
      command.started += offset.seconds();
      command.ended += offset.seconds();
    }
  }
  pending_.clear();
}

}  // namespace motley::workloads
