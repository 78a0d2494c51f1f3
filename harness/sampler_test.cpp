#include "harness/sampler.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "harness/random.hpp"
#include "harness/simulated_machine.hpp"
#include "harness/statistics.hpp"

namespace motley {
namespace {

class Sampler : public testing::Test {
 protected:
  /// A trial whose run takes what `cost` says.
  Trial trial(std::function<double()> cost) {
    Trial result;
    result.run = [this, cost](Queue&) { clock.advance(cost()); };
    return result;
  }
  void take(const Trial& one, const Limits& limits = {}) {
    sample(stage, one, limits, block, observed);
  }
  bool found(const std::string& kind) {
    const auto all = findings(block, observed);
    return std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.kind == kind; });
  }
  double run_seconds() {
    return median(block.samples.host_seconds) / static_cast<double>(block.runs_per_sample);
  }

  VirtualClock clock;
  SimulatedMachine machine{clock};
  SimulatedProcessor processor{"cpu"};
  SimulatedQueue queue{processor};
  Stage stage{machine, clock, processor, queue};
  schema::Block block;
  Observed observed;
  std::uint64_t count = 0;
};

TEST_F(Sampler, SteadyWorkStopsAtTheFirstLookWithoutFindings) {
  take(trial([] { return 10e-6; }));
  EXPECT_EQ(block.samples.host_seconds.size(), 16u);
  EXPECT_EQ(block.stopped_by, "interval");
  EXPECT_NEAR(run_seconds(), 10e-6, 1e-8);
  EXPECT_TRUE(findings(block, observed).empty());
  EXPECT_EQ(block.clock_hertz, 2e9);
}

TEST_F(Sampler, ShortRunsAreGroupedForThroughputOnly) {
  take(trial([] { return 1e-6; }));
  EXPECT_GE(block.runs_per_sample, 1000);
  EXPECT_LE(block.runs_per_sample, 1500);
  Limits latency = limits_for(ProcessorKind::cpu, Tier::standard, false, 0.1);
  block = {};
  take(trial([] { return 1e-6; }), latency);
  EXPECT_EQ(block.runs_per_sample, 1);
}

TEST_F(Sampler, WarmUpEndsWhenBlocksAgreeAndIsKeptApart) {
  int runs = 0;
  take(trial([&] { return ++runs < 30 ? 3e-3 - 0.1e-3 * std::min(runs, 20) : 1e-3; }));
  EXPECT_GT(block.warmup_seconds.front(), 2e-3);
  EXPECT_NEAR(run_seconds(), 1e-3, 1e-5);
  EXPECT_FALSE(found("drift"));
}

TEST_F(Sampler, NoisyWorkUsesTheBudgetAndSaysSo) {
  Limits limits;
  limits.block_seconds = 0.05;
  take(trial([&] { return 1e-3 * (1 + 2 * random_unit(1, 0, count++)); }), limits);
  EXPECT_EQ(block.stopped_by, "budget");
  EXPECT_TRUE(found("noisy"));
  EXPECT_GE(block.samples.host_seconds.size(), 20u);
}

TEST_F(Sampler, NothingIsDroppedOrTrimmed) {
  Limits limits;
  limits.block_seconds = 1;
  limits.target = 1e-9;
  take(trial([&] { return ++count % 10 == 0 ? 50e-3 : 1e-3; }), limits);
  EXPECT_EQ(*std::max_element(block.samples.host_seconds.begin(),
                              block.samples.host_seconds.end()) > 49e-3,
            true);
  double sum = 0;
  for (const double one : block.samples.host_seconds) sum += one;
  EXPECT_NEAR(sum, block.phases["sample"], 1e-3);
}

TEST_F(Sampler, FindsDriftBimodalityAndThrottling) {
  Limits limits;
  limits.target = 1e-9;
  limits.block_seconds = 0.2;
  limits.warmup_seconds = 0;
  take(trial([&] { return 1e-3 * (1 + 0.002 * static_cast<double>(count++)); }), limits);
  EXPECT_TRUE(found("drift"));
  EXPECT_FALSE(found("bimodal"));

  block = {};
  observed = {};
  take(trial([&] { return random_unit(3, 0, count++) < 0.5 ? 1e-3 : 1.3e-3; }), limits);
  EXPECT_TRUE(found("bimodal"));
  EXPECT_FALSE(found("throttled"));

  block = {};
  observed = {};
  take(trial([&] {
         processor.clock *= 0.995;
         return 1e-3;
       }),
       limits);
  EXPECT_TRUE(found("throttled"));
}

TEST_F(Sampler, FindsWaitingMigrationAndSleep) {
  Limits limits;
  take(trial([&] {
         machine.waited_seconds += 0.1e-3;
         ++machine.core;
         machine.asleep_seconds += 0.01;
         return 1e-3;
       }),
       limits);
  EXPECT_TRUE(found("preempted"));
  EXPECT_TRUE(found("migrated"));
  EXPECT_TRUE(found("suspended"));
  EXPECT_EQ(block.samples.waited_seconds.size(), block.samples.host_seconds.size());
}

TEST_F(Sampler, DeviceTimeIsSpanAndUnionAndIsCheckedAgainstTheHost) {
  const auto with_intervals = [&](std::vector<DeviceInterval> intervals) {
    Trial result;
    result.run = [this, intervals](Queue&) {
      clock.advance(1e-3);
      queue.intervals = intervals;
    };
    block = {};
    observed = {};
    take(result);
  };
  with_intervals({{0, 0, 0.1e-3, 0.4e-3}, {0, 0, 0.2e-3, 0.5e-3}, {0, 0, 0.7e-3, 0.9e-3}});
  EXPECT_NEAR(median(block.samples.device_seconds), 0.8e-3, 1e-12);
  EXPECT_NEAR(median(block.samples.device_busy_seconds), 0.6e-3, 1e-12);
  EXPECT_FALSE(found("clock_disagreement"));
  with_intervals({{0, 0, 0, 2e-3}});  // longer than the host waited
  EXPECT_TRUE(found("clock_disagreement"));
  with_intervals({{0.2e-3, 0.1e-3, 0.3e-3, 0.4e-3}});  // submitted before it was queued
  EXPECT_TRUE(found("clock_disagreement"));
}

TEST_F(Sampler, ScalingRatioTellsWorkFromFoldedWork) {
  Trial honest;
  honest.run_multiple = [this](Queue&, unsigned n) { clock.advance(20e-6 + 100e-6 * n); };
  EXPECT_NEAR(scaling_ratio(stage, honest, 1), 2, 0.01);
  Trial folded;  // the compiler found a closed form: time hardly grows
  folded.run_multiple = [this](Queue&, unsigned n) {
    clock.advance(n > 2 ? 121e-6 : 120e-6 + 1e-9 * n);
  };
  const double ratio = scaling_ratio(stage, folded, 1);
  EXPECT_TRUE(ratio < 1.8 || ratio > 2.2) << ratio;
  observed.scaling_ratio = ratio;
  block.samples.host_seconds.assign(16, 1e-3);
  EXPECT_TRUE(found("does_not_scale"));
  EXPECT_EQ(scaling_ratio(stage, Trial{}, 1), 0);
}

TEST_F(Sampler, AllocatesNothingForTrialsThatTimeThemselves) {
  Trial self;
  self.time = [](Queue&, Stopwatch& watch) {
    watch.start();
    watch.stop();
  };
  EXPECT_GE(run_sample(stage, self, 10), 0);
}

}  // namespace
}  // namespace motley
