// What does a network's memory come to, beside what its plan says? Bytes of the processors' memory
// that are alive, and on a CPU what the process really grew by.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "harness/machine.hpp"
#include "workloads/inference.hpp"

namespace motley::workloads {

class LiveMemory {
 public:
  /// Before the plan is made. `machine` tells of the process; null: nobody does.
  LiveMemory(const Places& places, Machine* machine);

  /// While the network lives: planned (on processors, without the host's copies), live (there,
  /// allocated since the start) and, where a CPU computes, process (its high water in one run minus
  /// what was resident at the start). Of a training in its first state, to which it returns.
  std::map<std::string, double> measured(Training& training) const;
  std::map<std::string, double> measured(Inference& inference) const;

 private:
  std::map<std::string, double> measured(Execution& execution,
                                         const std::function<void()>& run) const;
  double allocated_bytes() const;

  Places places_;
  Machine* machine_;
  double allocated_before_, resident_before_ = 0;
};

}  // namespace motley::workloads
