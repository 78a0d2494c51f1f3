#include "analysis/summary.hpp"

#include <gtest/gtest.h>
#include <sstream>

#include "analysis/measurement.hpp"
#include "analysis/statistics.hpp"
#include "analysis/trust.hpp"

namespace motley::analysis {
namespace {

schema::Block block(const std::string& name, const std::string& processor, schema::Metric metric,
                    double run_seconds, schema::Parameters parameters = {}) {
  schema::Block one;
  one.key.case_name = name;
  one.key.processor = processor;
  one.key.parameters = std::move(parameters);
  one.metric = metric;
  one.work = {2e9, 1e9, 1e9, 1000};
  one.samples.host_seconds.assign(16, run_seconds * 4);
  one.runs_per_sample = 4;
  return one;
}

schema::Log log_of(double factor = 1) {
  using schema::Metric;
  schema::Log log;
  log.runs.emplace_back();
  log.runs[0].device.name = "test machine";
  for (int process = 0; process < 4; ++process) {
    for (const char* processor : {"cpu", "cpu:0", "opencl:0", "opencl:1", "opencl:2"}) {
      const double wave = factor * (1 + 0.01 * process);
      std::vector<schema::Block> blocks{
          block("flops/fp32", processor, Metric::flops_per_second, 0.01 * wave),
          block("clock/chain", processor, Metric::operations_per_second, 1e-6 * wave),
          block("launch/round_trip", processor, Metric::seconds_per_operation, 5e-3 * wave)};
      for (std::int64_t bytes = 1 << 14; bytes <= 1 << 26; bytes *= 4) {
        const double seconds = bytes > (1 << 20) ? 0.1 : 0.01;
        blocks.push_back(block("bandwidth/read", processor, Metric::bytes_per_second, seconds,
                               {{"bytes", bytes}, {"store", "cached"}}));
        blocks.push_back(block("latency/chase", processor, Metric::seconds_per_operation,
                               seconds / 1e3, {{"bytes", bytes}, {"pages", "4k"}}));
      }
      for (schema::Block& one : blocks) {
        one.process = process;
        log.blocks.push_back(one);
      }
    }
  }
  return log;
}

TEST(Measurement, TakesTheMedianRunOfEachBlockByItsMetric) {
  const auto all = measurements(log_of());
  EXPECT_NEAR(all[0].value(), 2e9 / (0.01 * 1.015), 1e7);
  EXPECT_EQ(all[0].blocks.size(), 4u);
  EXPECT_NEAR(figure(block("x/y", "cpu", schema::Metric::bytes_per_second, 0.5)), 4e9, 1);
  EXPECT_NEAR(figure(block("x/y", "cpu", schema::Metric::seconds_per_operation, 0.5)), 5e-4, 1e-12);
}

TEST(Summary, FitsEightyColumnsAndShowsEveryProcessor) {
  const std::string text = summary(log_of());
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
  for (const char* part :
       {"opencl:2", "fp32", "197", "round_trip", "4 MiB - 64 MiB", "test machine"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

TEST(Summary, SuspectAndWrongFiguresAreNamedNotShown) {
  schema::Log log = log_of();
  for (schema::Block& one : log.blocks) {
    if (one.key.case_name == "flops/fp32") one.status = schema::Status::suspect;
  }
  const std::string text = summary(log);
  EXPECT_NE(text.find("suspect"), std::string::npos) << text;
  EXPECT_EQ(text.find("197"), std::string::npos) << text;
}

TEST(Trust, KnowsTheFloorOfAMachineThatVariesByOnePercent) {
  const std::string text = trust(log_of());
  EXPECT_NE(text.find("A/A"), std::string::npos);
  EXPECT_NE(text.find("launch"), std::string::npos) << text;
  schema::Log one_process;
  EXPECT_NE(trust(one_process).find("--processes"), std::string::npos);
}

TEST(Trust, RepeatabilityCountsRowsThatMoved) {
  const std::string same = repeatability(log_of(), log_of());
  EXPECT_NE(same.find("0.0%"), std::string::npos) << same;
  const std::string moved = repeatability(log_of(), log_of(1.5));
  EXPECT_NE(moved.find("33.3%"), std::string::npos) << moved;
}

TEST(Statistics, QuantilesAreOfTypeSeven) {
  const std::vector<double> values{1, 2, 3, 4};  // R: quantile(1:4, c(.25, .5, .9), type = 7)
  EXPECT_DOUBLE_EQ(quantile(values, 0.25), 1.75);
  EXPECT_DOUBLE_EQ(quantile(values, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(quantile(values, 0.9), 3.7);
  EXPECT_EQ(quantile({}, 0.5), 0);
}

}  // namespace
}  // namespace motley::analysis
