// A prepared trial as what answers a scenario's queries: one sample is one run.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "harness/sampler.hpp"
#include "harness/scenario.hpp"

namespace motley {

class TrialServer final : public Server {
 public:
  /// Throws Unsupported for a trial that times itself: nothing is left to schedule.
  TrialServer(const Stage& stage, const Trial& trial);

  void start(std::int64_t samples) override;
  void wait() override;
  std::int64_t most_outstanding() const override;

  /// Of each query by the device's own clock, first START to last END; empty where there is none,
  /// or queries were outstanding together.
  const std::vector<double>& device_seconds() const { return device_seconds_; }

 private:
  Queue& queue_;
  const Trial& trial_;
  bool asynchronous_;
  std::deque<std::unique_ptr<Fence>> outstanding_;  ///< the youngest has none yet
  bool alone_ = true;  ///< no two queries were outstanding since all were answered
  std::vector<double> device_seconds_;
};

}  // namespace motley
