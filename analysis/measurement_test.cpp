#include "analysis/measurement.hpp"

#include <cmath>
#include <gtest/gtest.h>

#include "analysis/synthetic_log.hpp"

namespace motley::analysis {
namespace {

schema::Log blocks_of(const std::vector<std::pair<int, double>>& process_and_seconds) {
  schema::Log log;
  for (const auto& [process, seconds] : process_and_seconds) {
    log.blocks.push_back(
        synthetic_block("flops/fp32", "cpu", schema::Metric::flops_per_second, seconds));
    log.blocks.back().process = process;
  }
  return log;
}

TEST(Measurement, DerivesTheFigureThatTheMetricNames) {
  using schema::Metric;
  EXPECT_DOUBLE_EQ(figure(synthetic_block("x/y", "cpu", Metric::flops_per_second, 0.5)), 4e9);
  EXPECT_DOUBLE_EQ(figure(synthetic_block("x/y", "cpu", Metric::bytes_per_second, 0.5)), 4e9);
  EXPECT_DOUBLE_EQ(figure(synthetic_block("x/y", "cpu", Metric::seconds_per_operation, 0.5)), 5e-4);
  EXPECT_DOUBLE_EQ(figure(synthetic_block("x/y", "cpu", Metric::operations_per_second, 0.5)), 2e3);
  schema::Block no_samples = synthetic_block("x/y", "cpu", Metric::flops_per_second, 0.5);
  no_samples.samples.host_seconds.clear();
  EXPECT_EQ(figure(no_samples), 0);
}

TEST(Measurement, IsTheMedianOfItsBlocks) {
  const auto all = measurements(blocks_of({{0, 0.01}, {0, 0.02}, {1, 0.01}, {1, 0.04}, {2, 0.02}}));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].blocks.size(), 5u);
  EXPECT_DOUBLE_EQ(all[0].value(), 1e11);
  EXPECT_DOUBLE_EQ(all[0].smallest(), 0.5e11);
  EXPECT_DOUBLE_EQ(all[0].largest(), 2e11);
}

TEST(Measurement, TellsProcessesFromRounds) {
  // Equal within each process, a tenth apart between them.
  const auto between = measurements(blocks_of({{0, 1.0}, {0, 1.0}, {1, 1.1}, {1, 1.1}}));
  EXPECT_NEAR(between[0].between_processes(), std::log(1.1) / std::sqrt(2.0), 1e-12);
  EXPECT_NEAR(between[0].within_processes(), 0, 1e-12);
  const auto within = measurements(blocks_of({{0, 1.0}, {0, 1.1}, {1, 1.0}, {1, 1.1}}));
  EXPECT_NEAR(within[0].between_processes(), 0, 1e-12);
  EXPECT_NEAR(within[0].within_processes(), std::log(1.1) / std::sqrt(2.0), 1e-12);
}

TEST(Measurement, KeepsSuspectBlocksOutOfItsFigures) {
  schema::Log log = blocks_of({{0, 0.01}, {1, 0.01}, {2, 0.001}});
  log.blocks[2].status = schema::Status::suspect;
  log.blocks.push_back(log.blocks[2]);
  log.blocks[3].key.processor = "opencl:0";
  log.blocks.push_back(log.blocks[0]);
  log.blocks[4].status = schema::Status::wrong;
  const auto all = measurements(log);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].blocks.size(), 2u);
  EXPECT_EQ(all[0].suspect.size(), 1u);
  EXPECT_DOUBLE_EQ(all[0].value(), 2e11);
  EXPECT_TRUE(all[1].blocks.empty()) << "only suspect blocks: last";
}

TEST(Measurement, JoinsFindingsAndIsDisturbedByHalfOfItsBlocks) {
  schema::Log log = blocks_of({{0, 1}, {1, 1}, {2, 1}, {3, 1}});
  log.blocks[0].findings = {{"drift", ""}, {"governor_not_fixed", ""}};
  EXPECT_FALSE(measurements(log)[0].disturbed());
  log.blocks[3].findings = {{"noisy", ""}};
  EXPECT_TRUE(measurements(log)[0].disturbed());
  EXPECT_EQ(measurements(log)[0].findings, (std::set<std::string>{"drift", "noisy"}));
}

TEST(Measurement, ShareOfCeilingIsOfExecutedWork) {
  schema::Log log = blocks_of({{0, 1}, {1, 1}});
  log.blocks[0].ceiling_flops_per_second = 4e9;
  EXPECT_DOUBLE_EQ(measurements(log)[0].share_of_ceiling(), 0.5);
  log.blocks[0].executed_work = schema::Work{3e9, 0, 0, 0};
  EXPECT_DOUBLE_EQ(measurements(log)[0].share_of_ceiling(), 0.75);
}

}  // namespace
}  // namespace motley::analysis
