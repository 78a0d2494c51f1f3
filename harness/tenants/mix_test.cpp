#include "harness/tenants/mix.hpp"

#include <gtest/gtest.h>

#include "harness/error.hpp"
#include "harness/tenants/metrics.hpp"
#include "harness/tenants/simulated_mix.hpp"

namespace motley::tenants {
namespace {

TEST(Mix, EndsOnTimeWhateverTheRates) {
  // One query a second, and each takes two.
  Played played{{tenant(periodic(1))}, {{2}}};
  played.limits.seconds = 400;
  const MixRun run = play(played, "fixed");
  EXPECT_EQ(run.stopped_by, "budget");
  EXPECT_EQ(run.duration_seconds, 400);
  EXPECT_EQ(run.tenants[0].answered(), 200);
  EXPECT_EQ(run.tenants[0].backlog, 200);
  EXPECT_EQ(run.tenants[0].backlog_seconds, 200 * 201 / 2);  // 1 + 2 + ... + 200
  const auto blocks = conclude(played.tenants, played.limits, run, played.expected);
  ASSERT_EQ(blocks.at(0).validity->verdict, "invalid");
  EXPECT_NE(blocks[0].validity->reasons.at(0).find("saturated"), std::string::npos);
}

TEST(Mix, HoldsNoMoreThanItMay) {
  Played played{{tenant(periodic(1)), tenant({})}, {{2, 1}}};
  played.limits.most_waiting = 3;
  for (const SchedulerKind& one : schedulers()) {
    const MixRun run = play(played, one.name);
    const TenantRun& first = run.tenants[0];
    EXPECT_LE(first.backlog, 3) << one.name;
    EXPECT_GT(first.refused, 0) << one.name;
    EXPECT_EQ(first.answered() + first.refused + first.backlog, 100) << one.name;
  }
  played.limits.queries = 7;
  const MixRun few = play(played, "round_robin");
  EXPECT_EQ(few.stopped_by, "samples");
  EXPECT_EQ(few.tenants[0].answered() + few.tenants[1].answered(), 7);
}

TEST(Mix, DropsWhatIsTooLateWhereToldTo) {
  // 2 s each, one a second, deadline 3: 0 starts at 0, 1 at 2, 2 at 4, 3 at 6 (its deadline), 4 at
  // 8 (7): dropped, 5 at 8 (its deadline), 6 at 10 (9): dropped, 7 at 10.
  Played played{{tenant(arrivals_at({0, 1, 2, 3, 4, 5, 6, 7}), 3)}, {{2}}};
  played.limits.drop_late = true;
  for (const char* scheduler : {"fixed", "least_slack"}) {
    const MixRun run = play(played, scheduler);
    EXPECT_EQ(run.tenants[0].indices, (std::vector<std::int64_t>{0, 1, 2, 3, 5, 7})) << scheduler;
    EXPECT_EQ(run.tenants[0].dropped, 2) << scheduler;
    EXPECT_EQ(run.tenants[0].late, 4) << scheduler;  // 2 ends at 6 and 3, 5, 7 later still
    EXPECT_EQ(run.stopped_by, "samples") << scheduler;
    EXPECT_EQ(run.duration_seconds, 12) << scheduler;
  }
  played.limits.drop_late = false;
  const MixRun kept = play(played, "fixed");
  EXPECT_EQ(kept.tenants[0].answered(), 8);
  EXPECT_EQ(kept.tenants[0].late, 6);
}

TEST(Mix, AStreamGoesOnBehindADroppedQuery) {
  // The stream's query comes at 0, 4 and so on; the other tenant holds the worker until 4, and what
  // waited longer than 1 is dropped.
  Played played{{tenant(arrivals_at({0})), tenant({}, 1)}, {{4, 2}}};
  played.limits.drop_late = true;
  played.limits.seconds = 7;
  const MixRun run = play(played, "fixed");
  EXPECT_GE(run.tenants[1].dropped, 1);
  EXPECT_EQ(run.tenants[1].samples.started_seconds, (std::vector<double>{4, 6}));
}

TEST(Mix, AWorkerThatFailsIsTakenOut) {
  // Both stream, 1 s each; w1 throws in its third query, after half a second.
  Played played{{tenant({}), tenant({})}, {{1, 1}, {1, 1}}};
  played.limits.seconds = 10;
  played.service = [](std::size_t worker, std::size_t, std::int64_t i) {
    return worker == 1 && i == 2 ? -0.5 : 1.0;
  };
  for (const SchedulerKind& one : schedulers()) {
    const MixRun run = play(played, one.name);
    EXPECT_EQ(run.stopped_by, "budget") << one.name;
    EXPECT_EQ(run.workers[1].failure, "it was told to fail") << one.name;
    EXPECT_EQ(run.workers[1].failed_seconds, 2.5) << one.name;
    EXPECT_EQ(run.workers[1].queries, 2) << one.name;
    EXPECT_EQ(run.workers[0].queries, 10) << one.name;  // without a gap
    EXPECT_EQ(run.tenants[0].failed + run.tenants[1].failed, 1) << one.name;
    const auto blocks = conclude(played.tenants, played.limits, run, played.expected);
    for (const schema::Block& block : blocks) {
      EXPECT_EQ(block.validity->verdict, "invalid") << one.name;
      ASSERT_EQ(block.findings.size(), 1u) << one.name;
      EXPECT_EQ(block.findings[0].kind, "worker_failed");
    }
  }
}

TEST(Mix, WhatWaitedAtAWorkerThatFailedGoesToAnother) {
  // Round robin gives w1 A1 and A3; it throws in A1, at 2. A3 then goes to w0 behind A0 and A2.
  Played played{{tenant(arrivals_at({0, 0, 0, 0}))}, {{3}, {3}}};
  played.service = [](std::size_t worker, std::size_t, std::int64_t) {
    return worker == 1 ? -2.0 : 3.0;
  };
  const MixRun run = play(played, "round_robin");
  EXPECT_EQ(run.tenants[0].indices, (std::vector<std::int64_t>{0, 2, 3}));
  EXPECT_EQ(run.tenants[0].samples.started_seconds, (std::vector<double>{0, 3, 6}));
  EXPECT_EQ(run.tenants[0].failed, 1);
}

TEST(Mix, EndsWhereAllWorkersFailed) {
  Played played{{tenant({}), tenant(periodic(1))}, {{1, 1}}};
  played.service = [](std::size_t, std::size_t, std::int64_t i) { return i == 3 ? -1.0 : 1.0; };
  const MixRun run = play(played, "least_slack");
  EXPECT_TRUE(run.all_failed());
  EXPECT_EQ(run.duration_seconds, 4);
}

TEST(Mix, ExpectationsAreSmoothed) {
  // Measured as 1 alone; here all take 2.
  Played played{{tenant({}), tenant(arrivals_at({}))}, {{1, 5}}};
  played.service = [](std::size_t, std::size_t, std::int64_t) { return 2.0; };
  played.limits.seconds = 6;
  const MixRun run = play(played, "earliest_finish");
  ASSERT_EQ(run.tenants[0].answered(), 3);
  // 1 + 0.1 (2 - 1) = 1.1, + 0.1 (2 - 1.1) = 1.19, + 0.1 (2 - 1.19) = 1.271.
  EXPECT_NEAR(run.expected[0][0], 1.271, 1e-12);
  EXPECT_EQ(run.expected[0][1], 5);
}

TEST(Mix, SmoothedExpectationsChangeWhatIsDecided) {
  // w1 was as fast alone, but took 4 in the mix: 1.3 is expected then, and w0 is better at 10.75
  // too, where it is busy until 10.98 and w1 is idle.
  Played played{{tenant(arrivals_at({0, 0, 10, 10.75}))}, {{1}, {1}}};
  played.service = [](std::size_t worker, std::size_t, std::int64_t) {
    return worker == 1 ? 4.0 : 0.8;
  };
  const MixRun run = play(played, "shortest_expected_latency");
  EXPECT_EQ(run.tenants[0].samples.segment, (std::vector<std::int64_t>{0, 1, 0, 0}));
}

TEST(Mix, IsInterrupted) {
  Played played{{tenant({}), tenant(periodic(1000))}, {{0.25, 1}}};
  int asked = 0;
  played.go_on = [&] { return ++asked <= 20; };
  const MixRun run = play(played, "fixed");
  EXPECT_EQ(run.stopped_by, "interrupt");
  EXPECT_LE(run.duration_seconds, 20 * 0.05 + 1);
}

TEST(Mix, IsMeasuredAloneFirst) {
  ExactClock clock;
  // The first query of each pair is slow: it is not counted.
  SimulatedCrew crew(clock, 2, [](std::size_t worker, std::size_t tenant, std::int64_t i) {
    return (i % 34 == 0 ? 9 : 1) * double(1 + worker + 2 * tenant);
  });
  const auto scheduler = make_scheduler(scheduler_spec("fixed"), 2, 2);
  const MixStage stage{crew, clock, *scheduler, {}};
  EXPECT_EQ(measure_alone(stage, 2, 1000), (ServiceTimes{{1, 3}, {2, 4}}));
  SimulatedCrew broken(clock, 1, [](std::size_t, std::size_t, std::int64_t) { return -1.0; });
  EXPECT_THROW(measure_alone({broken, clock, *scheduler, {}}, 1), Error);
  EXPECT_FALSE(measure_alone({crew, clock, *scheduler, [] { return false; }}, 2));
}

TEST(Tenants, AreReadFromTheirArrivals) {
  const auto read = [](const std::string& text, std::size_t place = 0) {
    return make_tenant("x", arrival_spec(text), 1, place);
  };
  EXPECT_TRUE(read("stream").streams());
  EXPECT_TRUE(std::isinf(read("stream").deadline_seconds));
  EXPECT_EQ(read("periodic:period_seconds=0.5").deadline_seconds, 0.5);
  EXPECT_EQ(read("poisson:rate=4,deadline_seconds=0.25,weight=2").deadline_seconds, 0.25);
  EXPECT_EQ(read("poisson:rate=4,weight=2").weight, 2);
  EXPECT_NE(read("poisson").arrivals().seconds, read("poisson", 1).arrivals().seconds);
  EXPECT_EQ(read("gamma:cv=3").arrivals().seconds, read("gamma:cv=3").arrivals().seconds);
  EXPECT_THROW(arrival_spec("streem"), UnknownName);
  EXPECT_THROW(arrival_spec("stream:rate=4"), UnknownName);
  EXPECT_THROW(arrival_spec("poisson:rate=0"), BadArgument);
  EXPECT_THROW(read("trace"), BadArgument);
}

}  // namespace
}  // namespace motley::tenants
