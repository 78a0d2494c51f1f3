#include "harness/scenario.hpp"

#include <gtest/gtest.h>
#include <set>

#include "harness/error.hpp"
#include "harness/scenarios/simulated_server.hpp"

namespace motley {
namespace {

TEST(Scenarios, AreAllThereOnce) {
  // The trainings are workloads'.
  const std::set<std::string> expected = {"burst",
                                          "closed_concurrency",
                                          "find_peak",
                                          "latency",
                                          "mix",
                                          "multi_stream",
                                          "offline",
                                          "periodic_deadline",
                                          "ramp",
                                          "server_constant",
                                          "server_gamma",
                                          "server_mmpp",
                                          "server_poisson",
                                          "single_stream",
                                          "step",
                                          "sustained",
                                          "throughput",
                                          "trace_replay"};
  std::set<std::string> names;
  for (const Scenario& one : scenarios()) {
    EXPECT_TRUE(names.insert(one.name).second) << one.name;
    EXPECT_FALSE(one.summary.empty() || one.metric.empty() || one.valid_when.empty()) << one.name;
    if (const auto* queried = std::get_if<Queried>(&one.implementation)) {
      EXPECT_TRUE(queried->run) << one.name;
    }
    if (one.name == "trace_replay") continue;  // needs a file
    EXPECT_EQ(scenario_spec(one.name).canonical(), one.name);
  }
  EXPECT_EQ(names, expected);
}

TEST(Scenarios, WithoutAnImplementationCannotBe) {
  EXPECT_THROW(Queried{nullptr}, Error);
  static_assert(!std::is_default_constructible_v<Scenario>);
}

TEST(Scenarios, AreFoundByNameWithTheirParameters) {
  EXPECT_THROW(find_scenario("server"), UnknownName);
  EXPECT_THROW(scenario_spec("server_poisson:cv=2"), UnknownName);
  EXPECT_THROW(scenario_spec("server_poisson:rate=0"), BadArgument);
  EXPECT_EQ(scenario_spec("server_gamma:rate=50,cv=3").canonical(), "server_gamma:cv=3,rate=50");
}

/// Each with a server for which it is quick; the headline must be among the figures.
TEST(Scenarios, ReportTheirHeadline) {
  for (const Scenario& one : scenarios()) {
    if (!std::holds_alternative<Queried>(one.implementation) || one.name == "trace_replay")
      continue;
    const schema::Block block = play(one.name, 0.012);
    EXPECT_TRUE(block.figures.contains(one.metric)) << one.name;
    EXPECT_TRUE(block.validity && !block.validity->verdict.empty()) << one.name;
    EXPECT_FALSE(block.stopped_by.empty()) << one.name;
    EXPECT_GT(block.phases.at("sample"), 0) << one.name;
    const schema::Samples& samples = block.samples;
    const std::size_t n = samples.host_seconds.size();
    EXPECT_EQ(samples.started_seconds.size(), n) << one.name;
    EXPECT_EQ(samples.enqueued_seconds.size(), n) << one.name;
    EXPECT_EQ(samples.latency_seconds.size(), n) << one.name;
    for (const std::size_t size : {samples.scheduled_seconds.size(), samples.segment.size()}) {
      EXPECT_TRUE(size == n || size == 0) << one.name;
    }
  }
}

}  // namespace
}  // namespace motley
