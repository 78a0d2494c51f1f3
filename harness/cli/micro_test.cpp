// The second engine as a user meets it: Google Benchmark's flags, our records.
#include <algorithm>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "harness/cli/workplace.hpp"

namespace motley {
namespace {

class Micro : public testing::Test, protected Workplace {
 protected:
  Micro()
      : Workplace(fs::path(testing::TempDir()) /
                  (std::string("motley micro ") +
                   testing::UnitTest::GetInstance()->current_test_info()->name())) {}
  Outcome micro(const std::string& arguments, const std::string& before = "") const {
    return motley("micro --tier smoke --benchmark_min_time=0.005 " + arguments + out(), before);
  }
  const std::string one_trial =
      "--filter '^bandwidth/copy$' --on cpu:0 --set bytes=16K --set store=cached ";
};

TEST_F(Micro, BothEnginesWriteTheSameRecords) {
  const Outcome outcome = micro(one_trial + "--benchmark_repetitions=3");
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_EQ(first_defect(), "");
  ASSERT_EQ(log().blocks.size(), 1u);
  const schema::Block block = log().blocks[0];
  EXPECT_EQ(block.key.engine, "google_benchmark");
  EXPECT_EQ(block.samples.host_seconds.size(), 3u);
  EXPECT_EQ(block.samples.started_seconds.size(), 3u);
  EXPECT_TRUE(block.clock_hertz);
  EXPECT_FALSE(block.readings.empty());
  // Three samples are too few, and a judged block says so.
  EXPECT_TRUE(std::any_of(block.findings.begin(), block.findings.end(),
                          [](const auto& one) { return one.kind == "few_samples"; }));
  ASSERT_EQ(log().ends.size(), 1u);
  EXPECT_GT(log().ends[0].wall_seconds, 0);
  EXPECT_GT(log().ends[0].harness_share, 0);
  EXPECT_LT(log().ends[0].harness_share, 1);
  EXPECT_EQ(log().runs.at(0).tier, "smoke");
  fs::remove(file);
  EXPECT_EQ(motley(block.repro.substr(std::string("motley ").size()) + out()).code, 0);
  EXPECT_EQ(log().blocks.at(0).key, block.key);
}

TEST_F(Micro, RepetitionsInRandomOrderShareTheirIterations) {
  const Outcome outcome = motley(
      "micro --filter '^flops/(fp32|fp64)$' --on cpu:0 --benchmark_min_time=0.005 "
      "--benchmark_repetitions=4 --benchmark_enable_random_interleaving=true" +
      out());
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_EQ(first_defect(), "");
  ASSERT_GE(log().blocks.size(), 2u);
  for (const schema::Block& block : log().blocks) {
    EXPECT_EQ(block.samples.host_seconds.size(), 4u);
    EXPECT_EQ(block.selected_by, "search");
    for (std::size_t i = 1; i < block.search.size(); ++i) {
      EXPECT_NE(block.search[i].parameters, block.search[0].parameters) << "searched twice";
    }
  }
}

TEST_F(Micro, AWarmUpAndHiddenRepetitionsChangeNoSamples) {
  const Outcome outcome =
      motley("micro --tier smoke " + one_trial +
             "--benchmark_min_time=1e-9 --benchmark_min_warmup_time=1e-9 "
             "--benchmark_repetitions=3 --benchmark_report_aggregates_only=true" +
             out());
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_EQ(log().blocks.at(0).samples.host_seconds.size(), 3u);
  EXPECT_EQ(log().blocks.at(0).samples.started_seconds.size(), 3u);
}

TEST_F(Micro, AFileOfRecordsIsRefusedBeforeAnythingIsMeasured) {
  ASSERT_EQ(micro(one_trial).code, 0);
  const Outcome again = micro(one_trial);
  EXPECT_EQ(again.code, 3);
  EXPECT_TRUE(contains(again.output, "already holds records")) << again.output;
  EXPECT_FALSE(contains(again.output, "manual_time")) << again.output;
}

TEST_F(Micro, ABrokenProcessorIsRowsThatSayWhyAndTheRestIsMeasured) {
  if (!contains(motley("devices").output, "opencl:0")) GTEST_SKIP() << "no OpenCL device here";
  const Outcome outcome =
      micro("--filter '^bandwidth/copy$' --set bytes=16K --on opencl:0 --on cpu:0",
            "MOTLEY_FAULT=clCreateContext:fail=CL_OUT_OF_RESOURCES");
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_EQ(first_defect(), "");
  EXPECT_EQ(count(schema::Status::failed), 1u);
  EXPECT_GE(count(schema::Status::ok), 1u);
  EXPECT_TRUE(contains(outcome.output, "CL_OUT_OF_RESOURCES")) << outcome.output;
}

TEST_F(Micro, FormatsOfGoogleBenchmarkAreWhatIsPrinted) {
  const std::string one = "micro --tier smoke --benchmark_min_time=0.005 " + one_trial;
  const Outcome json = motley(one + "--benchmark_format=json 2>/dev/null | cat");
  EXPECT_EQ(nlohmann::json::parse(json.output).at("benchmarks").size(), 1u) << json.output;
  const Outcome csv = motley(one + "--benchmark_format=csv 2>/dev/null | cat");
  EXPECT_TRUE(csv.output.starts_with("name,iterations,")) << csv.output;
}

TEST_F(Micro, ListingMeasuresNothing) {
  const Outcome outcome = micro(one_trial + "--benchmark_list_tests=true");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_TRUE(contains(outcome.output, "bandwidth/copy/processor:cpu:0")) << outcome.output;
  EXPECT_FALSE(fs::exists(file));
}

TEST_F(Micro, WrongNamesEndWithFive) {
  for (const char* wrong : {"--benchmark_flyy", "--filter bandwith/copy", "--on cpux",
                            "--filter '^bandwidth/copy$' --on cpu:0 --set store=cachd"}) {
    const Outcome outcome = micro(wrong);
    EXPECT_EQ(outcome.code, 5) << wrong << ": " << outcome.output;
    EXPECT_FALSE(fs::exists(file)) << wrong;
  }
}

}  // namespace
}  // namespace motley
