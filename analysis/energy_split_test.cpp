#include "analysis/energy_split.hpp"

#include <gtest/gtest.h>

#include "analysis/simulated_series.hpp"

namespace motley::analysis {
namespace {

/// Matteson and James (2014), equations 5 to 7, written as they stand.
double statistic_of(const std::vector<double>& values, std::size_t at, std::size_t end) {
  const auto n = static_cast<double>(at), m = static_cast<double>(end - at);
  double between = 0, left = 0, right = 0;
  for (std::size_t i = 0; i < end; ++i) {
    for (std::size_t j = i + 1; j < end; ++j) {
      const double distance = std::abs(values[i] - values[j]);
      (j < at ? left : i >= at ? right : between) += distance;
    }
  }
  return n * m / (n + m) *
         (2 * between / (n * m) - left / (n * (n - 1) / 2) - right / (m * (m - 1) / 2));
}

TEST(EnergySplit, IsTheBestOfTheDefinition) {
  SimulatedSeries series(1);
  for (int repeat = 0; repeat < 10; ++repeat) {
    std::vector<double> values = series.noise(40);
    add_step(values, 13, 1);
    add_step(values, 25, -1);
    EnergySplit best;
    for (std::size_t at = 5; at + 5 <= values.size(); ++at) {
      for (std::size_t end = at + 5; end <= values.size(); ++end) {
        const double statistic = statistic_of(values, at, end);
        if (statistic > best.statistic) best = {at, statistic};
      }
    }
    const EnergySplit found = energy_split(values, 5);
    EXPECT_EQ(found.at, best.at);
    EXPECT_NEAR(found.statistic, best.statistic, 1e-9 * best.statistic);
  }
}

TEST(EnergySplit, NoSplitOfEqualOrTooFewValues) {
  EXPECT_EQ(energy_split(std::vector<double>(20, 3.0), 5).at, 0u);
  EXPECT_EQ(energy_split(std::vector<double>{1, 1, 1, 9, 9, 9}, 5).at, 0u);
}

TEST(EnergySplit, PermutationsRejectAsOftenAsTheyShouldWithoutAChange) {
  SimulatedSeries series(2);
  int rejected = 0;
  constexpr int repeats = 400;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    const std::vector<double> values = series.noise(24);
    const double statistic = energy_split(values, 5).statistic;
    if (permutation_p(values, 5, statistic, 99, 0.1, 1) <= 0.1) ++rejected;
  }
  EXPECT_NEAR(rejected, 0.1 * repeats, 3.5 * std::sqrt(repeats * 0.1 * 0.9));
}

TEST(EnergySplit, PermutationsRejectAStepAndTheSeedFixesThem) {
  std::vector<double> values = SimulatedSeries(3).noise(40);
  add_step(values, 20, 1.2);
  const double statistic = energy_split(values, 5).statistic;
  const double p = permutation_p(values, 5, statistic, 199, 0.5, 7);
  EXPECT_LE(p, 0.1);
  EXPECT_EQ(p, permutation_p(values, 5, statistic, 199, 0.5, 7));
}

TEST(EnergySplit, RoundingMakesNoDifferenceToTies) {
  const std::vector<double> whole{1, 2, 3, 1, 2, 7, 8, 9, 7, 8};
  const double p = permutation_p(whole, 5, energy_split(whole, 5).statistic, 999, 1, 1);
  EXPECT_NEAR(p, 2.0 / 252, 0.009);  // 252 ways to choose five of ten, and the two halves swapped
  for (const double unit : {0.1, 0.3, 0.7, 1.1, 1e-9}) {
    std::vector<double> values;
    for (const double value : whole) values.push_back(value * unit);
    EXPECT_EQ(permutation_p(values, 5, energy_split(values, 5).statistic, 999, 1, 1), p) << unit;
  }
}

TEST(EnergySplit, EveryOrderOfEqualValuesIsAsGood) {
  const std::vector<double> values(20, 3.0);
  EXPECT_EQ(permutation_p(values, 5, 0, 99, 0.01, 1), 1);
}

}  // namespace
}  // namespace motley::analysis
