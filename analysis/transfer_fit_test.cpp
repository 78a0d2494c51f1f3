#include "analysis/transfer_fit.hpp"

#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <random>

namespace motley::analysis {
namespace {

using Law = std::function<double(double)>;

/// 4 B to 64 MiB; relative noise as of medians on a shared machine.
std::vector<TransferPoint> measured(const Law& law, double step = 4, double noise = 0,
                                    unsigned seed = 1) {
  std::mt19937 generator(seed);
  std::normal_distribution<double> spread(0, noise > 0 ? noise : 1);
  std::vector<TransferPoint> points;
  for (double bytes = 4; bytes <= 64 << 20; bytes *= step) {
    points.push_back({bytes, law(bytes) * (noise > 0 ? 1 + spread(generator) : 1)});
  }
  return points;
}

double affine(double bytes) {
  return 80e-6 + bytes / 4e9;
}

/// Up to 32 KiB through a slow path, behind it set up once more and then fast.
double broken(double bytes) {
  return bytes <= 32 << 10 ? 10e-6 + bytes / 0.5e9 : 60e-6 + bytes / 8e9;
}

TEST(TransferFitTest, OneLawIsOneSegmentAndExact) {
  const TransferFit fit = fit_transfer(measured(affine));
  EXPECT_EQ(fit.verdict, TransferFit::Verdict::affine);
  ASSERT_EQ(fit.segments.size(), 1u);
  EXPECT_NEAR(fit.alpha_seconds.value(), 80e-6, 1e-6 * 80e-6 + 64 / 4e9);
  EXPECT_NEAR(fit.bytes_per_second().value(), 4e9, 4e3);
  EXPECT_NEAR(fit.half_performance_bytes.value(), 80e-6 * 4e9, 10);
  EXPECT_LT(fit.worst_residual, 1e-6);
}

TEST(TransferFitTest, RecoversEmulatedDelaysWithinFivePercentUnderNoise) {
  for (const double call : {80e-6, 900e-6}) {
    for (unsigned seed = 1; seed <= 100; ++seed) {
      std::vector<TransferPoint> points;  // four rounds
      for (unsigned round = 0; round < 4; ++round) {
        const auto more =
            measured([&](double bytes) { return call + bytes / 4e9; }, 4, 0.03, 10 * seed + round);
        points.insert(points.end(), more.begin(), more.end());
      }
      const TransferFit fit = fit_transfer(points);
      EXPECT_EQ(fit.verdict, TransferFit::Verdict::affine) << seed;
      EXPECT_NEAR(fit.alpha_seconds.value() / call, 1, 0.05) << seed;
      EXPECT_NEAR(fit.bytes_per_second().value() / 4e9, 1, 0.05) << seed;
    }
  }
}

TEST(TransferFitTest, FindsABreakAt32KibibytesInTheData) {
  for (const double noise : {0.0, 0.02}) {
    for (unsigned seed = 1; seed <= 20; ++seed) {
      const TransferFit fit = fit_transfer(measured(broken, 2, noise, seed));
      EXPECT_EQ(fit.verdict, TransferFit::Verdict::affine);
      ASSERT_GE(fit.segments.size(), 2u);
      ASSERT_LE(fit.segments.size(), 3u);
      EXPECT_EQ(fit.segments.front().to_bytes, fit.segments[1].from_bytes);
      const bool found = std::any_of(fit.segments.begin() + 1, fit.segments.end(), [](auto& one) {
        return one.from_bytes > 30e3 && one.from_bytes < 70e3;
      });
      EXPECT_TRUE(found) << noise << " " << seed;
      EXPECT_NEAR(fit.bytes_per_second().value() / 8e9, 1, 0.1);
    }
  }
  const TransferFit exact = fit_transfer(measured(broken, 2));
  ASSERT_EQ(exact.segments.size(), 2u);
  EXPECT_NEAR(exact.segments[0].bytes_per_second.value(), 0.5e9, 1e3);
  EXPECT_NEAR(exact.segments[1].fixed_seconds, 60e-6, 1e-9);
  EXPECT_NEAR(exact.half_performance_bytes.value(), 60e-6 * 8e9, 100);
}

TEST(TransferFitTest, LinesThatCrossBreakWhereTheyCross) {
  // A cache of 1 MiB: behind it each further byte costs more, without a jump.
  const TransferFit fit = fit_transfer(measured(
      [](double bytes) {
        return 5e-6 + bytes / 40e9 + std::max(0.0, bytes - (1 << 20)) * (1 / 10e9 - 1 / 40e9);
      },
      2));
  ASSERT_EQ(fit.segments.size(), 2u);
  EXPECT_NEAR(fit.segments[1].from_bytes, 1 << 20, 1e4);
  EXPECT_LT(fit.segments[1].fixed_seconds, 0);
  EXPECT_NEAR(fit.bytes_per_second().value(), 10e9, 1e6);
  // Half of 10 GB/s is reached in the first segment: b / (5 us + b / 40 GB/s) = 5 GB/s.
  EXPECT_NEAR(fit.half_performance_bytes.value(), 5e-6 * 5e9 / (1 - 5.0 / 40), 100);
}

TEST(TransferFitTest, WhatFollowsNoLineIsNotAffine) {
  unsigned i = 0;
  const TransferFit fit =
      fit_transfer(measured([&](double bytes) { return affine(bytes) * (i++ % 2 ? 1.6 : 1); }));
  EXPECT_EQ(fit.verdict, TransferFit::Verdict::not_affine);
  EXPECT_EQ(to_string(fit.verdict), "not affine");
  EXPECT_GT(fit.worst_residual, 0.15);
  EXPECT_GT(fit.worst_residual_bytes, 0);
  EXPECT_FALSE(fit.bytes_per_second().has_value());
  EXPECT_FALSE(fit.half_performance_bytes.has_value());
}

TEST(TransferFitTest, TheWorstResidualDecidesAt15Percent) {
  const auto with_outlier = [](double factor) {
    auto points = measured(affine, 256);  // too few for a second segment
    points[2].seconds *= factor;
    return fit_transfer(points);
  };
  EXPECT_EQ(with_outlier(1.10).verdict, TransferFit::Verdict::affine);
  const TransferFit fit = with_outlier(1.35);
  EXPECT_EQ(fit.verdict, TransferFit::Verdict::not_affine);
  EXPECT_EQ(fit.worst_residual_bytes, 4 * 256 * 256);
}

TEST(TransferFitTest, TimeThatDoesNotGrowHasNoBandwidth) {
  const TransferFit fit = fit_transfer(measured([](double) { return 30e-6; }));
  EXPECT_EQ(fit.verdict, TransferFit::Verdict::affine);
  EXPECT_FALSE(fit.bytes_per_second().has_value());
}

TEST(TransferFitTest, TooFewSizesGiveAlphaAtMost) {
  const TransferFit fit = fit_transfer(std::vector<TransferPoint>{{4, 1e-5}, {1 << 20, 1e-4}});
  EXPECT_EQ(fit.verdict, TransferFit::Verdict::too_few_sizes);
  EXPECT_DOUBLE_EQ(fit.alpha_seconds.value(), 1e-5);
  EXPECT_TRUE(fit.segments.empty());
  EXPECT_FALSE(fit_transfer({}).alpha_seconds.has_value());
}

TEST(TransferFitTest, ThreeLevelsAndACallNeedFourLines) {
  // Medians of memcpy on a core with 48 KiB, 2 MiB and shared L3: two sizes each in L2 and L3.
  const std::vector<TransferPoint> points{
      {4, 8.36e-9},       {16, 8.54e-9},      {64, 7.94e-9},      {256, 9.04e-9},
      {1024, 1.13e-8},    {4096, 2.75e-8},    {16384, 7.28e-8},   {65536, 1.34e-6},
      {262144, 5.28e-6},  {1 << 20, 3.22e-5}, {4 << 20, 2.90e-4}, {16 << 20, 1.19e-3},
      {64 << 20, 7.38e-3}};
  const TransferFit fit = fit_transfer(points);
  EXPECT_EQ(fit.verdict, TransferFit::Verdict::affine) << fit.worst_residual;
  ASSERT_EQ(fit.segments.size(), 4u);
  EXPECT_NEAR(fit.segments[1].bytes_per_second.value(), 49.9e9, 1e9);
  EXPECT_NEAR(fit.bytes_per_second().value(), (48 << 20) / (7.38e-3 - 1.19e-3), 0.3e9);
}

TEST(TransferFitTest, ASeriesIsNotAffineBecauseEachLineHasTwoPoints) {
  std::vector<TransferPoint> points;
  for (int i = 0; i < 8; ++i) points.push_back({std::pow(8, i), i % 2 ? 1e-5 : 3e-5});
  EXPECT_EQ(fit_transfer(points).verdict, TransferFit::Verdict::not_affine);
}

TEST(TransferFitTest, GrowthWithinTheNoiseOfCallsIsNoBandwidth) {
  const TransferFit fit =
      fit_transfer(measured([](double bytes) { return 26e-6 + bytes / 4.8e15; }, 4, 0.02));
  EXPECT_EQ(fit.verdict, TransferFit::Verdict::affine);
  EXPECT_FALSE(fit.bytes_per_second().has_value());
  EXPECT_FALSE(fit.half_performance_bytes.has_value());
}

}  // namespace
}  // namespace motley::analysis
