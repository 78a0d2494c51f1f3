#include "harness/scenarios/loop.hpp"

#include <gtest/gtest.h>

#include "harness/scenarios/conclusions.hpp"
#include "harness/scenarios/simulated_server.hpp"

namespace motley {
namespace {

constexpr double tiny = 1e-6;  // reading the virtual clock takes a nanosecond

/// Wakes up late by `late_seconds`, which may be negative.
class LateClock final : public Clock {
 public:
  explicit LateClock(VirtualClock& clock) : clock_(clock) {}
  double seconds() override { return clock_.seconds(); }
  void wait_until(double seconds) override { clock_.wait_until(seconds + late_seconds); }
  double late_seconds = 0;

 private:
  VirtualClock& clock_;
};

struct Rig {
  explicit Rig(SimulatedServer::Service service, std::int64_t most = 1)
      : server(time, std::move(service), most) {}
  ScenarioStage stage() {
    return {server, clock, 1, [this] { return ++asked <= go_on_times; }, [] { return 0.0; }};
  }
  VirtualClock time;
  LateClock clock{time};
  SimulatedServer server;
  schema::Samples samples;
  int asked = 0, go_on_times = 1 << 30;
};

SimulatedServer::Service always(double seconds) {
  return [=](std::int64_t) { return seconds; };
}

TEST(ClosedLoop, WhatAnAnswerLeavesToDoIsNoPartOfItsTime) {
  Rig rig(always(0.1));
  rig.server.seconds_behind_each = 0.4;
  const LoopRun run = closed_loop(rig.stage(), {.seconds = 1.55}, 1, rig.samples);
  ASSERT_EQ(run.queries(), 4);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(rig.samples.host_seconds[i], 0.1, tiny);
    EXPECT_NEAR(rig.samples.latency_seconds[i], 0.1, tiny);
    EXPECT_NEAR(rig.samples.started_seconds[i] - run.begin_seconds, 0.5 * double(i), tiny);
  }
}

TEST(OpenLoop, StartsAtTheScheduledTimeOrWhenTheServerIsFree) {
  Rig rig([](std::int64_t i) { return i == 0 ? 0.25 : 0.05; });
  const LoopRun run = open_loop(rig.stage(), {.seconds = 0.45}, periodic(0.1), rig.samples);
  const double begin = run.begin_seconds;
  const double starts[] = {0, 0.25, 0.30, 0.35, 0.40};
  ASSERT_EQ(run.queries(), 5);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_NEAR(rig.samples.scheduled_seconds[i] - begin, 0.1 * double(i), tiny);
    EXPECT_NEAR(rig.samples.started_seconds[i] - begin, starts[i], tiny);
    EXPECT_NEAR(rig.samples.enqueued_seconds[i] - begin, starts[i], tiny);
    EXPECT_NEAR(rig.samples.host_seconds[i], i == 0 ? 0.25 : 0.05, tiny);
    EXPECT_NEAR(rig.samples.latency_seconds[i],
                starts[i] + (i == 0 ? 0.25 : 0.05) - 0.1 * double(i), tiny);
  }
  EXPECT_EQ(run.stopped_by, "budget");
  EXPECT_EQ(run.backlog, 0);
  EXPECT_NEAR(run.duration_seconds, 0.45, tiny);
}

TEST(OpenLoop, LatenessIsTheGeneratorsOwn) {
  Rig rig([](std::int64_t i) { return i == 2 ? 0.25 : 0.01; });
  rig.clock.late_seconds = 1e-3;
  const LoopRun run = open_loop(rig.stage(), {.seconds = 0.95}, periodic(0.1), rig.samples);
  // Query 0 needs no sleep; 3 and 4 waited for the server: both tell nothing of the generator.
  const std::vector<double> late = lateness(rig.samples, run);
  ASSERT_EQ(late.size(), 8u);
  EXPECT_NEAR(late[0], 0, tiny);
  for (std::size_t i = 1; i < late.size(); ++i) EXPECT_NEAR(late[i], 1e-3, tiny);
}

TEST(OpenLoop, EarlyWakeUpsAreCountedAndNotNegative) {
  Rig rig(always(0.01));
  rig.clock.late_seconds = -1e-3;
  const LoopRun run = open_loop(rig.stage(), {.seconds = 0.35}, periodic(0.1), rig.samples);
  EXPECT_EQ(run.early_wakeups, 3);
  for (const double late : lateness(rig.samples, run)) EXPECT_EQ(late, 0);
}

TEST(OpenLoop, TellsWhatItsSleepsCost) {
  Rig rig(always(0.01));
  ScenarioStage stage = rig.stage();
  double cpu = 0;
  int asked = 0;
  stage.cpu_seconds = [&] { return ++asked, cpu += 1e-5; };
  const LoopRun run = open_loop(stage, {.seconds = 99.95}, periodic(0.1), rig.samples);
  EXPECT_NEAR(run.dispatcher_cpu_seconds, 999 * 1e-5, 1e-9);  // the first needs no sleep
  EXPECT_LT(asked, 200);
}

TEST(OpenLoop, EndsOnTimeWhereTheServerCannotKeepUp) {
  Rig rig(always(0.1));
  const LoopRun run = open_loop(rig.stage(), {.seconds = 10, .target_seconds = 1},
                                renewals(1, 0, constant_rate(1000)), rig.samples);
  EXPECT_EQ(run.queries(), 100);
  EXPECT_NEAR(run.duration_seconds, 10, 0.11);
  EXPECT_EQ(run.backlog, 9999 - 100);
  EXPECT_EQ(run.backlog_over_target, 8999 - 100);
  EXPECT_EQ(rig.server.started, 100);
}

