#include "analysis/trust.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <sstream>

#include "analysis/synthetic_log.hpp"
#include "analysis/text.hpp"

namespace motley::analysis {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void expect_narrow(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(columns(line), 80u) << line;
}

/// One measurement; each process has one block that takes these seconds.
schema::Log seconds_of_processes(const std::vector<double>& seconds) {
  schema::Log log;
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    log.blocks.push_back(
        synthetic_block("flops/fp32", "cpu", schema::Metric::flops_per_second, seconds[i]));
    log.blocks.back().process = static_cast<int>(i);
  }
  return log;
}

TEST(Trust, FloorIsEvenAgainstOddProcesses) {
  // 1.02 against 1.00, whatever the order of sizes within the halves.
  EXPECT_TRUE(has(trust(seconds_of_processes({1.02, 1, 1.02, 1})), "moved by 2% or more"));
  EXPECT_TRUE(has(trust(seconds_of_processes({1, 1, 1.5, 1.5})), "moved by 0% or more"));
}

TEST(Trust, WhatALoadDisturbedSaysNothingOfTheMachine) {
  schema::Log log = seconds_of_processes({1, 1, 1, 1});
  for (schema::Block block : seconds_of_processes({1, 2, 1, 3}).blocks) {
    block.key.load = "memory";
    log.blocks.push_back(block);
  }
  EXPECT_TRUE(has(trust(log), "half of 1 figures")) << trust(log);
}

TEST(Trust, DetectableChangeFollowsFromTheDeviationOfProcesses) {
  // Deviation of logarithms 0.01, n = 4, median of chi-square(3)/3 = 0.789, t of 6 degrees 3.353:
  // 3.353 * 0.01 / sqrt(0.789) * sqrt(2/4) = 2.67 %; 0.01 needs 3 processes: 3.42 % (2: 6.03 %).
  const double step = 0.01 * std::sqrt(3.0) / 2;
  const std::string text = trust(
      seconds_of_processes({std::exp(step), std::exp(-step), std::exp(step), std::exp(-step)}));
  EXPECT_TRUE(has(text, "2.7%")) << text;
  EXPECT_TRUE(has(text, "2.7%       3\n")) << text;
  expect_narrow(text);
  EXPECT_TRUE(has(trust(seconds_of_processes({1, 1, 1, 1})), "      0%       2\n"));
}

TEST(Trust, FewProcessesNeedStudentsFactors) {
  // Any table of Student's distribution: t_0.975 + t_0.80 of 2, 4, 6, 10 and 198 degrees.
  EXPECT_NEAR(detectable_errors(2), 4.303 + 1.061, 0.002);
  EXPECT_NEAR(detectable_errors(3), 2.776 + 0.941, 0.02);
  EXPECT_NEAR(detectable_errors(4), 2.447 + 0.906, 0.01);
  EXPECT_NEAR(detectable_errors(6), 2.228 + 0.879, 0.002);
  EXPECT_NEAR(detectable_errors(100), 1.972 + 0.843, 0.002);
}

TEST(Trust, AsksForProcessesWhereThereIsOnlyOne) {
  EXPECT_TRUE(has(trust(seconds_of_processes({1})), "--processes"));
  EXPECT_TRUE(has(trust({}), "--processes"));
}

TEST(Trust, RanksTheFindingOfSlowBlocksAboveOneThatAllCarry) {
  schema::Log log = seconds_of_processes({1, 1, 1.3, 1, 1, 1.3, 1, 1});
  for (schema::Block& one : log.blocks) {
    one.findings.push_back({"drift", ""});
    if (one.process == 2 || one.process == 5) one.findings.push_back({"stolen", ""});
  }
  const std::string text = trust(log);
  EXPECT_LT(text.find("stolen"), text.find("drift")) << text;
  const std::size_t stolen = text.find("  stolen");
  const std::string line = text.substr(stolen, text.find('\n', stolen) - stolen);
  EXPECT_TRUE(has(line, " 25%") && has(line, "100%")) << line;
}

TEST(Trust, SaysWhenTheDeviceIsEmulated) {
  schema::Log log = synthetic_log();
  log.runs[0].emulated = true;
  EXPECT_TRUE(has(trust(log), "Emulated")) << trust(log);
  expect_narrow(trust(log));
}

