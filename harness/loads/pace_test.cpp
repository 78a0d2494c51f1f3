#include "harness/loads/pace.hpp"

#include <gtest/gtest.h>

namespace motley::loads {
namespace {

TEST(Pace, KeepsToAnAbsoluteSchedule) {
  Pace pace(10, 1, 0.5);
  EXPECT_DOUBLE_EQ(pace.release(), 10);
  EXPECT_EQ(pace.done(10.3), 0);
  EXPECT_DOUBLE_EQ(pace.release(), 11) << "not 11.3";
  EXPECT_EQ(pace.done(12.4), 0) << "late by 0.4: it follows at once";
  EXPECT_DOUBLE_EQ(pace.release(), 12);
}

TEST(Pace, DropsWhatLiesFurtherBehindThanItMayCatchUp) {
  Pace pace(0, 1, 2);
  EXPECT_EQ(pace.done(10), 7);
  EXPECT_DOUBLE_EQ(pace.release(), 8);
  Pace frames(0, 1, 0);
  EXPECT_EQ(frames.done(1.25), 1) << "the frame that was due at 1 is never drawn";
  EXPECT_DOUBLE_EQ(frames.release(), 2);
}

TEST(Pace, WithoutPeriodIsAlwaysDue) {
  Pace pace(3, 0, 0);
  EXPECT_EQ(pace.done(1000), 0);
  EXPECT_DOUBLE_EQ(pace.release(), 3);
}

/// In virtual time: pieces of `service` seconds until `end`.
Account simulated(Pace pace, double service, double end) {
  Account account;
  for (double now = 0; pace.release() < end;) {
    now = std::max(now, pace.release()) + service;
    account.dropped += pace.done(now);
    account.amounts[0] += 100;
    account.busy_seconds += service;
    ++account.pieces;
  }
  return account;
}

LevelPlan plan() {
  LevelPlan plan;
  plan.load = "memory:read_gbps=1";
  plan.quantities = {"read_bytes_per_second"};
  plan.asked = {{"read_bytes_per_second", 1000.0}};
  plan.period_seconds = 0.1;
  return plan;
}

TEST(Level, IsReachedWhereThereIsTime) {
  const Account fits = simulated(Pace(0, 0.1, 0.2), 0.04, 100);
  const auto reached = level(plan(), {{fits}, 100}, {{fits}, 100}, {});
  EXPECT_NEAR(reached.achieved.at("read_bytes_per_second"), 1000, 2);
  EXPECT_EQ(reached.reason, "");
  EXPECT_NEAR(std::get<double>(reached.details.at("slowdown")), 1, 1e-9);
}

TEST(Level, SaysWhyItIsNotReached) {
  const Account fits = simulated(Pace(0, 0.1, 0.2), 0.04, 100);
  const Account slow = simulated(Pace(0, 0.1, 0.2), 0.2, 100);
  const auto missed = level(plan(), {{slow}, 100}, {{fits}, 100}, {{"read_bytes_per_second", 600}});
  EXPECT_NEAR(missed.achieved.at("read_bytes_per_second"), 500, 10);
  EXPECT_NEAR(missed.alone.at("read_bytes_per_second"), 1000, 2);
  EXPECT_NEAR(std::get<double>(missed.details.at("slowdown")), 5, 1e-9);
  EXPECT_NE(missed.reason.find("without pauses it reaches only 600"), std::string::npos)
      << missed.reason;
  EXPECT_NE(missed.reason.find("ran out of time for 50.0"), std::string::npos) << missed.reason;
}

TEST(Level, OfAThreadThatDidNothingIsOff) {
  const auto none = level(plan(), {{Account{}}, 10}, {}, {});
  EXPECT_FALSE(none.reason.empty());
}

TEST(Level, OnePieceAtTheEdgeOfTheWindowIsNobodysFault) {
  Account nine;
  nine.pieces = 9;
  nine.amounts[0] = 900;
  EXPECT_EQ(level(plan(), {{nine}, 1}, {}, {}).reason, "");
  nine.amounts[0] = 800;
  EXPECT_NE(level(plan(), {{nine}, 1}, {}, {}).reason, "");
}

TEST(Level, DutyIsAThreadsMeanAndSaysWhoTookTheCore) {
  LevelPlan duty;
  duty.quantities = {"duty", "flops_per_second"};
  duty.asked = {{"duty", 0.5}};
  Account one;
  one.pieces = 100;
  one.amounts = {3, 7e9};
  one.waited_seconds = 2;
  const auto result = level(duty, {{one, one}, 10}, {}, {});
  EXPECT_DOUBLE_EQ(result.achieved.at("duty"), 0.3);
  EXPECT_DOUBLE_EQ(result.achieved.at("flops_per_second"), 1.4e9);
  EXPECT_NE(result.reason.find("waited 20.0 % of the time for a core"), std::string::npos)
      << result.reason;
}

TEST(Level, CountsMissedDeadlines) {
  LevelPlan frames = plan();
  frames.deadlines = true;
  Account one;
  one.pieces = 10;
  one.missed_deadlines = 4;
  one.lateness_seconds = 0.05;
  one.worst_lateness_seconds = 0.03;
  const auto result = level(frames, {{one}, 2}, {}, {});
  EXPECT_DOUBLE_EQ(result.achieved.at("missed_deadlines_per_second"), 2);
  EXPECT_DOUBLE_EQ(result.achieved.at("mean_lateness_seconds"), 0.005);
  EXPECT_EQ(std::get<double>(result.details.at("worst_lateness_seconds")), 0.03);
}

}  // namespace
}  // namespace motley::loads
