#include "analysis/statistics.hpp"

#include <gtest/gtest.h>

namespace motley::analysis {
namespace {

TEST(Statistics, QuantilesAreOfTypeSeven) {
  const std::vector<double> values{4, 1, 3, 2};  // R: quantile(1:4, c(.25, .5, .9), type = 7)
  EXPECT_DOUBLE_EQ(quantile(values, 0.25), 1.75);
  EXPECT_DOUBLE_EQ(quantile(values, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(quantile(values, 0.9), 3.7);
  EXPECT_DOUBLE_EQ(quantile(values, 0), 1);
  EXPECT_DOUBLE_EQ(quantile(values, 1), 4);
  EXPECT_EQ(quantile({}, 0.5), 0);
}

TEST(Statistics, MedianOfAnOddAndAnEvenCount) {
  EXPECT_DOUBLE_EQ(median(std::vector<double>{9, 1, 5}), 5);
  EXPECT_DOUBLE_EQ(median(std::vector<double>{9, 1}), 5);
}

TEST(Statistics, DeviationsOfKnownValues) {
  // R: sd(c(2,4,4,4,5,5,7,9)) = 2.138090, mad(...) = 0.7413
  const std::vector<double> values{2, 4, 4, 4, 5, 5, 7, 9};
  EXPECT_NEAR(deviation(values), 2.138089935, 1e-8);
  EXPECT_NEAR(robust_deviation(values), 0.7413, 1e-12);
  EXPECT_EQ(deviation(std::vector<double>{3}), 0);
}

TEST(Statistics, OneFarValueMovesTheRobustDeviationLittle) {
  const std::vector<double> values{1, 1.01, 0.99, 1.02, 0.98, 100};
  EXPECT_LT(robust_deviation(values), 0.05);
  EXPECT_GT(deviation(values), 30);
}

TEST(Statistics, AMedianLiesBetweenTwoOrderStatistics) {
  const auto expect = [](int n, double low, double high, double covered) {
    std::vector<double> values;
    for (int i = n; i >= 1; --i) values.push_back(i);
    const auto interval = quantile_interval(values, 0.5);
    ASSERT_TRUE(interval) << n;
    EXPECT_EQ(interval->low, low) << n;
    EXPECT_EQ(interval->high, high) << n;
    EXPECT_NEAR(interval->confidence, covered, 0.0005) << n;
  };
  expect(6, 1, 6, 0.969);
  expect(7, 1, 7, 0.984);
  expect(9, 2, 8, 0.961);
  expect(11, 2, 10, 0.988);
  expect(20, 6, 15, 0.959);
  expect(30, 10, 21, 0.957);
}

TEST(Statistics, ThereIsNoIntervalForTooFewValues) {
  EXPECT_FALSE(quantile_interval(std::vector<double>(5, 1.0), 0.5));
  EXPECT_TRUE(quantile_interval(std::vector<double>(5, 1.0), 0.5, 0.9));
  EXPECT_FALSE(quantile_interval(std::vector<double>(367, 1.0), 0.99));
  EXPECT_TRUE(quantile_interval(std::vector<double>(368, 1.0), 0.99));
  EXPECT_FALSE(quantile_interval({}, 0.5));
  EXPECT_FALSE(quantile_interval(std::vector<double>(9, 1.0), 0));
  EXPECT_FALSE(quantile_interval(std::vector<double>(9, 1.0), 0.5, 1));
}

TEST(Statistics, EqualValuesShareTheirRank) {
  EXPECT_EQ(ranks(std::vector<double>{3, 1, 3, 2}), (std::vector<double>{3.5, 1, 3.5, 2}));
  EXPECT_TRUE(ranks({}).empty());
}

}  // namespace
}  // namespace motley::analysis
