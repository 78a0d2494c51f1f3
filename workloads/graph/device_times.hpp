// When did a device's commands run, by the host's clock? Each command is queued while the host is
// in the call that gives it, which bounds the difference of both clocks from both sides.
#pragma once

#include <limits>
#include <vector>

#include "workloads/graph/execution.hpp"

namespace motley::workloads {

/// Of the steps given to one queue since it was last drained.
class DeviceTimes {
 public:
  /// The steps must come in order, with the host's times of the call in `times` when taken.
  void given(std::size_t step, const PlanStep& what, std::size_t commands);
  /// Fills times[step].commands of all that were given; the queue has finished. With another number
  /// of intervals than was expected it is not known which is which, and no step gets any.
  void take(Queue& queue, std::vector<StepTime>& times);

 private:
  struct Pending {
    std::size_t step;
    std::size_t commands;
    bool is_map;  ///< or unmap: of fine-grained shared memory neither is a command
  };
  std::vector<Pending> pending_;
};

}  // namespace motley::workloads
