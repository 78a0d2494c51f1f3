// Each scenario's verdict both ways, on servers of known speed.
#include <gtest/gtest.h>

#include "harness/scenarios/simulated_server.hpp"

namespace motley {
namespace {

std::string verdict(const schema::Block& block) {
  return block.validity->verdict;
}

bool says(const schema::Block& block, const std::string& word) {
  for (const std::string& reason : block.validity->reasons) {
    if (reason.find(word) != std::string::npos) return true;
  }
  return false;
}

/// So long each, but query `which` a second.
SimulatedServer::Service stalls(double seconds, std::int64_t which) {
  return [=](std::int64_t i) { return i == which ? 1.0 : seconds; };
}

/// `interrupted` beats what else would be said of a part.
TEST(Scenarios, AreInvalidWhereTheyWereInterrupted) {
  for (const std::string text :
       {"single_stream", "multi_stream", "offline", "closed_concurrency:window_seconds=0.1",
        "server_constant:rate=50", "server_poisson:rate=50", "server_gamma:rate=20",
        "server_mmpp:low_rate=20", "burst:period_seconds=0.1,seconds=30,size=2",
        "step:from=50,to=190", "ramp:from=50,to=190", "periodic_deadline", "find_peak", "sustained",
        "sustained:rate=50"}) {
    // Late enough for most scenarios to be content with what they have.
    const schema::Block block = play(
        text, [](std::int64_t) { return 0.005; }, 1, 1, 300);
    EXPECT_EQ(block.stopped_by, "interrupt") << text;
    EXPECT_EQ(verdict(block), "invalid") << text;
    ASSERT_EQ(block.validity->reasons.size(), 1u) << text;
    EXPECT_TRUE(block.validity->reasons[0].starts_with("interrupted after ")) << text;
  }
}

TEST(SingleStream, NeedsQueriesAndTime) {
  const schema::Block good = play("single_stream", 0.01);
  EXPECT_EQ(verdict(good), "valid");
  EXPECT_TRUE(good.validity->reasons.empty());
  EXPECT_NEAR(good.figures.at("latency_seconds"), 0.01, 1e-6);
  EXPECT_EQ(good.figures.at("percentile"), 90);
  EXPECT_TRUE(good.samples.scheduled_seconds.empty());
  EXPECT_EQ(verdict(play("single_stream", 0.2)), "semivalid");  // 50: none may be longer
  EXPECT_EQ(verdict(play("single_stream", 0.3)), "invalid");    // 34
  EXPECT_TRUE(says(play("single_stream", 0.3), "34 queries"));
  const schema::Block few = play("single_stream:queries=64", 0.01);
  EXPECT_EQ(verdict(few), "semivalid");  // too short, but sure
  EXPECT_EQ(few.stopped_by, "samples");
  EXPECT_EQ(few.validity->reasons.at(0),
            "ended with 64 queries after 0.64 of 10 s (slow changes were not seen). Give more "
            "queries or fewer seconds.");
  const schema::Block unlimited = play("single_stream:queries=64,seconds=1000000", 0.01);
  EXPECT_EQ(unlimited.validity->reasons.at(0),
            "ended with 64 queries after 0.64 s (slow changes were not seen). Give more queries.");
  EXPECT_EQ(verdict(play("single_stream:queries=43", 0.01)), "invalid");
}

TEST(MultiStream, BringsEightSamplesAQuery) {
  const schema::Block good = play("multi_stream", 0.01);
  EXPECT_EQ(verdict(good), "valid");
  EXPECT_EQ(good.runs_per_sample, 8);
  EXPECT_NEAR(good.figures.at("samples_per_second"), 800, 1);
  EXPECT_EQ(verdict(play("multi_stream", 0.02)), "semivalid");
  EXPECT_EQ(verdict(play("multi_stream", 0.03)), "invalid");
}

TEST(Offline, LastsItsWholeDuration) {
  const schema::Block good = play("offline:samples=4", 0.01);
  EXPECT_EQ(verdict(good), "valid");
  EXPECT_NEAR(good.figures.at("samples_per_second"), 400, 1);
  EXPECT_EQ(verdict(play("offline:queries=10", 0.01)), "invalid");
  for (const char* meaningless :
       {"lateness_p99_seconds", "latency_p99_seconds", "backlog_queries", "early_wakeups"}) {
    EXPECT_FALSE(good.figures.contains(meaningless)) << meaningless;
  }
}

TEST(ClosedConcurrency, WantsThreeWindowsThatAgree) {
  const schema::Block good = play("closed_concurrency:concurrency=4", 0.01);
  EXPECT_EQ(verdict(good), "valid");
  EXPECT_NEAR(good.figures.at("latency_seconds"), 0.04, 1e-6);
  EXPECT_NEAR(good.figures.at("service_p50_seconds"), 0.01, 1e-6);
  EXPECT_EQ(good.series.at("window_latency_seconds").size(), 10u);
  // The last three windows are the 700 queries of 7 s and more.
  const schema::Block changed =
      play("closed_concurrency", [](std::int64_t i) { return i < 900 ? 0.01 : 0.02; });
  EXPECT_EQ(verdict(changed), "invalid");
  EXPECT_TRUE(says(changed, "10 %"));
  EXPECT_EQ(verdict(play("closed_concurrency:seconds=2", 0.01)), "invalid");
  // Windows in which nothing is answered agree too.
  const schema::Block slow = play("closed_concurrency:seconds=30", 20);
  EXPECT_EQ(verdict(slow), "invalid");
  EXPECT_TRUE(says(slow, "longer window_seconds"));
  // So do those in which latency still grows, by less than 10 %.
  const schema::Block crowd = play("closed_concurrency:concurrency=5000,seconds=25", 0.01);
  EXPECT_EQ(verdict(crowd), "invalid");
  EXPECT_TRUE(says(crowd, "2500 queries of 5000 clients"));
}

TEST(Server, AStallIsInTheLatencyAndNotInTheService) {
  for (const char* scenario : {"server_constant:rate=100", "server_poisson:rate=100"}) {
    const schema::Block block = play(scenario, stalls(0.001, 500));
    // A hundred queries of a thousand came meanwhile: coordinated omission would hide all but one.
    EXPECT_GT(block.figures.at("latency_p99_seconds"), 0.8) << scenario;
    EXPECT_LT(block.figures.at("service_p99_seconds"), 0.0011) << scenario;
    EXPECT_NEAR(block.figures.at("lateness_p99_seconds"), 0, 1e-6) << scenario;
  }
  const schema::Block closed = play("single_stream:percentile=99", stalls(0.001, 500));
  EXPECT_LT(closed.figures.at("latency_p99_seconds"), 0.0011);
}

TEST(Server, MeetsItsTargetOrNot) {
  for (const std::string name : {"server_constant", "server_poisson", "server_gamma"}) {
    const std::string common = name + ":seconds=40,rate=50,target_seconds=";
    EXPECT_EQ(verdict(play(common + "1", 0.005)), "valid") << name;
    const schema::Block missed = play(common + "0.004", 0.005);
    EXPECT_EQ(verdict(missed), "invalid") << name;
    EXPECT_TRUE(says(missed, "took longer")) << name;
    EXPECT_EQ(missed.figures.at("within_target_per_second"), 0) << name;
  }
}

TEST(Server, NeedsQueriesForItsPercentile) {
  EXPECT_EQ(verdict(play("server_poisson:rate=80", 0.005)), "valid");
  EXPECT_EQ(verdict(play("server_poisson:rate=55", 0.005)), "semivalid");  // some 550 of 662
  EXPECT_EQ(verdict(play("server_poisson:rate=40", 0.005)), "invalid");
}

TEST(Server, WithoutAQueryTellsNothing) {
  for (const char* text : {"server_poisson:rate=0.0001", "ramp:from=0.0001,to=0.0002",
                           "server_mmpp:low_rate=0.0001,high_rate=0.0001"}) {
    EXPECT_THROW(play(text, 0.005), Error) << text;
  }
}

TEST(Server, HoldsTheBinomialBound) {
  // 20 of 2000 are one in a hundred: just what may not be claimed of p99.
  const auto slow = [](std::int64_t every) {
    return [=](std::int64_t i) { return i % every == 1 ? 0.015 : 0.001; };
  };
  const std::string text = "server_constant:rate=50,seconds=40.01,target_seconds=0.01";
  EXPECT_EQ(verdict(play(text, slow(100))), "invalid");
  EXPECT_EQ(verdict(play(text, slow(250))), "valid");
}

TEST(Server, IsSaturatedWhereItsCountEndsItToo) {
  const schema::Block block = play("server_poisson:rate=120,queries=900", 0.01);
  EXPECT_EQ(block.stopped_by, "samples");
  EXPECT_EQ(verdict(block), "invalid");
  EXPECT_TRUE(says(block, "saturated"));
  EXPECT_EQ(verdict(play("server_poisson:rate=50,queries=900,seconds=100", 0.01)), "semivalid");
  // The rest of a burst that was cut is no sign of it.
  EXPECT_EQ(verdict(play("burst:size=8,queries=50,seconds=20", 0.01)), "valid");
}

TEST(Server, SaturatedEndsOnTime) {
  for (const std::string name : {"server_constant", "server_poisson", "server_gamma"}) {
    const schema::Block block = play(name + ":rate=500", 0.01);
    EXPECT_EQ(verdict(block), "invalid") << name;
    EXPECT_TRUE(says(block, "saturated")) << name;
    EXPECT_NEAR(block.phases.at("sample"), 10, 0.02) << name;
    EXPECT_GT(block.figures.at("backlog_queries"), 3000) << name;
    EXPECT_NEAR(block.figures.at("queries_per_second"), 100, 1) << name;
  }
  EXPECT_TRUE(says(play("server_poisson:rate=110,seconds=60", 0.01), "saturated"));
  EXPECT_TRUE(says(play("server_poisson:rate=1", 2.5), "saturated"));
}

TEST(Server, AQueueAtHighLoadDoesNotGrow) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const schema::Block block = play("server_poisson:rate=90,seconds=20", 0.01, seed);
    EXPECT_FALSE(says(block, "saturated")) << seed;
    // Ends in the middle of a clump now and then.
    const schema::Block bursty = play("server_gamma:rate=20,cv=10", 0.01, seed);
    EXPECT_FALSE(says(bursty, "saturated")) << seed;
  }
}