TEST(Repeat, CountsHeadlinesThatMovedAndThoseThatWereWarnedOf) {
  const schema::Log first = synthetic_log({{"cpu"}, 2, 1, 0});
  schema::Log second = first;
  for (schema::Block& one : second.blocks) {
    const bool is_fp32 = one.key.case_name == "flops/fp32";
    const bool is_clock = one.key.case_name == "clock/chain";
    if (!is_fp32 && !is_clock) continue;
    for (double& seconds : one.samples.host_seconds) seconds /= is_fp32 ? 1.5 : 1.05;
    if (is_fp32) one.findings.push_back({"throttled", ""});
  }
  const Repeatability result = repeat(first, second);
  EXPECT_EQ(result.unmatched, 0u);
  EXPECT_EQ(result.all.far, 1);
  EXPECT_EQ(result.all.far_with_finding, 1);
  EXPECT_EQ(result.all.far_marked, 1);
  EXPECT_EQ(result.all.some, 2);
  EXPECT_EQ(result.all.with_finding, 1);
  EXPECT_EQ(result.all.marked, 1);
  ASSERT_EQ(result.far.size(), 1u);
  EXPECT_EQ(result.far[0].name, "flops/fp32");
  for (const Moves& one : result.families) {
    const double expected = one.family == "clock" ? 0.05 : one.family == "flops" ? 0.5 : 0;
    EXPECT_NEAR(one.moved.at(0), expected, 1e-9) << one.family;
  }
}

TEST(Repeat, ShowsHowManyRowsCarryAFindingAnyway) {
  schema::Log first = synthetic_log({{"cpu"}, 2, 1, 0});
  for (schema::Block& one : first.blocks) one.findings.push_back({"noisy", ""});
  schema::Log second = first;
  for (schema::Block& one : second.blocks) {
    if (one.key.case_name != "flops/fp32") continue;
    for (double& seconds : one.samples.host_seconds) seconds /= 1.5;
  }
  const Repeatability result = repeat(first, second);
  EXPECT_EQ(result.all.far, 1);
  EXPECT_EQ(result.all.with_finding, static_cast<int>(result.all.moved.size()));
  EXPECT_TRUE(has(repeatability(first, second), "      1      1   100 %   100 %   100 %   100 %"))
      << repeatability(first, second);
}

TEST(Repeat, AFindingOfTheWholeRunIsNoWarning) {
  const schema::Log first = synthetic_log({{"cpu"}, 2, 1, 0});
  schema::Log second = synthetic_log({{"cpu"}, 2, 1.5, 0});
  for (schema::Block& one : second.blocks) one.findings.push_back({"governor_not_fixed", ""});
  const Repeatability result = repeat(first, second);
  EXPECT_GT(result.all.far, 5);
  EXPECT_EQ(result.all.far_with_finding, 0);
}

TEST(Repeat, ComparesAlthoughSearchesAndLevelsDiffer) {
  schema::Log first = synthetic_log({{"cpu"}, 2, 1, 0}), second = first;
  for (schema::Block& one : second.blocks) {
    if (one.key.case_name == "flops/fp32") one.key.parameters["chains"] = std::int64_t{12};
    const auto bytes = one.key.parameters.find("bytes");
    if (one.key.case_name == "bandwidth/read" && std::get<std::int64_t>(bytes->second) == 4 << 20) {
      for (double& seconds : one.samples.host_seconds) seconds /= 10;  // now of the level before
    }
  }
  EXPECT_EQ(repeat(first, second).unmatched, 0u);
}

TEST(Repeat, WhatWasDisturbedOrHeldBackIsNoHeadline) {
  const schema::Log first = synthetic_log({{"cpu"}, 2, 1, 0});
  schema::Log second = first;
  for (const schema::Block& one : first.blocks) {
    schema::Block other = one;
    for (double& seconds : other.samples.host_seconds) seconds /= 10;
    second.blocks.push_back(other);
    second.blocks.back().key.load = "memory";
    second.blocks.push_back(other);
    second.blocks.back().key.scenario = "server_poisson";
    second.blocks.back().validity = schema::Validity{"valid", {}};
  }
  const Repeatability result = repeat(first, second);
  EXPECT_EQ(result.unmatched, 0u);
  EXPECT_EQ(result.all.far, 0);
}

TEST(Repeat, NewRevisionsAreNotCompared) {
  const schema::Log first = synthetic_log({{"cpu"}, 1, 1, 0});
  schema::Log second = first;
  for (schema::Block& one : second.blocks) one.key.revision = 2;
  EXPECT_TRUE(repeat(first, second).families.empty());
  EXPECT_TRUE(has(repeatability(first, second), "no headline in common"));
}

TEST(Repeat, TextFitsAndWarnsOfOtherDevices) {
  const schema::Log first = synthetic_log();
  schema::Log second = synthetic_log({SyntheticRun{}.processors, 4, 1.5, 0.01});
  second.runs[0].device.id = "another";
  const std::string text = repeatability(first, second);
  EXPECT_TRUE(has(text, "two runs of one")) << text;
  EXPECT_TRUE(has(text, "33.3 %")) << text;
  expect_narrow(text);
}

}  // namespace
}  // namespace motley::analysis
