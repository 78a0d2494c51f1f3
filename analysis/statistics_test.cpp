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

}  // namespace
}  // namespace motley::analysis
