#include "analysis/series.hpp"

#include <cmath>
#include <gtest/gtest.h>

#include "analysis/synthetic_noise.hpp"

namespace motley::analysis {
namespace {

std::vector<double> normal(Noise& noise, std::size_t count) {
  return noise.autocorrelated(count, 0);
}

TEST(Series, AutocorrelationIsFoundAgain) {
  Noise noise(1);
  EXPECT_NEAR(lag1_autocorrelation(noise.autocorrelated(4000, 0.5)), 0.5, 0.05);
  EXPECT_NEAR(lag1_autocorrelation(noise.autocorrelated(4000, 0)), 0, 0.05);
  EXPECT_EQ(lag1_autocorrelation(std::vector<double>{1, 1, 1, 1}), 0);
  EXPECT_EQ(lag1_autocorrelation(std::vector<double>{1, 2}), 0);
}

TEST(Series, DriftIsFoundAndItsAbsenceIsNot) {
  Noise noise(2);
  std::vector<double> rising = normal(noise, 30);
  for (std::size_t i = 0; i < rising.size(); ++i) rising[i] += 0.1 * static_cast<double>(i);
  EXPECT_GT(drift(rising).correlation, 0.4);
  EXPECT_LT(drift(rising).p, 0.01);
  int found = 0;
  for (int trial = 0; trial < 1000; ++trial) found += drift(normal(noise, 30)).p < 0.05;
  EXPECT_NEAR(found, 50, 21);
  EXPECT_EQ(drift(std::vector<double>{1, 2, 3, 4}).p, 0);
  EXPECT_EQ(drift(std::vector<double>{3, 2, 1}).correlation, -1);
  EXPECT_EQ(drift(std::vector<double>{2, 2, 2}).p, 1);
  EXPECT_EQ(drift(std::vector<double>{1, 2}).p, 1);
}

TEST(Series, TwoLevelsAreSeenAndOneWithLateSamplesIsNot) {
  Noise noise(3);
  std::vector<double> halves = normal(noise, 10), tenth = normal(noise, 250);
  for (std::size_t i = 0; i < 5; ++i) halves[i] += 30;
  for (std::size_t i = 0; i < 25; ++i) tenth[i] += 30;
  EXPECT_TRUE(modes(halves)->several());
  EXPECT_TRUE(modes(tenth)->several());
  std::vector<double> late = normal(noise, 30), skewed;
  late[7] += 30;
  EXPECT_FALSE(modes(late)->several());
  for (int i = 0; i < 500; ++i) skewed.push_back(std::exp(noise.normal()));
  EXPECT_FALSE(modes(skewed)->several());
}

TEST(Series, OneInAHundredFlatSamplesSeemsToHaveTwoLevels) {
  Noise noise(4);
  for (const std::size_t n : {10U, 40U, 300U}) {
    int found = 0;
    for (int trial = 0; trial < 1000; ++trial) {
      std::vector<double> flat(n);
      for (double& one : flat) one = noise.uniform();
      found += modes(flat)->several();
    }
    EXPECT_GE(found, 3) << n;
    EXPECT_LE(found, 19) << n;
  }
}

TEST(Series, ModesNeedTenValuesThatDiffer) {
  EXPECT_FALSE(modes(std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_FALSE(modes(std::vector<double>{1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2}));
  const auto even = modes(std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  ASSERT_TRUE(even);
  EXPECT_NEAR(even->dip, 0.05, 1e-12);  // the least there is: 1 / (2 n)
}

}  // namespace
}  // namespace motley::analysis
