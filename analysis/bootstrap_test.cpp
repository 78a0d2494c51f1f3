#include "analysis/bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

#include "analysis/synthetic_noise.hpp"

namespace motley::analysis {
namespace {

/// Processes that differ by 1 % and their rounds by 1 % more, around `level`.
Rounds side(Noise& noise, std::size_t processes, std::size_t rounds, double level = 1) {
  Rounds all(processes);
  for (std::vector<double>& process : all) {
    const double of_process = 0.01 * noise.normal();
    for (std::size_t i = 0; i < rounds; ++i) {
      process.push_back(level * std::exp(of_process + 0.01 * noise.normal()));
    }
  }
  return all;
}

/// A resample's median as its definition says.
double median_of_resample(Noise& noise, const Rounds& rounds) {
  const auto draw = [&](std::size_t n) {
    return static_cast<std::size_t>(noise.uniform() * static_cast<double>(n));
  };
  std::vector<double> values;
  for (std::size_t i = 0; i < rounds.size(); ++i) {
    const std::vector<double>& process = rounds[draw(rounds.size())];
    for (std::size_t j = 0; j < process.size(); ++j)
      values.push_back(process[draw(process.size())]);
  }
  return median(values);
}

bool holds(const Interval& interval, double value) {
  return interval.low <= value && value <= interval.high;
}

TEST(Bootstrap, PercentilesAreThoseOfThePlainestImplementation) {
  Noise noise(1);
  Rounds first = side(noise, 7, 3), second = side(noise, 6, 4, 1.1);
  second[2].resize(1);  // a process that was stopped early
  second.push_back({});
  const auto ours = Bootstrap(5, 20000).ratio_of_medians(first, second);
  ASSERT_TRUE(ours);
  second.pop_back();
  std::vector<double> ratios;
  for (int i = 0; i < 20000; ++i) {
    ratios.push_back(median_of_resample(noise, second) / median_of_resample(noise, first));
  }
  const double width = quantile(ratios, 0.975) - quantile(ratios, 0.025);
  EXPECT_NEAR(ours->percentile.low, quantile(ratios, 0.025), 0.03 * width);
  EXPECT_NEAR(ours->percentile.high, quantile(ratios, 0.975), 0.03 * width);
  EXPECT_NEAR(ours->ratio, 1.1, 0.02);
}

TEST(Bootstrap, MediansOfPairsAreDrawnAsBinomialTailsSay) {
  // P(median of a resample of 11 <= x_k) = P(Binomial(11, k / 11) >= 6): 0.8 % at k = 2, 4.4 %
  // at 3.
  std::vector<double> logs;
  for (int i = 0; i < 11; ++i) logs.push_back(0.01 * i);
  const auto ratio = Bootstrap(1, 20000).paired_ratio(logs);
  ASSERT_TRUE(ratio);
  EXPECT_NEAR(std::log(ratio->ratio), 0.05, 1e-12);
  EXPECT_NEAR(std::log(ratio->percentile.low), 0.02, 1e-12);
  EXPECT_NEAR(std::log(ratio->percentile.high), 0.08, 1e-12);
}

TEST(Bootstrap, AResultDependsOnItsSeedAloneAndNotOnOtherRows) {
  Noise noise(2);
  const Rounds first = side(noise, 9, 5), second = side(noise, 9, 5), other = side(noise, 4, 2);
  Bootstrap one(1), two(1);
  two.ratio_of_medians(other, second);
  two.paired_ratio(other[0]);
  const auto a = one.ratio_of_medians(first, second), b = two.ratio_of_medians(first, second);
  EXPECT_EQ(a->percentile.low, b->percentile.low);
  EXPECT_EQ(a->bca.high, b->bca.high);
  const auto c = Bootstrap(2).ratio_of_medians(first, second);
  EXPECT_NE(a->percentile.low * a->bca.high, c->percentile.low * c->bca.high);
  EXPECT_EQ(a->ratio, c->ratio);
}

TEST(Bootstrap, SidesAreDrawnIndependently) {
  Noise noise(3);
  const Rounds rounds = side(noise, 8, 3);
  const auto same = Bootstrap().ratio_of_medians(rounds, rounds);
  EXPECT_EQ(same->ratio, 1);
  EXPECT_LT(same->percentile.low, 0.997);
  EXPECT_GT(same->percentile.high, 1.003);
}

TEST(Bootstrap, NothingAndTooMuchAreRefused) {
  Bootstrap bootstrap;
  const Rounds some{{1, 2}, {1.5}}, none{{}, {}};
  EXPECT_FALSE(bootstrap.ratio_of_medians(some, none));
  EXPECT_FALSE(bootstrap.ratio_of_medians({}, some));
  EXPECT_FALSE(bootstrap.paired_ratio({}));
  const Rounds much{std::vector<double>(20000, 1.0), {1}};
  EXPECT_FALSE(bootstrap.ratio_of_medians(some, much));
}

TEST(Bootstrap, AConstantHasAnIntervalOfNoWidth) {
  Bootstrap bootstrap;
  const auto ratio = bootstrap.ratio_of_medians({{2, 2}, {2, 2}}, {{3, 3}});
  EXPECT_EQ(ratio->percentile.low, 1.5);
  EXPECT_EQ(ratio->bca.high, 1.5);
}

TEST(Bootstrap, OfTenProcessesTheIntervalsHoldMostTrueRatios) {
  Noise noise(4);
  Bootstrap bootstrap;
  int percentile = 0, bca = 0;
  constexpr int trials = 500;
  for (int trial = 0; trial < trials; ++trial) {
    const Rounds first = side(noise, 10, 3), second = side(noise, 10, 3, 0.95);
    const auto ratio = bootstrap.ratio_of_medians(first, second);
    percentile += holds(ratio->percentile, 0.95);
    bca += holds(ratio->bca, 0.95);
  }
  EXPECT_NEAR(percentile, 0.97 * trials, 0.025 * trials);
  EXPECT_NEAR(bca, 0.96 * trials, 0.025 * trials);
}

}  // namespace
}  // namespace motley::analysis