TEST(Server, AnEarlyStallLeavesAQueueThatDoesNotGrow) {
  const schema::Block block = play("server_constant:rate=99", stalls(0.01, 10));
  EXPECT_GT(block.figures.at("backlog_queries"), 80);
  EXPECT_FALSE(says(block, "saturated"));
}

TEST(Server, TwoStatesMustBothBeVisited) {
  const schema::Block good = play("server_mmpp:seconds=60", 0.005);
  EXPECT_EQ(verdict(good), "valid");
  EXPECT_GT(good.figures.at("low_visits"), 5);
  EXPECT_GT(good.figures.at("high_latency_p99_seconds"),
            good.figures.at("low_latency_p50_seconds"));
  EXPECT_EQ(good.figures.at("low_queries") + good.figures.at("high_queries"),
            good.figures.at("queries"));
  const schema::Block rare = play("server_mmpp:seconds=60,low_seconds=50,high_seconds=50", 0.005);
  EXPECT_EQ(verdict(rare), "invalid");
  EXPECT_TRUE(says(rare, "visits"));
}

TEST(Burst, IsDrainedBeforeTheNext) {
  const schema::Block good = play("burst:size=8,period_seconds=1", 0.1);
  EXPECT_EQ(verdict(good), "valid");
  EXPECT_NEAR(good.figures.at("first_latency_seconds"), 0.1, 1e-6);
  EXPECT_NEAR(good.figures.at("last_latency_seconds"), 0.8, 1e-6);
  EXPECT_NEAR(good.figures.at("drain_seconds"), 0.8, 1e-6);
  EXPECT_EQ(good.samples.segment[7], 7);
  EXPECT_EQ(good.samples.segment[8], 0);
  const schema::Block over = play("burst:size=8,period_seconds=0.5", 0.1);
  EXPECT_EQ(verdict(over), "invalid");
  EXPECT_TRUE(says(over, "saturated"));
  const schema::Block once = play("burst:size=8,period_seconds=1", stalls(0.1, 20));
  EXPECT_EQ(once.figures.at("overrun_bursts"), 4);  // 1.7 s, 1.5, 1.3, 1.1
  EXPECT_EQ(once.figures.at("backlog_queries"), 0);
  EXPECT_EQ(verdict(once), "invalid");
  EXPECT_EQ(verdict(play("burst:size=8,period_seconds=3", 0.1)), "invalid");  // four bursts
}

