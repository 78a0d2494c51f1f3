#include "analysis/rank_tests.hpp"

#include <cmath>
#include <gtest/gtest.h>

#include "analysis/synthetic_noise.hpp"

namespace motley::analysis {
namespace {

TEST(RankTests, FewValuesCannotReject) {
  EXPECT_NEAR(smallest_p(3, 3), 0.1, 1e-12);
  EXPECT_NEAR(smallest_p(4, 4), 0.0286, 5e-5);
  EXPECT_NEAR(smallest_p(5, 5), 0.0079, 5e-5);
  EXPECT_NEAR(smallest_p(6, 6), 0.0022, 5e-5);
  EXPECT_NEAR(smallest_p(9, 9), 4.1e-5, 5e-7);
  EXPECT_EQ(smallest_p(1, 1), 1);
  EXPECT_EQ(smallest_p(0, 5), 1);
  const std::vector<double> low{1, 2, 3}, high{4, 5, 6};
  EXPECT_DOUBLE_EQ(mann_whitney(low, high).p, smallest_p(3, 3));
  EXPECT_LT(smallest_p(100, 100), 1e-30);
}

TEST(RankTests, SignsSayHowTheSecondSideStands) {
  const std::vector<double> low{1, 2, 3, 4}, high{2.5, 3.5, 4.5, 9};
  EXPECT_EQ(mann_whitney(low, high).statistic, 13);  // of 16 pairs
  EXPECT_DOUBLE_EQ(cliffs_delta(low, high), 10.0 / 16);
  EXPECT_EQ(hodges_lehmann_shift(std::vector<double>{1, 2, 3}, std::vector<double>{4, 5, 6}), 3);
  EXPECT_LT(hodges_lehmann_shift(high, low), 0);
  EXPECT_EQ(wilcoxon_signed_rank(std::vector<double>{1, 2, -3}).statistic, 3);
}

TEST(RankTests, NothingToCompareIsNoDifference) {
  const std::vector<double> none, same{2, 2, 2, 2, 2};
  EXPECT_EQ(mann_whitney(none, same).p, 1);
  EXPECT_EQ(mann_whitney(same, same).p, 1);
  EXPECT_EQ(wilcoxon_signed_rank(none).p, 1);
  EXPECT_EQ(wilcoxon_signed_rank(std::vector<double>{0, 0, 0}).p, 1);
  EXPECT_EQ(hodges_lehmann_shift(none, same), 0);
  EXPECT_EQ(hodges_lehmann_shift(same, same), 0);
  EXPECT_EQ(hodges_lehmann_centre(none), 0);
  EXPECT_EQ(cliffs_delta(none, same), 0);
  EXPECT_EQ(cliffs_delta(same, same), 0);
  EXPECT_TRUE(benjamini_hochberg(none).empty());
}

TEST(RankTests, ExactAndNormalMeetWhereOneEnds) {
  Noise noise(1);
  std::vector<double> first, second;
  for (int i = 0; i < 31; ++i) first.push_back(noise.normal());
  for (int i = 0; i < 31; ++i) second.push_back(noise.normal() + 0.5);
  const RankTest exact = mann_whitney(first, second);
  EXPECT_TRUE(exact.exact);  // 961 pairs, 4.7e17 orders
  second.insert(second.end(), {-9, 9});
  const RankTest normal = mann_whitney(first, second);
  EXPECT_FALSE(normal.exact);
  EXPECT_NEAR(exact.p, normal.p, 0.2 * exact.p);
}

TEST(RankTests, AllExactCountsFitIntoTheirIntegers) {
  for (int n = 1; n <= 31; ++n) {
    const int m = 1000 / n;
    const double logarithm = std::lgamma(n + m + 1) - std::lgamma(n + 1) - std::lgamma(m + 1);
    EXPECT_LT(logarithm, 64 * std::log(2.0)) << n << " and " << m;
  }
}

TEST(RankTests, CentresResistOneFarValue) {
  const std::vector<double> calm{0.9, 1, 1.1, 1, 1.05, 0.95, 1000};
  EXPECT_NEAR(hodges_lehmann_centre(calm), 1.025, 0.03);
  EXPECT_NEAR(hodges_lehmann_shift(std::vector<double>{0, 0, 0}, calm), 1, 0.01);
}

TEST(RankTests, LargeSidesAreNoMatter) {
  Noise noise(2);
  std::vector<double> first, second;
  for (int i = 0; i < 20000; ++i) {
    first.push_back(noise.normal());
    second.push_back(noise.normal() + 0.1);
  }
  EXPECT_NEAR(hodges_lehmann_shift(first, second), 0.1, 0.03);
  EXPECT_NEAR(cliffs_delta(first, second), std::erf(0.05), 0.02);
  EXPECT_LT(mann_whitney(first, second).p, 1e-9);
}

TEST(RankTests, AdjustedPAreThoseOfTheirPaper) {
  // Benjamini and Hochberg (1995), section 3.1: of 15 tests the first 4 are rejected at 0.05.
  const std::vector<double> p{0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                              0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.000};
  const std::vector<double> q = benjamini_hochberg(p);
  for (std::size_t i = 0; i < q.size(); ++i) EXPECT_EQ(q[i] <= 0.05, i < 4) << i;
  EXPECT_DOUBLE_EQ(q[0], 0.0015);
  EXPECT_DOUBLE_EQ(q[14], 1);
}

}  // namespace
}  // namespace motley::analysis
