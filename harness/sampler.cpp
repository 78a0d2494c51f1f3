#include "harness/sampler.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "harness/statistics.hpp"

namespace motley {
namespace {

constexpr std::int64_t most_runs_per_sample = 1 << 20;
constexpr std::size_t most_samples = 4096;
constexpr std::size_t least_samples = 3;
constexpr std::size_t samples_between_clocks = 8;

double clock_now(const Stage& stage, const Trial& trial) {
  return trial.clock_hertz ? trial.clock_hertz(stage.queue) : stage.processor.clock_hertz();
}

struct DeviceTime {
  double span_seconds = 0, busy_seconds = 0;
  int disordered = 0;
};

/// Span and union of the commands' intervals.
DeviceTime device_time(std::vector<DeviceInterval> intervals) {
  DeviceTime time;
  for (const DeviceInterval& one : intervals) {
    const bool ordered = one.queued_seconds <= one.submitted_seconds &&
                         one.submitted_seconds <= one.started_seconds &&
                         one.started_seconds <= one.ended_seconds;
    if (!ordered) ++time.disordered;
  }
  std::sort(intervals.begin(), intervals.end(),
            [](const auto& a, const auto& b) { return a.started_seconds < b.started_seconds; });
  double end = intervals.front().started_seconds;
  for (const DeviceInterval& one : intervals) {
    time.busy_seconds += std::max(0.0, one.ended_seconds - std::max(end, one.started_seconds));
    end = std::max(end, one.ended_seconds);
  }
  time.span_seconds = end - intervals.front().started_seconds;
  return time;
}

/// Samples one after another, with everything that is asked of system and device around each.
class Sampling {
 public:
  Sampling(const Stage& stage, const Trial& trial, schema::Block& block, Observed& observed)
      : stage_(stage), trial_(trial), block_(block), observed_(observed) {}

  void one() {
    if (block_.samples.host_seconds.size() % samples_between_clocks == 0) take_clock();
    const ThreadState before = stage_.machine.thread_state();
    const double started = stage_.clock.seconds();
    const double host = run_sample(stage_, trial_, block_.runs_per_sample);
    const ThreadState after = stage_.machine.thread_state();
    block_.samples.started_seconds.push_back(started);
    block_.samples.host_seconds.push_back(host);
    if (before.waited_seconds && after.waited_seconds) {
      block_.samples.waited_seconds.push_back(*after.waited_seconds - *before.waited_seconds);
    }
    const bool pinned =
        stage_.processor.members() > 0;  // only a CPU processor pins the host's thread
    if (pinned && before.core != after.core) ++observed_.core_changes;
    take_device_time(host);
  }

  void take_clock() {
    if (const double hertz = clock_now(stage_, trial_); hertz > 0) {
      observed_.clocks_hertz.push_back(hertz);
    }
  }

 private:
  void take_device_time(double host) {
    std::vector<DeviceInterval> intervals = stage_.queue.take_intervals();
    if (intervals.empty()) return;
    const DeviceTime time = device_time(std::move(intervals));
    block_.samples.device_seconds.push_back(time.span_seconds);
    block_.samples.device_busy_seconds.push_back(time.busy_seconds);
    observed_.disordered_events += time.disordered;
    constexpr double tick_seconds = 1e-6;  // PROFILING_TIMER_RESOLUTION of the coarsest phone GPUs
    if (time.span_seconds > host * 1.02 + tick_seconds) ++observed_.longer_than_host;
  }