TEST(Rising, FindsTheKnee) {
  for (const std::string name : {"step", "ramp"}) {
    const std::string text = name + ":from=10,to=190,steps=10,step_seconds=30";
    const schema::Block block = play(text, 0.01);  // answers 100 a second
    EXPECT_EQ(verdict(block), "valid") << name;
    EXPECT_GE(block.figures.at("knee_queries_per_second"), 30) << name;
    EXPECT_LE(block.figures.at("knee_queries_per_second"), 95) << name;
    EXPECT_EQ(block.series.at("step_latency_seconds").size(), 10u);
    EXPECT_NEAR(block.phases.at("sample"), 300, 0.1);
    const schema::Block easy = play(text, 1e-4);
    EXPECT_EQ(verdict(easy), "semivalid") << name;
    EXPECT_TRUE(says(easy, "Raise to")) << name;
    EXPECT_EQ(verdict(play(name + ":from=1,to=2", 0.01)), "invalid") << name;
  }
}

TEST(Periodic, CountsWhatMissesItsDeadline) {
  const schema::Block good = play("periodic_deadline", 0.01);
  EXPECT_EQ(verdict(good), "valid");
  EXPECT_EQ(good.figures.at("deadline_miss_ratio"), 0);
  EXPECT_NEAR(good.figures.at("frames_per_second"), 30, 0.2);
  EXPECT_NEAR(good.figures.at("jitter_p99_seconds"), 0, 1e-6);
  // Every tenth takes two periods and a half: late itself, and the next but one starts in time.
  const schema::Block some = play("periodic_deadline:period_seconds=0.1,seconds=100",
                                  [](std::int64_t i) { return i % 10 == 9 ? 0.25 : 0.01; });
  EXPECT_EQ(verdict(some), "valid");
  EXPECT_NEAR(some.figures.at("late_frames") / some.figures.at("queries"), 0.1, 0.01);
  EXPECT_NEAR(some.figures.at("dropped_frames"), some.figures.at("late_frames"), 1);
  const double missed = some.figures.at("late_frames") + some.figures.at("dropped_frames");
  EXPECT_NEAR(some.figures.at("deadline_miss_ratio"), missed / 1000, 1e-9);
  const schema::Block slow = play("periodic_deadline:seconds=20", 0.05);
  EXPECT_EQ(verdict(slow), "invalid");
  EXPECT_TRUE(says(slow, "shorter than the fastest"));
  EXPECT_EQ(slow.figures.at("deadline_miss_ratio"), 1);
  EXPECT_EQ(play("periodic_deadline:drop=0", 0.05).figures.at("dropped_frames"), 0);
}

