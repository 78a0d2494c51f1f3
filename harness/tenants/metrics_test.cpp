#include "harness/tenants/metrics.hpp"

#include <gtest/gtest.h>

#include "harness/tenants/simulated_mix.hpp"

namespace motley::tenants {
namespace {

TEST(MixMetrics, AreTheirFormulas) {
  // One worker. A streams, 1 s each; B comes every 4 s, takes 2, deadline 4. In order of arrival:
  // A 0-1; B arrived at 0: 1-3; A1 (1) 3-4; then A2 and B1 arrive at 4, A's first: A 4-5, B 5-7 ...
  // In each 4 s: A answers 2 with latencies 1 and 3, B one with latency 3.
  Played played{{tenant({}), tenant(periodic(4), 4)}, {{1, 2}}};
  played.limits.seconds = 400;
  const MixRun run = play(played, "fixed");
  const auto blocks = conclude(played.tenants, played.limits, run, played.expected);
  const auto& a = blocks.at(0).figures;
  const auto& b = blocks.at(1).figures;
  EXPECT_EQ(a.at("queries"), 200);
  EXPECT_EQ(a.at("latency_p50_seconds"), 3);  // sorted[100] of 100 times 1 and 100 times 3
  EXPECT_EQ(b.at("queries"), 100);
  EXPECT_EQ(b.at("deadline_miss_ratio"), 0);
  EXPECT_FALSE(a.contains("deadline_miss_ratio"));
  EXPECT_EQ(a.at("slowdown"), 2);    // (1 + 3) / 2 over 1
  EXPECT_EQ(b.at("slowdown"), 1.5);  // 3 over 2
  EXPECT_DOUBLE_EQ(b.at("normalised_progress"), 2.0 / 3);
  EXPECT_DOUBLE_EQ(a.at("whole_system_throughput"), 0.5 + 2.0 / 3);
  EXPECT_DOUBLE_EQ(a.at("whole_turnaround"), 1.75);
  EXPECT_NEAR(a.at("whole_fairness"), 49.0 / 50, 1e-12);  // (7/6)^2 / (2 (1/4 + 4/9))
  EXPECT_EQ(a.at("whole_worker_0_busy"), 1);
  EXPECT_EQ(blocks[0].validity->verdict, "valid");
  EXPECT_EQ(blocks[1].validity->verdict, "valid");
}

TEST(MixMetrics, FairnessIsOfWeightedProgress) {
  EXPECT_DOUBLE_EQ(fairness({0.3, 0.3, 0.3}, {1, 1, 1}), 1);
  EXPECT_DOUBLE_EQ(fairness({0.5, 0, 0, 0}, {1, 1, 1, 1}), 0.25);
  EXPECT_DOUBLE_EQ(fairness({0.6, 0.3}, {2, 1}), 1);
  EXPECT_EQ(fairness({0, 0}, {1, 1}), 0);
}

TEST(MixMetrics, ATenantThatStarvesHasNoProgress) {
  // A's queries always end first: C never starts (the trace of streams, schedules_test.cpp).
  Played played{{tenant({}), tenant(arrivals_at({1, 3}), 5)}, {{1, 4}}};
  played.limits.seconds = 8;
  const MixRun run = play(played, "earliest_finish");
  const auto blocks = conclude(played.tenants, played.limits, run, played.expected);
  EXPECT_EQ(blocks.at(1).figures.at("normalised_progress"), 0);
  EXPECT_EQ(blocks[1].figures.at("deadline_miss_ratio"), 1);  // the one whose deadline was at 6
  EXPECT_FALSE(blocks[1].figures.contains("whole_turnaround"));
  EXPECT_FALSE(blocks[1].figures.contains("slowdown"));
  EXPECT_EQ(blocks[1].figures.at("whole_fairness"), 0.5);
  EXPECT_EQ(blocks[1].validity->verdict, "invalid");
}

TEST(MixMetrics, AreInvalidWhereTheMixWasInterrupted) {
  Played played{{tenant({}), tenant(periodic(4), 4)}, {{1, 2}}};
  played.limits.seconds = 4000;
  int asked = 0;
  played.go_on = [&] { return ++asked <= 900; };
  const MixRun run = play(played, "fixed");
  for (const auto& block : conclude(played.tenants, played.limits, run, played.expected)) {
    EXPECT_EQ(block.stopped_by, "interrupt");
    EXPECT_EQ(block.validity->verdict, "invalid");
    EXPECT_TRUE(block.validity->reasons.at(0).starts_with("interrupted after "));
  }
}

TEST(MixMetrics, WhatStillWaitsCountsWithItsAge) {
  TenantRun run;
  run.indices = {0, 1};
  run.samples.latency_seconds = {1, 2};
  EXPECT_DOUBLE_EQ(slowdown(run, 0.5), 3);
  run.backlog_seconds = 3;
  EXPECT_DOUBLE_EQ(slowdown(run, 0.5), 6);
  run.dropped = 2;  // half of them
  EXPECT_DOUBLE_EQ(progress(run, 0.5), 0.5 / 6);
}

TEST(MixMetrics, AloneIsTheFastestWorker) {
  EXPECT_EQ(alone_seconds({{3, 1}, {2, 4}}, 0), 2);
  EXPECT_EQ(alone_seconds({{3, 1}, {2, 4}}, 1), 1);
}

}  // namespace
}  // namespace motley::tenants
