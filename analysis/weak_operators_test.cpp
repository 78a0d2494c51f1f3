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
  const Roof& cpu = result.rooflines.at({"cpu", "f32"});
  EXPECT_NEAR(cpu.peak.per_second, 2e11, 1);
  EXPECT_EQ(cpu.peak.case_names, "flops/fp32");
  EXPECT_NEAR(cpu.bytes_per_second, 2e10, 1);  // 200 GB/s from the caches
  EXPECT_EQ(cpu.bandwidth_from, "bandwidth/read at 4 MiB or more");
  EXPECT_FALSE(result.rooflines.contains({"opencl:0", "f32"})) << "it has no operators";
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
  EXPECT_EQ(result.weak[0].network, "lenet5 training");
  EXPECT_EQ(result.weak[0].name, "conv1");
  EXPECT_NEAR(result.weak[0].share, 0.125, 1e-9);
}

schema::Block mlp_step(const std::string& widths, const std::string& residency,
                       const std::string& implementation) {
  schema::Block step = synthetic_block("mlp/training", "opencl:0", Metric::seconds_per_operation, 1,
                                       {{"widths", widths},
                                        {"batch", std::int64_t{32}},
                                        {"bias", std::int64_t{1}},
                                        {"optimizer", "momentum"},
                                        {"residency", residency},
                                        {"implementation", "auto"},
                                        {"dtype", "f32"}});
  step.operators = {{"dense1", "dense", "forward", implementation, 0.5, 0, 1e9, 0},
                    {"dense2", "dense", "forward", implementation, 0.5, 0, 1e9, 0}};
  return step;
}

std::vector<schema::Block> roof_of_opencl() {
  return {synthetic_block("flops/fp32", "opencl:0", Metric::flops_per_second, 0.01),
          synthetic_block("bandwidth/read", "opencl:0", Metric::bytes_per_second, 0.1,
                          {{"bytes", std::int64_t{1 << 26}}})};
}

TEST(WeakOperators, RowsOfNetworksNameTheModelAndWhatDiffers) {
  schema::Log log = log_with(roof_of_opencl());
  for (const char* widths : {"16-16", "256-256"}) {
    for (const char* residency : {"resident", "staged"}) {
      log.blocks.push_back(mlp_step(widths, residency, "opencl/tiled"));
    }
  }
  const auto result = weak_operators(log);
  std::vector<std::string> networks;
  for (const OperatorShare& one : result.weak) networks.push_back(one.network);
  EXPECT_EQ(networks,
            (std::vector<std::string>{
                "mlp training batch=32 widths=16-16", "mlp training batch=32 widths=16-16",
                "mlp training batch=32 widths=16-16 residency=staged",
                "mlp training batch=32 widths=16-16 residency=staged",
                "mlp training batch=32 widths=256-256", "mlp training batch=32 widths=256-256",
                "mlp training batch=32 widths=256-256 residency=staged",
                "mlp training batch=32 widths=256-256 residency=staged"}));
  const std::string text = weak_operators_text(log);
  EXPECT_NE(text.find("opencl:0 mlp training batch=32 widths=16-16 residency=staged\n  dense1 "),
            std::string::npos)
      << text;
}

TEST(WeakOperators, OperatorsOfANetworkAreJoinedByName) {
  schema::Log log = log_with(roof_of_opencl());
  log.blocks.push_back(mlp_step("16-16", "resident", "a"));
  schema::Block other = mlp_step("16-16", "resident", "a");
  std::swap(other.operators[0], other.operators[1]);
  other.operators[0] = {"dense2", "dense", "forward", "b", 1.5, 0, 1e9, 0};
  log.blocks.push_back(other);
  const auto result = weak_operators(log);
  ASSERT_EQ(result.weak.size(), 2u);
  EXPECT_EQ(result.weak[0].name, "dense2");
  EXPECT_NEAR(result.weak[0].share, 1e9 / 2e11 / 1.0, 1e-9) << "in median 1 s";
  EXPECT_EQ(result.weak[0].implementation, "") << "a and b";
  EXPECT_EQ(result.weak[1].implementation, "a");
}

TEST(WeakOperators, WhatADeviceLeftToTheCpuIsNotItsOwn) {
  schema::Log log = log_with(roof_of_opencl());
  log.blocks.push_back(mlp_step("16-16", "resident", "a"));
  log.blocks.back().details["placed_on_cpu"] = std::vector<std::string>{"dense1: as asked"};
  const auto result = weak_operators(log);
  ASSERT_EQ(result.weak.size(), 1u);
  EXPECT_EQ(result.weak[0].name, "dense2");
}

TEST(WeakOperators, OperatorsOfBytesTakeThePeakOfBytes) {
  schema::Block bytes = op("forward", "simd", 0.05);
  bytes.key.case_name = "op/conv2d_int8";
  bytes.key.parameters["dtype"] = "i8";
  bytes.work = {2e10, 1e6, 1e6, 1};
  schema::Log log = log_with({bytes});
  EXPECT_EQ(weak_operators(log).judged, 0u);
  EXPECT_NE(weak_operators_text(log).find("no flops/int8_dot or flops/matrix_int8"),
            std::string::npos)
      << weak_operators_text(log);
  log.blocks.push_back(synthetic_block("flops/int8_dot", "cpu", Metric::flops_per_second, 1e-3));
  const auto result = weak_operators(log);  // 2000 Gop/s: 10 ms would do
  ASSERT_EQ(result.weak.size(), 1u);
  EXPECT_NEAR(result.weak[0].share, 0.2, 1e-9);
}

TEST(WeakOperators, ABlockThatFailedLaterTakesNothingAway) {
  schema::Block failed = op("forward", "simd", 0.5);
  failed.status = schema::Status::failed;
  failed.work = {};
  const auto result = weak_operators(log_with({op("forward", "simd", 0.5), failed}));
  ASSERT_EQ(result.weak.size(), 1u);
  EXPECT_NEAR(result.weak[0].share, 0.2, 1e-9);
  EXPECT_EQ(result.weak[0].name, "conv2d");
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