TEST(Sustained, TellsTheBurstFromTheSteadySpeed) {
  // 100 a second for 90 s, then slower by a quarter: throttled.
  const auto heats = [](std::int64_t i) { return i < 9000 ? 0.01 : 0.01 / 0.75; };
  const schema::Block block = play("sustained", heats);
  EXPECT_EQ(verdict(block), "valid");
  EXPECT_NEAR(block.figures.at("burst_queries_per_second"), 100, 0.1);
  EXPECT_NEAR(block.figures.at("steady_queries_per_second"), 75, 0.1);
  EXPECT_NEAR(block.figures.at("drop"), 0.25, 0.001);
  EXPECT_NEAR(block.figures.at("throttle_seconds"), 90, 1e-6);
  const schema::Block paced =
      play("sustained:rate=20", [](std::int64_t i) { return i < 1800 ? 0.01 : 0.01 / 0.75; });
  EXPECT_NEAR(paced.figures.at("drop"), 0.25, 0.001);
  const schema::Block cool = play("sustained", 0.01);
  EXPECT_EQ(cool.figures.count("throttle_seconds"), 0u);
  EXPECT_NEAR(cool.figures.at("drop"), 0, 1e-6);
}

TEST(Sustained, IsInvalidWhileItStillChanges) {
  const schema::Block block =
      play("sustained", [](std::int64_t i) { return 0.01 * (1 + double(i) / 20000); });
  EXPECT_EQ(verdict(block), "invalid");
  EXPECT_TRUE(says(block, "still changing"));
  EXPECT_EQ(verdict(play("sustained:queries=100", 0.01)), "invalid");
}

