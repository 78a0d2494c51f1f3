// Steps of networks as a report compares them: grouped by what was measured, each processor and
// residency mode against the CPU, with where a profiled step went.
#pragma once

#include <string>
#include <vector>

#include "analysis/report/section.hpp"

namespace motley::analysis::report {

/// A part of one of the two timelines of a profiled step.
struct TimelinePart {
  bool on_device = false;
  std::string name;  ///< forward, host to device, waits for: submit ...
  double seconds = 0;
};

struct NetworkStep {
  std::string processor, kind, residency;
  const Measurement* measurement = nullptr;
  double seconds = 0;
  double ratio = 0;  ///< to the CPU's fastest of the group; 0: the CPU itself, or not measured
  double whole_seconds = 0;         ///< profiled; 0: no profile
  bool distorted = false;           ///< profiling cost more than a tenth
  std::vector<TimelinePart> parts;  ///< half a percent of the step or more, in the order shown
};

struct NetworkGroup {
  std::string network;  ///< lenet5 training batch=32
  std::string scenario;
  std::string name;  ///< unique: the network and, where that has several, the scenario
  bool training = false;
  std::vector<NetworkStep> steps;
};

std::vector<NetworkGroup> network_groups(const Source& source);

/// Names that TimelinePart may have, in the order in which they are stacked, and their colours:
/// blue and green compute, orange moves data, grey and pink wait.
struct TimelineNames {
  std::vector<std::string> names, colours;
};
const TimelineNames& timeline_names();

/// The sentences of its explanation; empty without a profile.
std::vector<std::string> where_it_goes(const Source& source, const NetworkStep& step);
/// `opencl:0 resident`.
std::string who(const NetworkStep& step);

}  // namespace motley::analysis::report
