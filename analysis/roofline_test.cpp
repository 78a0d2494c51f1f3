#include "analysis/roofline.hpp"

#include <cmath>
#include <gtest/gtest.h>

#include "analysis/profiled_network.hpp"
#include "analysis/roofline_text.hpp"
#include "analysis/synthetic_log.hpp"

namespace motley::analysis {
namespace {

using schema::Metric;
using Kind = RooflinePoint::Kind;

/// The synthetic cpu: 200 Gflop/s; 200 GB/s up to 1 MiB, 20 GB/s from 4 MiB on.
schema::Log ceilings_of_cpu() {
  return synthetic_log({{"cpu"}, 2, 1, 0});
}

/// 2 Gflop and 2 GB.
schema::Block op(const std::string& implementation, double seconds,
                 const std::string& cache = "cold") {
  return synthetic_block("op/conv2d", "cpu", Metric::flops_per_second, seconds,
                         {{"shape", "first"},
                          {"direction", "forward"},
                          {"implementation", implementation},
                          {"cache", cache}});
}

schema::Block network(double memory_bytes) {
  schema::Block step =
      synthetic_block("lenet5/training", "cpu", Metric::seconds_per_operation, 1000);
  step.timeline["run"]["profiled_seconds"] = 1.1;
  step.operators = {{"conv1", "conv2d", "forward", "simd", 0.5, 0, 2e10, 1e8},
                    {"relu1", "relu", "forward", "simd", 0.4, 0, 0, 2e9}};
  if (memory_bytes > 0) step.memory["planned"] = memory_bytes;
  return step;
}

const RooflinePoint& point(const Roofline& all, const std::string& name) {
  for (const RooflinePoint& one : all.points) {
    if (one.name == name) return one;
  }
  throw std::out_of_range(name);
}

TEST(Ceilings, AreTheBestOfEachUnitAndLevel) {
  schema::Log log = ceilings_of_cpu();
  log.blocks.push_back(synthetic_block("flops/matrix_bf16", "cpu", Metric::flops_per_second, 1e-3));
  log.blocks.push_back(synthetic_block("flops/int8_dot", "cpu", Metric::flops_per_second, 2e-3));
  const Roofline all = roofline(log);
  ASSERT_EQ(all.arithmetic.size(), 3u);
  EXPECT_EQ(name_of(all.arithmetic[0]), "f32 vector");
  EXPECT_NEAR(all.arithmetic[0].per_second, 2e11, 1);
  EXPECT_EQ(name_of(all.arithmetic[1]), "bf16 matrix");
  EXPECT_NEAR(all.arithmetic[1].per_second, 2e12, 1);
  EXPECT_EQ(name_of(all.arithmetic[2]), "i8 dot product");
  ASSERT_EQ(all.memory.size(), 2u);
  EXPECT_NEAR(all.memory[0].bytes_per_second, 2e11, 1);
  EXPECT_FALSE(all.memory[0].main_memory);
  EXPECT_EQ(all.memory[0].case_name, "bandwidth/read");
  EXPECT_NEAR(all.memory[1].bytes_per_second, 2e10, 1);
  EXPECT_TRUE(all.memory[1].main_memory);
  EXPECT_EQ(name_of(all.memory[1]), "4 MiB or more");
}

TEST(Roofline, ColdOperandsComeFromMainMemoryWarmOnesFromWhereTheyFit) {
  schema::Log log = ceilings_of_cpu();
  log.blocks.push_back(op("simd", 0.5));
  log.blocks.push_back(op("simd", 0.05, "warm"));
  log.blocks.back().work = {2e9, 2.5e5, 2.5e5, 1};
  const Roofline all = roofline(log);
  ASSERT_EQ(all.points.size(), 2u);
  EXPECT_NEAR(all.points[0].share(), 0.2, 1e-9);  // 2 GB at 20 GB/s in 0.5 s
  EXPECT_TRUE(all.points[0].memory_bound());
  EXPECT_TRUE(all.points[0].from_main_memory);
  EXPECT_NEAR(all.points[0].intensity(), 1, 1e-9);
  EXPECT_FALSE(all.points[1].from_main_memory);
  EXPECT_NEAR(all.points[1].roof.bytes_per_second, 2e11, 1);
  EXPECT_FALSE(all.points[1].memory_bound());
  EXPECT_NEAR(all.points[1].share(), 0.2, 1e-9);  // 10 ms of arithmetic in 50 ms
  EXPECT_TRUE(all.missing.empty());
}

TEST(Roofline, WhatIsExecutedCounts) {
  schema::Log log = ceilings_of_cpu();
  log.blocks.push_back(op("winograd_2x3", 0.05));
  log.blocks.back().executed_work = schema::Work{1e9, 1e6, 1e6, 0};
  const Roofline all = roofline(log);
  EXPECT_NEAR(all.points.at(0).share(), 0.1, 1e-9);
  EXPECT_NEAR(all.points.at(0).flops_per_second(), 2e10, 1);
}

TEST(Roofline, TheFastestImplementationIsMarked) {
  schema::Log log = ceilings_of_cpu();
  for (const auto& [who, seconds] : {std::pair{"a", 0.5}, {"b", 0.3}, {"c", 0.4}}) {
    log.blocks.push_back(op(who, seconds));
  }
  const Roofline all = roofline(log);
  ASSERT_EQ(all.points.size(), 3u);
  for (const RooflinePoint& one : all.points) {
    EXPECT_EQ(one.fastest, one.implementation == "b") << one.implementation;
  }
  EXPECT_EQ(point_table(all, Shown::main).rows.size(), 1u);
  EXPECT_EQ(point_table(all, Shown::all).rows.size(), 3u);
}

TEST(Roofline, ANetworkLiesAboveItsOperatorsInTheLevelOfItsMemory) {
  schema::Log log = ceilings_of_cpu();
  log.blocks.push_back(network(5e5));
  log.blocks.back().timeline["operator_executed_flops"]["conv1"] = 1e10;
  const Roofline all = roofline(log);
  ASSERT_EQ(all.points.size(), 3u);
  EXPECT_EQ(all.points[0].kind, Kind::network);
  EXPECT_NEAR(all.points[0].flops, 1e10, 1);
  EXPECT_NEAR(all.points[0].seconds, 1, 1e-9) << "whole steps, not profiled ones";
  EXPECT_EQ(all.points[0].network, "lenet5 training");
  EXPECT_NEAR(point(all, "conv1").share(), 0.1, 1e-9);
  EXPECT_FALSE(point(all, "relu1").from_main_memory);
  EXPECT_NEAR(point(all, "relu1").share(), 0.025, 1e-9);
  EXPECT_EQ(point_table(all, Shown::main).rows.size(), 3u);

  log.blocks.back().memory.clear();
  EXPECT_TRUE(point(roofline(log), "relu1").from_main_memory);
  EXPECT_NEAR(point(roofline(log), "relu1").share(), 0.25, 1e-9);
}

TEST(Roofline, WhatIsMissingNamesTheCommand) {
  schema::Log log;
  log.runs.emplace_back();
  log.blocks = {op("simd", 0.5), op("other", 0.5), network(0)};
  const Roofline all = roofline(log);
  ASSERT_EQ(all.points.size(), 5u);
  EXPECT_EQ(all.points[0].share(), 0);
  ASSERT_EQ(all.missing.size(), 1u) << "once for each processor";
  EXPECT_EQ(all.missing[0].what, "flops/fp32 and bandwidth/*");
  EXPECT_EQ(all.missing[0].command, "motley run --filter '^(flops|bandwidth)/' --on cpu");
  EXPECT_NE(roofline_text(all, Shown::main).find("motley run"), std::string::npos);
  EXPECT_NE(roofline_text(roofline({}), Shown::main).find("No operators"), std::string::npos);
}

TEST(Roofline, HostileFiguresGiveNoPoints) {
  schema::Log log = ceilings_of_cpu();
  log.blocks.push_back(op("simd", 0));
  log.blocks.push_back(op("empty", 1));
  log.blocks.back().samples.host_seconds.clear();
  log.blocks.push_back(network(-5));
  log.blocks.back().operators[0].seconds = -1;
  log.blocks.back().operators[0].bytes = 0;
  const Roofline all = roofline(log);
  for (const RooflinePoint& one : all.points) {
    EXPECT_GT(one.seconds, 0);
    EXPECT_TRUE(std::isfinite(one.share()));
    EXPECT_TRUE(std::isfinite(one.intensity()));
  }
}

TEST(Roofline, LinesFitATerminal) {
  schema::Log log = ceilings_of_cpu();
  log.blocks.push_back(op("an implementation with a very long name indeed", 0.5));
  log.blocks.push_back(network(5e5));
  const std::string text = roofline_text(roofline(log), Shown::all);
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    EXPECT_LE(end - begin, 80u) << text.substr(begin, end - begin);
    begin = end + 1;
  }
}

TEST(ProfiledNetwork, TheMedianBlockStandsForAll) {
  schema::Log log;
  for (const double seconds : {3.0, 1.0, 2.0}) {
    log.blocks.push_back(network(0));
    log.blocks.back().timeline["run"]["profiled_seconds"] = seconds;
    log.blocks.back().operators[1].seconds = seconds;
  }
  log.blocks[0].operators[0].implementation = "other";
  const auto all = profiled_networks(log);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].block, &log.blocks[2]);
  EXPECT_EQ(all[0].operators[1].seconds, 2.0);
  EXPECT_EQ(all[0].operators[0].implementation, "") << "blocks chose different ones";
  EXPECT_EQ(all[0].figure("run", "profiled_seconds"), 2.0);
  EXPECT_EQ(all[0].figure("device", "gap"), 0);
}

}  // namespace
}  // namespace motley::analysis
