#include "analysis/weak_operators.hpp"

#include <gtest/gtest.h>

#include "analysis/synthetic_log.hpp"

namespace motley::analysis {
namespace {

using schema::Metric;

/// A run of 2 Gflop and 2 GB: the synthetic cpu gives 200 Gflop/s and 20 GB/s from main memory, so
/// that it takes 0.1 s at least.
schema::Block op(const std::string& direction, const std::string& implementation,
                 double run_seconds, const std::string& cache = "cold") {
  return synthetic_block("op/conv2d", "cpu", Metric::flops_per_second, run_seconds,
                         {{"shape", "first"},
                          {"direction", direction},
                          {"implementation", implementation},
                          {"cache", cache}});
}

schema::Log log_with(const std::vector<schema::Block>& blocks) {
  schema::Log log = synthetic_log({{"cpu"}, 2, 1, 0});
  log.blocks.insert(log.blocks.end(), blocks.begin(), blocks.end());
  return log;
}

TEST(WeakOperators, TheBestImplementationIsJudged) {
  const auto result =
      weak_operators(log_with({op("forward", "simd", 0.5), op("forward", "a", 0.3),
                               op("backward_data", "a", 0.9), op("backward_data", "simd", 0.5)}));
  EXPECT_EQ(result.judged, 2u);
  ASSERT_EQ(result.weak.size(), 1u);
  EXPECT_EQ(result.weak[0].direction, "backward_data");
  EXPECT_EQ(result.weak[0].implementation, "simd");
  EXPECT_NEAR(result.weak[0].share, 0.2, 1e-9);
  EXPECT_TRUE(result.weak[0].memory_bound);
}

TEST(WeakOperators, TheRooflineIsOfMainMemoryAndOfTheSameProcessor) {
  schema::Log log = log_with({op("forward", "simd", 0.5)});
  log.blocks.push_back(synthetic_block("flops/fp32", "opencl:0", Metric::flops_per_second, 1e-6));
  const auto result = weak_operators(log);
  const Roofline& cpu = result.rooflines.at("cpu");
  EXPECT_NEAR(cpu.flops_per_second, 2e11, 1);
  EXPECT_NEAR(cpu.bytes_per_second, 2e10, 1);  // 200 GB/s from the caches
  EXPECT_EQ(cpu.bandwidth_from, "bandwidth/read at 4 MiB or more");
  EXPECT_FALSE(result.rooflines.contains("opencl:0")) << "it has no operators";
}

TEST(WeakOperators, ArithmeticBoundsWhereTheIntensityIsHigh) {
  schema::Block dense = op("forward", "simd", 0.05);
  dense.work = {2e9, 1e6, 1e6, 1};
  const auto result = weak_operators(log_with({dense}));
  ASSERT_EQ(result.weak.size(), 1u);
  EXPECT_NEAR(result.weak[0].share, 0.2, 1e-9);
  EXPECT_FALSE(result.weak[0].memory_bound);
}

TEST(WeakOperators, WarmOperandsSayNothing) {
  const auto result =
      weak_operators(log_with({op("forward", "simd", 0.5), op("forward", "simd", 0.01, "warm")}));
  ASSERT_EQ(result.weak.size(), 1u);
  EXPECT_NEAR(result.weak[0].share, 0.2, 1e-9);
}

TEST(WeakOperators, WithoutPeakOrBandwidthItSaysSo) {
  schema::Log log = log_with({});
  std::erase_if(log.blocks, [](const auto& one) { return one.key.case_name == "flops/fp32"; });
  log.blocks.push_back(op("forward", "simd", 0.5));
  EXPECT_EQ(weak_operators(log).judged, 0u);
  EXPECT_NE(weak_operators_text(log).find("no flops/fp32"), std::string::npos);
  log.blocks = {op("forward", "simd", 0.5)};
  EXPECT_NE(weak_operators_text(log).find("neither flops/fp32 nor"), std::string::npos);
  log.blocks.clear();
  EXPECT_NE(weak_operators_text(log).find("No operators"), std::string::npos);
}

TEST(WeakOperators, OfANetworkTheCostlyNineTenthsAreJudged) {
  schema::Block step = synthetic_block("lenet5/training", "cpu", Metric::seconds_per_operation, 1);
  schema::OperatorTime conv{"conv1", "conv2d", "forward", "simd", 0.6, 0, 2e10, 0};
  schema::OperatorTime pool{"pool1", "max_pool", "forward", "simd", 0.35, 0, 0, 6e9};
  schema::OperatorTime loss{"loss", "cross_entropy", "loss", "simd", 0.05, 0, 1, 1};
  step.operators = {loss, conv, pool};
  schema::Block again = step;
  again.operators[1].seconds = 1.0;  // in median 0.8 s, of which 0.1 s are needed
  const auto result = weak_operators(log_with({step, again}));
  EXPECT_EQ(result.judged, 2u) << "the loss costs nothing";
  ASSERT_EQ(result.weak.size(), 1u);
  EXPECT_EQ(result.weak[0].name, "lenet5/training");
  EXPECT_EQ(result.weak[0].shape, "conv1");
  EXPECT_NEAR(result.weak[0].share, 0.125, 1e-9);
}

TEST(WeakOperators, WhatWasNeverRightIsTold) {
  schema::Block wrong = op("forward", "simd", 0.5), other = op("backward_data", "a", 0.1);
  wrong.status = schema::Status::wrong;
  const auto result = weak_operators(log_with({wrong, other}));
  EXPECT_EQ(result.judged, 1u);
  ASSERT_EQ(result.without_result.size(), 1u);
  EXPECT_EQ(result.without_result[0], "cpu conv2d first forward");
}

}  // namespace
}  // namespace motley::analysis
