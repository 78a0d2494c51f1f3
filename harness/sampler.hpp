// How a prepared trial is repeated: warm up until stationary, then sample until the median is known
// well enough or the time is over. Every sample is kept, warm-up apart.
#pragma once

#include "harness/case.hpp"
#include "harness/clock.hpp"
#include "harness/findings.hpp"
#include "harness/machine.hpp"
#include "results_schema/record.hpp"

namespace motley {

struct Limits {
  double target = 0.01;                ///< relative half-width of the median's 95 % interval
  double block_seconds = 0.15;         ///< sampling ends then
  double sample_seconds = 1e-3;        ///< shorter runs are grouped up to this (throughput)
  double warmup_block_seconds = 2e-3;  ///< a warm-up block; two that agree within 2 % end warm-up
  double warmup_seconds = 0.05;        ///< warm-up ends then at the latest
  bool group = true;                   ///< false: every run is a sample (latency)
};
/// A GPU's clock takes 50 ms and more to follow its load; a CPU core's a few.
/// `group`: short runs share a sample.
Limits limits_for(ProcessorKind kind, Tier tier, bool group, double block_seconds);

/// The processor with everything that a visit needs of its surroundings.
struct Stage {
  Machine& machine;
  Clock& clock;
  Processor& processor;
  Queue& queue;
};

/// One sample: `runs` runs given to the queue, then finish. Returns host seconds.
double run_sample(const Stage& stage, const Trial& trial, std::int64_t runs);

/// Runs a sample must hold to take `seconds`: grown geometrically, as one run's time is not to be
/// trusted.
std::int64_t calibrate(const Stage& stage, const Trial& trial, double seconds);

/// Runs until two blocks of runs agree; fills warmup_seconds.
void warm_up(const Stage& stage, const Trial& trial, const Limits& limits, schema::Block& block);

/// Does the work, which takes the samples, and fills in what happened to this thread and machine
/// meanwhile: switches, suspension.
void watch_samples(const Stage& stage, schema::Block& block, Observed& observed,
                   const std::function<void()>& work);

/// Fills samples, runs_per_sample, warmup_seconds, stopped_by, clock_hertz, phases of the block.
/// `warm` is called behind the warm-up.
void sample(
    const Stage& stage, const Trial& trial, const Limits& limits, schema::Block& block,
    Observed& observed, const std::function<void()>& warm = [] {});

/// (t(4N)-t(2N))/(t(2N)-t(N)) on interleaved medians within `seconds`; 0 where it cannot be tested.
double scaling_ratio(const Stage& stage, const Trial& trial, double seconds);

}  // namespace motley
