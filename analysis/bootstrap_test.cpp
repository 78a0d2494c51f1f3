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

double median_of(const Rounds& rounds) {
  std::vector<double> values;
  for (const auto& process : rounds) values.insert(values.end(), process.begin(), process.end());
  return median(values);
}

double normal_below(double z) {
  return std::erfc(-z / std::sqrt(2.0)) / 2;
}

double normal_quantile(double p) {
  double low = -9, high = 9;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (normal_below(middle) < p ? low : high) = middle;
  }
  return low;
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

TEST(Bootstrap, TheMedianOfAnEvenNumberLiesBetweenItsTwoMiddles) {
  // Of 0 and 1 a quarter of resamples are 0 and 0, a quarter 1 and 1, half have the median 0.5.
  const auto ratio = Bootstrap(1, 2000, 0.4).paired_ratio(std::vector<double>{0, 1});
  EXPECT_DOUBLE_EQ(std::log(ratio->percentile.low), 0.5);
  EXPECT_DOUBLE_EQ(std::log(ratio->percentile.high), 0.5);
}

/// Cubes over squares of what each process does to the ratio, as Davison and Hinkley write it.
double acceleration(const Rounds& first, const Rounds& second) {
  double cubes = 0, squares = 0;
  for (const Rounds* side : {&first, &second}) {
    const auto n = static_cast<double>(side->size());
    std::vector<double> without;
    for (std::size_t i = 0; i < side->size(); ++i) {
      Rounds fewer = *side;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      without.push_back(side == &first ? median_of(second) / median_of(fewer)
                                       : median_of(fewer) / median_of(first));
    }
    double mean = 0;
    for (const double one : without) mean += one / n;
    for (const double one : without) {
      cubes += std::pow((n - 1) * (mean - one), 3) / (n * n * n);
      squares += std::pow((n - 1) * (mean - one), 2) / (n * n);
    }
  }
  return cubes / std::pow(squares, 1.5) / 6;
}

/// 25 rounds of each process.
Rounds spread_side(Noise& noise, std::size_t processes, double between) {
  Rounds all(processes, std::vector<double>(25));
  for (std::vector<double>& process : all) {
    const double level = between * noise.normal();
    for (double& round : process) round = std::exp(level + 0.5 * noise.normal());
  }
  return all;
}

TEST(Bootstrap, SkewedResamplesAreCorrectedAsEfronSays) {
  Noise noise(550);  // a seed with an acceleration that shows: a median's is mostly near 0
  const Rounds first = spread_side(noise, 3, 0.05), second = spread_side(noise, 4, 0.5);
  const auto ours = Bootstrap(1, 20000, 0.8).ratio_of_medians(first, second);
  std::vector<double> ratios;
  double below = 0;
  for (int i = 0; i < 20000; ++i) {
    ratios.push_back(median_of_resample(noise, second) / median_of_resample(noise, first));
    below += ratios.back() < ours->ratio ? 1.0 / 20000 : 0;
  }
  const double a = acceleration(first, second), z0 = normal_quantile(below);
  const auto adjusted = [&](double z) { return normal_below(z0 + (z0 + z) / (1 - a * (z0 + z))); };
  const auto share_below = [&](double value) {
    return double(
               std::count_if(ratios.begin(), ratios.end(), [&](double r) { return r < value; })) /
           20000;
  };
  EXPECT_GT(std::abs(a), 0.05);
  EXPECT_GT(std::abs(z0), 0.05);
  EXPECT_NEAR(share_below(ours->bca.low), adjusted(normal_quantile(0.1)), 0.008);
  EXPECT_NEAR(share_below(ours->bca.high), adjusted(normal_quantile(0.9)), 0.008);
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
  EXPECT_FALSE(bootstrap.ratio_of_medians(some, {{1, 0}}));
  EXPECT_FALSE(bootstrap.paired_ratio({}));
  EXPECT_FALSE(bootstrap.paired_ratio(std::vector<double>{0.1, std::log(0.0)}));
  EXPECT_FALSE(bootstrap.paired_ratio(std::vector<double>(100, std::nan(""))));
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
