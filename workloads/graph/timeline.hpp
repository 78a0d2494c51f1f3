// Where the time of a run went, as two timelines that each add up to the whole: the host's
// (submit, blocked in sync, compute, copy, other) and the device's (phases, copies, conversions,
// gap). A gap of the device is charged to what the host did meanwhile.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "workloads/graph/execution.hpp"

namespace motley::workloads {

/// What one operator took, all its steps together.
struct OperatorTime {
  std::size_t op = 0;
  double seconds = 0;  ///< of the processor that computes: device time, or host time on a CPU
  double copy_seconds = 0;
};

struct Timeline {
  double wall_seconds = 0;
  std::map<std::string, double> host;    ///< submit, blocked, compute, copy, other
  std::map<std::string, double> device;  ///< forward ... update, host_to_device, device_to_host,
                                         ///< convert, gap; empty where no device has a clock,
                                         ///< or it is not known which command it speaks of
  std::map<std::string, double> gap;     ///< the gap by what the host did: submit, blocked, ...
  /// host and gap once more, by the call that the host was in: launch, convert, read, write, map,
  /// unmap, flush, finish (the wait at the end), or compute, copy, other as above.
  std::map<std::string, double> host_calls, gap_calls;
  /// What neither a command of the device nor a call of the host explains, and what commands last
  /// longer than fits between their neighbours.
  double unattributed_seconds = 0;
  std::map<std::string, double>
      counts;  ///< launches, copies, maps, conversions, waits, bytes_to_device ...
  std::vector<OperatorTime> operators;  ///< in the graph's order
};

/// Of profiled runs, shared out evenly among them. Device times count for plans with an OpenCL
/// device at place 0.
Timeline timeline(const Plan& plan, const std::vector<StepTime>& times, bool device_at_0);
/// The run whose wall time is the median: its parts add up, which medians of each part would not.
/// Operators' times are medians over all runs.
Timeline median_timeline(std::vector<Timeline> runs);

}  // namespace motley::workloads
