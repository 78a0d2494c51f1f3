// Scenarios, loads and suites as a user meets them.
#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>

#include "harness/cli/workplace.hpp"

namespace motley {
namespace {

class Scenarios : public testing::Test {
 protected:
  Workplace place{fs::path(testing::TempDir()) / "scenarios"};
  const std::string lenet = "infer lenet5 --implementation first --on cpu:0 ";
};

TEST_F(Scenarios, AreListedWithTheirParameters) {
  const Outcome scenarios = motley("list --scenarios");
  for (const char* name : {"server_poisson", "find_peak", "train_steps", "throughput", "rate="}) {
    EXPECT_TRUE(contains(scenarios.output, name)) << name;
  }
  EXPECT_TRUE(contains(motley("list --loads").output, "read_gbps="));
  const Outcome suites = motley("list --suites");
  EXPECT_EQ(suites.code, 0) << suites.output;
  EXPECT_TRUE(contains(suites.output, "interference"));
}

TEST_F(Scenarios, QueriesArriveAsTheyWereToldTo) {
  const Outcome outcome =
      motley(lenet + "--scenario server_poisson:seconds=0.1 --rate 200" + place.out());
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_TRUE(contains(outcome.output, "latency p50")) << outcome.output;
  EXPECT_EQ(place.first_defect(), "");
  const schema::Block block = place.log().blocks.at(0);
  EXPECT_EQ(block.key.scenario, "server_poisson:rate=200,seconds=0.1");
  ASSERT_TRUE(block.validity);
  const schema::Samples& samples = block.samples;
  ASSERT_GT(samples.scheduled_seconds.size(), 5u);
  for (std::size_t i = 0; i < samples.scheduled_seconds.size(); ++i) {
    EXPECT_LE(samples.scheduled_seconds[i], samples.started_seconds[i] + 1e-9);
    EXPECT_LE(samples.enqueued_seconds[i], samples.started_seconds[i] + 1e-9);
    EXPECT_NEAR(samples.latency_seconds[i],
                samples.started_seconds[i] + samples.host_seconds[i] - samples.scheduled_seconds[i],
                1e-9);
  }
  EXPECT_TRUE(contains(block.repro, "--scenario server_poisson:rate=200,seconds=0.1"));
  EXPECT_FALSE(contains(block.repro, "--rate")) << block.repro;
}

TEST_F(Scenarios, AnyCaseCanBeAsked) {
  const Outcome outcome = motley(
      "run --filter '^flops/fp32$' --on cpu:0 --tier smoke --scenario single_stream:seconds=0.05 "
      "--scenario throughput" +
      place.out());
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  const schema::Log log = place.log();
  const auto asked = std::count_if(log.blocks.begin(), log.blocks.end(),
                                   [](const auto& one) { return one.validity.has_value(); });
  EXPECT_GT(asked, 0);
  EXPECT_EQ(std::size_t(asked) * 2, log.blocks.size());
  EXPECT_TRUE(contains(outcome.output, "Queries, latency")) << outcome.output;
}

TEST_F(Scenarios, ALoadSaysWhatItReached) {
  const Outcome outcome = motley(
      lenet + "--scenario single_stream:seconds=0.1 --load none --load cpu:duty=0.5" + place.out());
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_EQ(place.first_defect(), "");
  const schema::Log log = place.log();
  ASSERT_EQ(log.blocks.size(), 2u);
  EXPECT_TRUE(log.blocks[0].loads.empty());
  ASSERT_EQ(log.blocks[1].loads.size(), 1u);
  EXPECT_GT(log.blocks[1].loads[0].achieved.at("duty"), 0);
  EXPECT_TRUE(contains(outcome.output, "beside cpu:duty=0.5")) << outcome.output;
  EXPECT_TRUE(contains(motley("summary " + place.file.string()).output, "Interference"));
}

TEST_F(Scenarios, MoreSamplesThanALineHoldsLieBesideIt) {
  const Outcome outcome = motley(
      "infer mlp:widths=784-8-10 --implementation first --on cpu:0 --scenario "
      "single_stream:seconds=20,queries=60000" +
      place.out());
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_EQ(place.first_defect(), "");
  EXPECT_EQ(place.log().blocks.at(0).samples.host_seconds.size(), 60000u);
  fs::path side;
  for (const auto& one : fs::directory_iterator(place.folder)) {
    if (one.path().extension() == ".samples") side = one.path();
  }
  ASSERT_TRUE(side.filename().string().starts_with(place.file.filename().string()));
  fs::resize_file(side, 1000);
  const Outcome cut = motley("summary " + place.file.string());
  EXPECT_EQ(cut.code, 4) << cut.output;
  EXPECT_TRUE(contains(cut.output, ":3:")) << cut.output;
}

TEST_F(Scenarios, WhatCannotBeMeantIsOneLineAndExit5) {
  for (const char* bad : {"--scenario server_poison", "--scenario server_poisson:rat=5",
                          "--scenario server_poisson:rate=-1", "--scenario throughput",
                          "--scenario train_steps", "--load memry", "--load memory:gbps=5",
                          "--load cpu:duty=2", "--rate 5", "--scenario single_stream --rate 5",
                          "--scenario server_poisson:rate=5 --rate 5", "--load cpu+"}) {
    const Outcome outcome = motley(lenet + bad + place.out());
    EXPECT_EQ(outcome.code, 5) << bad << "\n" << outcome.output;
    EXPECT_EQ(std::count(outcome.output.begin(), outcome.output.end(), '\n'), 1) << bad << "\n"
                                                                                 << outcome.output;
    EXPECT_FALSE(fs::exists(place.file)) << bad;
  }
  EXPECT_EQ(motley("train lenet5 --scenario single_stream").code, 5);
  EXPECT_EQ(motley("micro --scenario server_poisson").code, 5);
  EXPECT_EQ(motley("run --filter clock/chain --scenario train_steps").code, 5);
  EXPECT_EQ(motley("run --suite nothing").code, 5);
  EXPECT_EQ(motley("run --suite interference --filter lenet5").code, 5);
  EXPECT_EQ(motley("run --suite interference --tier full").code, 5);
}

TEST_F(Scenarios, ATraceIsToldByItsContentAndABadOneAtOnce) {
  const fs::path trace = place.folder / "trace.txt";
  for (const char* bad : {"", "0\nnan\n", "2\n1\n", "x"}) {
    std::ofstream(trace) << bad;
    for (const std::string& command : {lenet, std::string("run --filter clock/chain ")}) {
      const Outcome outcome =
          motley(command + "--scenario trace_replay:file=" + trace.string() + place.out());
      EXPECT_EQ(outcome.code, 4) << bad << "\n" << outcome.output;
      EXPECT_EQ(std::count(outcome.output.begin(), outcome.output.end(), '\n'), 1)
          << outcome.output;
      EXPECT_FALSE(fs::exists(place.file)) << bad;
    }
  }
  EXPECT_EQ(motley(lenet + "--scenario trace_replay:file=/nowhere.txt").code, 4);
  EXPECT_EQ(motley(lenet + "--scenario trace_replay").code, 5);
  std::ofstream(trace) << "0\n0.001\n";
  const std::string key = "trace_replay:file=trace.txt#";
  for (const std::string& command :
       {lenet, std::string("run --filter '^clock/chain$' --tier smoke --on cpu:0 ")}) {
    fs::remove(place.file);
    const Outcome outcome =
        motley(command + "--scenario trace_replay:file=" + trace.string() + place.out());
    EXPECT_EQ(outcome.code, 0) << outcome.output;
    const schema::Block block = place.log().blocks.at(0);
    EXPECT_TRUE(block.key.scenario.starts_with(key)) << block.key.scenario;
    EXPECT_TRUE(contains(block.repro, "file=" + trace.string())) << block.repro;
    EXPECT_EQ(block.samples.host_seconds.size(), 2u) << block.reason;
  }
}

TEST_F(Scenarios, WhatWasAskedAndGrantedIsRecorded) {
  const std::string resources = " --resources threads=1,priority=4";
  EXPECT_EQ(
      motley("infer lenet5 --implementation first --on cpu --steps 5" + resources + place.out())
          .code,
      0);
  const auto checked = [&] {
    EXPECT_EQ(place.first_defect(), "");
    const schema::Block block = place.log().blocks.at(0);
    EXPECT_EQ(block.key.parameters.at("resources"), schema::Value("priority=4"));
    EXPECT_EQ(block.details.at("granted_priority"), schema::Fact(std::int64_t{4}));
    EXPECT_TRUE(contains(block.key.processor, "cpu:"));  // one core of it, unless there is but one
    fs::remove(place.file);
  };
  checked();
  const Outcome run =
      motley("run --filter '^clock/chain$' --on cpu --tier smoke" + resources + place.out());
  EXPECT_EQ(run.code, 0) << run.output;
  checked();
  EXPECT_EQ(motley("infer lenet5 --resources thread=1").code, 5);
  EXPECT_EQ(motley("infer lenet5 --resources threads=99999").code, 5);
}

TEST_F(Scenarios, ASuiteIsADataFile) {
  const fs::path file = place.folder / "own.json";
  std::ofstream(file) << R"({"summary": "mine", "rounds": 2, "processes": 1, "block_seconds": 0.02,
    "tier": "smoke", "parts": [
    {"cases": "^flops/fp32$", "on": ["cpu:0"], "loads": ["none", "cpu:duty=0.2"]},
    {"cases": "^clock/chain$", "on": ["cpu:0"]}]})";
  const Outcome outcome = motley("run --suite " + file.string() + place.out());
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_EQ(place.first_defect(), "");
  const schema::Log log = place.log();
  std::map<std::string, int> blocks;
  for (const schema::Block& block : log.blocks)
    ++blocks[block.key.case_name + " " + block.key.load];
  EXPECT_EQ(blocks["clock/chain none"], 2);
  EXPECT_GE(blocks["flops/fp32 cpu:duty=0.2"], 2);
  EXPECT_EQ(log.runs.at(0).processors.size(), 1u);
  for (const char* broken : {"{", "[]", R"({"parts": []})", R"({"parts": [{"case": "x"}]})",
                             R"({"parts": [{"loads": ["nothing"]}]})"}) {
    std::ofstream(file) << broken;
    const Outcome refused = motley("run --suite " + file.string());
    EXPECT_EQ(refused.code, 4) << broken << "\n" << refused.output;
  }
}

}  // namespace
}  // namespace motley
