// Work that fills a slice of time, whatever it does meanwhile: of cpu and cache.
#pragma once

#include <algorithm>
#include <functional>
#include <utility>

#include "harness/loads/paced_load.hpp"

namespace motley::loads {

/// A piece repeats `step`, which gives the amount that it did in some microseconds, until the
/// thread has used `seconds` of a core since the last piece: waking up and keeping accounts are
/// part of it. Its quantities: CPU seconds, and the amount.
class DutyWork : public Work {
 public:
  DutyWork(Machine& machine, Clock& clock, double seconds, std::function<double()> step)
      : machine_(machine), clock_(clock), seconds_(seconds), step_(std::move(step)) {}

  void prepare() override { cpu_seconds_ = machine_.thread_cpu_seconds(); }
  std::array<double, 2> piece() override {
    // Asking for CPU time costs microseconds: once a piece, and the next one makes up for it.
    const double end = clock_.seconds() + seconds_ - ahead_;
    double amount = 0;
    do {
      amount += step_();
    } while (clock_.seconds() < end);
    const double now = machine_.thread_cpu_seconds();
    const double used = now - std::exchange(cpu_seconds_, now);
    ahead_ = std::clamp(ahead_ + used - seconds_, -most_made_up * seconds_, 0.5 * seconds_);
    return {used, amount};
  }

 private:
  static constexpr double most_made_up = 0.2;  ///< of a slice, when others had the core
  Machine& machine_;
  Clock& clock_;
  double seconds_;
  std::function<double()> step_;
  double ahead_ = 0;  ///< CPU time used beyond what was asked for
  double cpu_seconds_ = 0;
};

}  // namespace motley::loads
