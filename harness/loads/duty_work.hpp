// Work that fills a slice of time, whatever it does meanwhile: of compute, cache and frames.
#pragma once

#include <functional>
#include <utility>

#include "harness/loads/paced_load.hpp"

namespace motley::loads {

/// A piece repeats `step`, which gives the amount that it did in some microseconds, for `seconds`.
/// Its quantities: what was asked of the thread's time (CPU time), and the amount.
class DutyWork : public Work {
 public:
  DutyWork(Machine& machine, Clock& clock, double seconds, std::function<double()> step)
      : machine_(machine), clock_(clock), seconds_(seconds), step_(std::move(step)) {}

  std::array<double, 2> piece() override {
    const double before = machine_.thread_state().cpu_seconds;
    const double end = clock_.seconds() + seconds_;
    double amount = 0;
    do {
      amount += step_();
    } while (clock_.seconds() < end);
    return {machine_.thread_state().cpu_seconds - before, amount};
  }

 private:
  Machine& machine_;
  Clock& clock_;
  double seconds_;
  std::function<double()> step_;
};

}  // namespace motley::loads
