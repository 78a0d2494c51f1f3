#include "harness/plan.hpp"

#include <gtest/gtest.h>

#include "harness/error.hpp"
#include "harness/simulated_machine.hpp"

namespace motley {
namespace {

const Registration registration([] {
  Case one;
  one.name = "plan_test/one";
  one.axes = {axis("bytes", "size", {std::int64_t{1024}, std::int64_t{4096}}),
              axis("store", "kind", {"cached", "non_temporal"}),
              searched_axis("chains", "accumulators", {std::int64_t{8}, std::int64_t{12}})};
  one.keep = [](const schema::Parameters& unset, Tier tier) {
    // Outside full runs one factor at a time: the second store only at the default size.
    const auto is = [&](const char* axis, const schema::Value& value) {
      return !unset.contains(axis) || unset.at(axis) == value;
    };
    return tier == Tier::full || is("bytes", std::int64_t{1024}) || is("store", "cached");
  };
  Case gpu;
  gpu.name = "plan_test/opencl_only";
  gpu.unsupported = [](Processor&) { return std::string("asks the OpenCL API"); };
  return std::vector<Case>{one, gpu};
});

class PlanTest : public testing::Test {
 protected:
  std::vector<schema::Record> go(const std::vector<std::string>& set, Tier tier = Tier::standard) {
    Selection selection;
    selection.filter = "^plan_test/one$";
    selection.tier = tier;
    for (const auto& text : set) selection.set.push_back(parse_axis_values(text));
    return plan(processor, selection);
  }
  SimulatedProcessor processor{"cpu"};
};

TEST_F(PlanTest, LeavesSearchedAxesOpenAndAsksTheCaseWhatToKeep) {
  const auto planned = go({});
  ASSERT_EQ(planned.size(), 3u);
  const auto& first = std::get<schema::Begin>(planned[0]).key;
  EXPECT_EQ(first.parameters.size(), 2u);
  EXPECT_EQ(go({}, Tier::full).size(), 4u);
}

TEST_F(PlanTest, WhatTheUserSetIsAlwaysKept) {
  EXPECT_EQ(go({"bytes=4096"}).size(), 2u);
  EXPECT_EQ(go({"bytes=5000", "store=non_temporal", "chains=1..4+1"}).size(), 4u);
}

TEST_F(PlanTest, WrongNamesGetTheNearestOnes) {
  const auto message = [&](auto call) {
    try {
      call();
    } catch (const UnknownName& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_NE(message([&] { go({"byte=1"}); }).find("bytes"), std::string::npos);
  EXPECT_NE(message([&] { find_case("plan_test/on"); }).find("plan_test/one"), std::string::npos);
  Selection none;
  none.filter = "plan_tset/one";
  EXPECT_NE(message([&] { selected_cases(none); }).find("plan_test/one"), std::string::npos);
  none.filter = "[";
  EXPECT_THROW(selected_cases(none), Error);
}

TEST_F(PlanTest, AnUnknownValueIsOneRowWithTheNearestOnes) {
  const auto planned = go({"bytes=1024,4096", "store=chached"});
  ASSERT_EQ(planned.size(), 1u);
  const auto& block = std::get<schema::Block>(planned[0]);
  EXPECT_EQ(block.status, schema::Status::unsupported);
  EXPECT_THROW(refuse_unknown_value(block, {}), BadArgument);
  EXPECT_NO_THROW(refuse_unknown_value(block, {"plan_test/one"}));
  EXPECT_NE(block.reason.find(" cached"), std::string::npos) << block.reason;
}

TEST_F(PlanTest, OfAProcessorThatCannotBeUsedEachCaseHasARow) {
  Selection selection;
  selection.filter = "^plan_test/one$";
  selection.scenarios = {"latency", "throughput"};
  selection.loads = {"cpu"};
  selection.resources = "priority=5";
  const auto rows =
      unmeasured_cases(selection, "opencl:7", schema::Status::failed, "its driver died");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].status, schema::Status::failed);
  EXPECT_EQ(rows[0].reason, "its driver died");
  EXPECT_EQ(rows[0].key.processor, "opencl:7");
  EXPECT_EQ(rows[0].key.scenario, "latency");
  EXPECT_EQ(rows[0].key.load, "cpu");
  EXPECT_EQ(rows[0].key.parameters, (schema::Parameters{{"resources", std::string("priority=5")}}));
}

TEST_F(PlanTest, AValueWrittenAnotherWayGetsTheAxisOwnKey) {
  const auto planned = go({"bytes=1024.0", "store=cached"});
  ASSERT_EQ(planned.size(), 1u);
  EXPECT_EQ(std::get<schema::Begin>(planned[0]).key.parameters.at("bytes"),
            schema::Value(std::int64_t{1024}));
}

TEST_F(PlanTest, AReproLineMeansItsKeyAndNothingElse) {
  const schema::Key key = std::get<schema::Begin>(go({"bytes=4096", "chains=8"})[0]).key;
  const std::string line = repro(key, Tier::standard, 7);
  EXPECT_NE(line.find("--filter '^plan_test/one$' --on cpu"), std::string::npos) << line;
  for (const char* part :
       {"--set bytes=4096", "--set chains=8", "--set store=cached", "--seed 7"}) {
    EXPECT_NE(line.find(part), std::string::npos) << line;
  }
  const auto again = go({"bytes=4096", "chains=8", "store=cached"});
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(std::get<schema::Begin>(again[0]).key, key);
}

TEST_F(PlanTest, AReproLineCanBePasted) {
  schema::Key key = std::get<schema::Begin>(go({"bytes=4096", "chains=8"})[0]).key;
  key.scenario = "trace_replay:file=/a folder/it's.txt";
  key.load = "cpu:duty=0.5+memory";
  key.parameters["resources"] = std::string("memory=536870912,priority=5");
  const std::string line = repro(key, Tier::standard, 7);
  for (const char* part :
       {"--scenario 'trace_replay:file=/a folder/it'\\''s.txt'", " --load cpu:duty=0.5+memory ",
        " --resources memory=536870912,priority=5 "}) {
    EXPECT_NE(line.find(part), std::string::npos) << line;
  }
}

TEST_F(PlanTest, ACaseThatCannotRunHereIsOneRowWithItsReason) {
  Selection selection;
  selection.filter = "opencl_only";
  const auto planned = plan(processor, selection);
  ASSERT_EQ(planned.size(), 1u);
  const auto& block = std::get<schema::Block>(planned[0]);
  EXPECT_EQ(block.status, schema::Status::unsupported);
  EXPECT_EQ(block.reason, "asks the OpenCL API");
}

TEST_F(PlanTest, AVisitMatchesItsPlanWithSearchedAxesResolved) {
  const schema::Key planned = std::get<schema::Begin>(go({})[0]).key;
  schema::Key measured = planned;
  measured.parameters["chains"] = std::int64_t{12};
  EXPECT_TRUE(is_visit_to(measured, planned));
  measured.parameters["bytes"] = std::int64_t{4096};
  EXPECT_FALSE(is_visit_to(measured, planned));
}

}  // namespace
}  // namespace motley
