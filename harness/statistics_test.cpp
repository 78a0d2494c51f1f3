#include "harness/statistics.hpp"

#include <gtest/gtest.h>

#include "harness/random.hpp"

namespace motley {
namespace {

TEST(Statistics, MedianOfOddEvenAndNothing) {
  EXPECT_EQ(median(std::vector<double>{3, 1, 2}), 2);
  EXPECT_EQ(median(std::vector<double>{4, 1, 3, 2}), 2.5);
  EXPECT_EQ(median({}), 0);
}

TEST(Statistics, MedianDeviation) {
  EXPECT_EQ(median_deviation(std::vector<double>{1, 1, 2, 2, 4, 6, 9}), 1);
}

TEST(Statistics, IntervalUsesTheRanksOfTheSignTest) {
  // Ranks of the 95 % interval of a median from tables of the sign test: n = 6 -> 1, 16 -> 4, 32
  // -> 10.
  for (const auto& [n, rank] : std::vector<std::pair<int, int>>{{6, 1}, {16, 4}, {32, 10}}) {
    std::vector<double> values;
    for (int i = 0; i < n; ++i)
      values.push_back(i % 2 == 0 ? i / 2 : n - 1 - i / 2);  // alternating
    const Interval interval = median_interval(values);
    ASSERT_TRUE(interval.known);
    EXPECT_EQ(interval.low, rank - 1) << n;
    EXPECT_EQ(interval.high, n - rank) << n;
  }
  EXPECT_FALSE(median_interval(std::vector<double>{1, 2, 3, 4, 5}).known);
}

TEST(Statistics, IntervalCoversTheTrueMedian) {
  int covered = 0;
  constexpr int trials = 2000;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<double> values;
    for (int i = 0; i < 25; ++i) values.push_back(random_unit(7, trial, i));
    const Interval interval = median_interval(values);
    if (interval.low <= 0.5 && 0.5 <= interval.high) ++covered;
  }
  EXPECT_GE(covered, trials * 0.94);
}

TEST(Statistics, CorrelatedSamplesWidenTheInterval) {
  std::vector<double> independent, walk;
  double state = 0;
  for (int i = 0; i < 64; ++i) {
    const double step = random_unit(11, 0, i) - 0.5;
    state = 0.9 * state + step;
    independent.push_back(step);
    walk.push_back(state);
  }
  EXPECT_LT(std::abs(lag_one_autocorrelation(independent)), 0.35);
  EXPECT_GT(lag_one_autocorrelation(walk), 0.7);
  const Interval interval = median_interval(walk);
  std::vector<double> shuffled;
  for (int i = 0; i < 64; ++i) shuffled.push_back(walk[static_cast<std::size_t>(i * 29 % 64)]);
  const Interval narrow = median_interval(shuffled);
  EXPECT_GT(interval.high - interval.low, 1.5 * (narrow.high - narrow.low));
}

TEST(Statistics, OneOutlierDoesNotHideThatSamplesAreCorrelated) {
  std::vector<double> walk;
  double state = 0;
  for (int i = 0; i < 64; ++i)
    walk.push_back(100 + (state = 0.9 * state + random_unit(11, 0, i) - 0.5));
  const Interval before = median_interval(walk);
  walk[20] = 400;
  const Interval after = median_interval(walk);
  EXPECT_GT(after.high - after.low, 0.8 * (before.high - before.low));
}

}  // namespace
}  // namespace motley