TEST(OpenLoop, CountsABacklogOfAnyLengthInBoundedTime) {
  Rig rig(always(20));
  const LoopRun run =
      open_loop(rig.stage(), {.seconds = 10}, renewals(1, 0, constant_rate(1e6)), rig.samples);
  EXPECT_EQ(run.queries(), 1);
  EXPECT_EQ(run.backlog, most_queries);
}

TEST(OpenLoop, CountsWhatWaitsWhereItsCountEndsIt) {
  Rig rig(always(0.1));
  const auto slow_to_count = [&, i = 0]() mutable {
    if (i > 10) rig.time.advance(1);  // ten have started; of these it only counts
    return Arrival{0.01 * i++, 0};
  };
  const LoopRun run = open_loop(rig.stage(), {.seconds = 10, .queries = 10, .target_seconds = 0.5},
                                slow_to_count, rig.samples);
  EXPECT_EQ(run.stopped_by, "samples");
  EXPECT_NEAR(double(run.backlog), 90, 1);  // of those that had come in the second that it took
  EXPECT_NEAR(double(run.backlog_over_target), 40, 1);
  EXPECT_NEAR(run.duration_seconds, 1, 1e-3);
}

TEST(OpenLoop, DropsWhatCouldNotStartInTime) {
  Rig rig([](std::int64_t i) { return i == 0 ? 0.35 : 0.01; });
  const LoopRun run = open_loop(rig.stage(), {.seconds = 0.95, .drop_after_seconds = 0.1},
                                periodic(0.1), rig.samples);
  EXPECT_EQ(run.dropped, 2);  // released at 0.1 and 0.2; that of 0.3 starts at 0.35
  EXPECT_EQ(run.queries(), 8);
  EXPECT_NEAR(rig.samples.scheduled_seconds[1] - run.begin_seconds, 0.3, tiny);
}

TEST(OpenLoop, KeepsAServerFullThatTakesSeveral) {
  Rig rig(always(0.1), 3);
  const LoopRun run = open_loop(
      rig.stage(), {.seconds = 1.05}, [] { return Arrival{}; }, rig.samples);
  EXPECT_EQ(rig.server.most_seen, 3);
  EXPECT_EQ(run.queries(), 13);  // 11 by 1.05 s, two more were with it
  Rig slow(always(0.1), 3);
  open_loop(slow.stage(), {.seconds = 2}, periodic(0.2), slow.samples);
  EXPECT_EQ(slow.server.most_seen, 1);
}

TEST(Loops, StopByCountAndInterrupt) {
  Rig rig(always(0.01));
  const LoopRun counted = closed_loop(rig.stage(), {.queries = 7}, 1, rig.samples);
  EXPECT_EQ(counted.queries(), 7);
  EXPECT_EQ(counted.stopped_by, "samples");
  Rig stopped(always(0.01));
  stopped.go_on_times = 5;
  EXPECT_EQ(closed_loop(stopped.stage(), {}, 1, stopped.samples).stopped_by, "interrupt");
  EXPECT_EQ(stopped.samples.host_seconds.size(), 5u);
  // In the middle of a wait, too.
  Rig waiting(always(0.01));
  waiting.go_on_times = 3;
  const LoopRun run = open_loop(waiting.stage(), {.seconds = 1e5}, periodic(1e4), waiting.samples);
  EXPECT_EQ(run.stopped_by, "interrupt");
  EXPECT_LT(run.duration_seconds, 1);
}

TEST(Loops, AskAtMostOnceAMillisecond) {
  Rig rig(always(1e-5));
  closed_loop(rig.stage(), {.seconds = 0.1}, 1, rig.samples);
  EXPECT_GT(rig.samples.host_seconds.size(), 9000u);
  EXPECT_LE(rig.asked, 101);
}

TEST(Loops, HoldNoMoreThanTheirMost) {
  Rig rig(always(1e-9));
  const LoopRun run = closed_loop(rig.stage(), {.seconds = 1e6}, 1, rig.samples);
  EXPECT_EQ(run.queries(), most_queries);
  EXPECT_EQ(run.stopped_by, "samples");
}

TEST(ClosedLoop, ClientsWaitForEachOther) {
  Rig rig(always(0.1));
  const LoopRun run = closed_loop(rig.stage(), {.seconds = 2}, 4, rig.samples);
  EXPECT_EQ(run.queries(), 20);
  EXPECT_EQ(rig.server.most_seen, 1);
  for (std::size_t i = 0; i < 20; ++i) {
    EXPECT_NEAR(rig.samples.latency_seconds[i], 0.1 * double(std::min<std::size_t>(i + 1, 4)),
                tiny);
    EXPECT_NEAR(rig.samples.host_seconds[i], 0.1, tiny);
  }
  EXPECT_TRUE(rig.samples.scheduled_seconds.empty());
  Rig deep(always(0.1), 2);
  closed_loop(deep.stage(), {.seconds = 2}, 4, deep.samples);
  EXPECT_EQ(deep.server.most_seen, 2);
}

}  // namespace
}  // namespace motley