TEST(FindPeak, FindsThatOfAKnownQueue) {
  // Random arrivals, constant service s: mean wait rho s / (2 (1 - rho)). Its p90 is 10 s about
  // where rho = 0.9 (Erlang's distribution of the M/D/1 wait, tail about exp(-2 (1 - rho) x / s)).
  const schema::Block block =
      play("find_peak:seconds=300,target_seconds=0.1,percentile=90,precision=0.02", 0.01);
  EXPECT_EQ(verdict(block), "valid");
  EXPECT_NEAR(block.figures.at("peak_queries_per_second"), 88, 5);
  const std::vector<double>& rates = block.series.at("probe_queries_per_second");
  EXPECT_EQ(double(rates.size()), block.figures.at("probes"));
  EXPECT_EQ(block.series.at("probe_met").size(), rates.size());
  EXPECT_NEAR(rates[0], 25, 1e-4);  // a quarter of 100
  EXPECT_NEAR(rates[1], 50, 1e-4);
  EXPECT_EQ(block.samples.segment.back(), std::int64_t(rates.size()) - 1);
  EXPECT_LE(block.figures.at("missed_queries_per_second"),
            1.02 * block.figures.at("peak_queries_per_second"));
  EXPECT_LE(block.figures.at("latency_seconds"), 0.1);
}

TEST(FindPeak, SaysWhereThereIsNone) {
  const schema::Block never = play("find_peak:target_seconds=0.005", 0.01);
  EXPECT_EQ(verdict(never), "invalid");
  EXPECT_TRUE(says(never, "Raise target_seconds"));
  // A fast median, a slow tail: not for ever slower rates.
  const schema::Block tail = play("find_peak:target_seconds=0.02,most_probe_seconds=5000",
                                  [](std::int64_t i) { return i % 8 == 7 ? 0.05 : 0.01; });
  EXPECT_TRUE(says(tail, "at every rate down to"));
  EXPECT_LE(tail.figures.at("probes"), 7);
  // A lone query of a microsecond: waking up for it takes longer than ten of them.
  EXPECT_EQ(play("find_peak:seconds=0.1", 1e-6).figures.at("target_seconds"), 1e-3);
  const schema::Block few = play("find_peak:rate=1,most_probe_seconds=2", 0.01);
  EXPECT_EQ(verdict(few), "invalid");
  EXPECT_TRUE(says(few, "decides nothing"));
}

}  // namespace
}  // namespace motley