  const Stage& stage_;
  const Trial& trial_;
  schema::Block& block_;
  Observed& observed_;
};

/// The interval is looked at only at n = 16, 32, 64 ...: looking after each sample and stopping
/// when it happens to be narrow would bias it.
bool narrow_enough(const std::vector<double>& samples, double target) {
  const std::size_t n = samples.size();
  if (n < 16 || (n & (n - 1)) != 0) return false;
  const Interval interval = median_interval(samples);
  const double middle = median(samples);
  return interval.known && middle > 0 && (interval.high - interval.low) / 2 <= target * middle;
}

}  // namespace

Limits limits_for(ProcessorKind kind, Tier tier, bool group, double block_seconds) {
  Limits limits;
  limits.block_seconds = block_seconds;
  limits.group = group;
  limits.target = tier == Tier::full ? 0.005 : 0.01;
  limits.warmup_seconds = std::max(0.01, block_seconds / 3);
  if (kind != ProcessorKind::cpu) {
    limits.sample_seconds = 2e-3;
    limits.warmup_block_seconds = 50e-3;
    limits.warmup_seconds = std::max(0.2, block_seconds);
  }
  return limits;
}

double run_sample(const Stage& stage, const Trial& trial, std::int64_t runs) {
  if (trial.time) {
    Stopwatch watch;
    for (std::int64_t i = 0; i < runs; ++i) trial.time(stage.queue, watch);
    return watch.seconds();
  }
  const double started = stage.clock.seconds();
  for (std::int64_t i = 0; i < runs; ++i) trial.run(stage.queue);
  stage.queue.finish();
  return stage.clock.seconds() - started;
}

std::int64_t calibrate(const Stage& stage, const Trial& trial, double seconds) {
  std::int64_t runs = 1;
  while (true) {
    const double took = run_sample(stage, trial, runs);
    stage.queue.take_intervals();
    if (took >= seconds || runs >= most_runs_per_sample) return runs;
    const double factor = took > 0 ? 1.1 * seconds / took : 10;
    const double next = static_cast<double>(runs) * std::clamp(factor, 1.2, 10.0);
    runs = std::min<std::int64_t>(most_runs_per_sample, std::llround(std::ceil(next)));
  }
}

void warm_up(const Stage& stage, const Trial& trial, const Limits& limits, schema::Block& block) {
  const double end = stage.clock.seconds() + limits.warmup_seconds;
  while (true) {
    const double block_end = stage.clock.seconds() + limits.warmup_block_seconds;
    std::vector<double> runs;
    do {
      runs.push_back(run_sample(stage, trial, block.runs_per_sample) /
                     static_cast<double>(block.runs_per_sample));
      stage.queue.take_intervals();
    } while (stage.clock.seconds() < block_end);
    block.warmup_seconds.push_back(median(runs));
    const std::size_t n = block.warmup_seconds.size();
    const bool stationary =
        n >= 2 && std::abs(block.warmup_seconds[n - 1] / block.warmup_seconds[n - 2] - 1) < 0.02;
    if (stationary || stage.clock.seconds() >= end) return;
  }
}

void watch_samples(const Stage& stage, schema::Block& block, Observed& observed,
                   const std::function<void()>& work) {
  const ThreadState before = stage.machine.thread_state();
  const double asleep = stage.machine.boot_seconds() - stage.clock.seconds();
  work();
  const ThreadState after = stage.machine.thread_state();
  if (before.involuntary_switches && after.involuntary_switches) {
    block.involuntary_switches = *after.involuntary_switches - *before.involuntary_switches;
  }
  observed.suspended_seconds = stage.machine.boot_seconds() - stage.clock.seconds() - asleep;
}

void sample(const Stage& stage, const Trial& trial, const Limits& limits, schema::Block& block,
            Observed& observed, const std::function<void()>& warm) {
  const double started = stage.clock.seconds();
  block.runs_per_sample = limits.group ? calibrate(stage, trial, limits.sample_seconds) : 1;
  warm_up(stage, trial, limits, block);
  warm();
  const double begun = stage.clock.seconds();
  block.phases["warmup"] = begun - started;

  observed.target = limits.target;
  Sampling sampling(stage, trial, block, observed);
  const auto& samples = block.samples.host_seconds;
  const auto until_known = [&] {
    while (true) {
      sampling.one();
      if (narrow_enough(samples, limits.target)) return "interval";
      if (samples.size() >= most_samples) return "samples";
      const bool over = stage.clock.seconds() - begun >= limits.block_seconds;
      if (over && samples.size() >= least_samples) return "budget";
    }
  };
  watch_samples(stage, block, observed, [&] {
    block.stopped_by = until_known();
    sampling.take_clock();
  });
  if (!observed.clocks_hertz.empty()) {
    block.clock_hertz = median(observed.clocks_hertz);
    block.readings["clock_hertz/chain"] = observed.clocks_hertz;
  }
  block.phases["sample"] = stage.clock.seconds() - begun;
}

double scaling_ratio(const Stage& stage, const Trial& trial, double seconds) {
  if (!trial.run_multiple) return 0;
  constexpr std::array<unsigned, 3> multiples{1, 2, 4};
  const auto once = [&](unsigned multiple, std::int64_t runs) {
    const double started = stage.clock.seconds();
    for (std::int64_t i = 0; i < runs; ++i) trial.run_multiple(stage.queue, multiple);
    stage.queue.finish();
    const double took = stage.clock.seconds() - started;
    stage.queue.take_intervals();
    return took;
  };
  constexpr double least_seconds = 200e-6;  // of t(N): below, a timer interrupt is a visible part
  const std::int64_t runs = std::max<std::int64_t>(
      1, std::llround(std::ceil(least_seconds / std::max(1e-9, once(1, 1)))));
  const double round_seconds = 7 * once(1, runs);
  constexpr int least_rounds = 3, most_rounds = 15;
  // Runs through a driver last 2 ms and more: a few of them are worth more than the plan's share.
  constexpr double worth_seconds = 0.25;
  if (round_seconds * least_rounds > std::max(seconds, worth_seconds)) return 0;
  std::array<std::vector<double>, 3> times;
  double ratio = 0;
  const double end = stage.clock.seconds() + seconds;
  for (int round = 0; round < most_rounds; ++round) {
    for (std::size_t i = 0; i < multiples.size(); ++i) times[i].push_back(once(multiples[i], runs));
    if (round + 1 < least_rounds) continue;
    const double one = median(times[0]), two = median(times[1]), four = median(times[2]);
    ratio = two > one ? (four - two) / (two - one) : 100;  // no growth at all: as far off as can be
    if ((ratio > 1.9 && ratio < 2.1) || stage.clock.seconds() > end) break;
  }
  return ratio;
}

}  // namespace motley
