// Where two laws of known crossing meet, with and without noise.
#include "analysis/crossover.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <random>

namespace motley::analysis {
namespace {

const std::vector<double> sizes{16, 32, 64, 128, 256, 512, 1024, 2048};

/// The second costs 100 for its launch and 1 a unit of work, the first 2: even at size 100.
TestedRatio at(double size, double noise, std::mt19937_64& random) {
  std::normal_distribution<double> normal(0, noise);
  std::vector<double> logs;
  for (int pair = 0; pair < 8; ++pair) {
    logs.push_back(std::log(2 * size / (100 + size)) + normal(random));
  }
  return *paired_ratio(logs);
}

TEST(Crossover, IsWhereTheLawsMeet) {
  std::mt19937_64 random(5);
  int asked = 0;
  const Crossover found = find_crossover(sizes, [&](double size) {
    ++asked;
    return std::optional(at(size, 0.01, random));
  });
  EXPECT_EQ(found.answer, Crossover::Answer::crosses);
  EXPECT_TRUE(found.second_wins_above);
  EXPECT_NEAR(found.size, 100, 5);
  EXPECT_LE(found.interval.low, found.size);
  EXPECT_GE(found.interval.high, found.size);
  EXPECT_LT(found.interval.high / found.interval.low, 1.2);
  EXPECT_LE(asked, 5) << "bisection";
  EXPECT_EQ(found.points.size(), static_cast<std::size_t>(asked));
  EXPECT_NE(sentence(found, "width", "cpu", "opencl:0").find("opencl:0 is faster from width"),
            std::string::npos);
  EXPECT_EQ(crossover_table(found, "width").rows.size(), found.points.size());
}

TEST(Crossover, IsInsideItsIntervalNineteenTimesInTwenty) {
  std::mt19937_64 random(11);
  int inside = 0;
  constexpr int trials = 500;
  for (int trial = 0; trial < trials; ++trial) {
    // A line in logarithms, so that interpolation has no error of its own.
    const Crossover found = find_crossover({64, 128, 256}, [&](double size) {
      std::normal_distribution<double> normal(0, 0.1);
      std::vector<double> logs;
      for (int pair = 0; pair < 8; ++pair) logs.push_back(std::log(size / 150) + normal(random));
      return paired_ratio(logs);
    });
    inside += found.interval.low <= 150 && found.interval.high >= 150 ? 1 : 0;
  }
  EXPECT_GE(inside, trials * 92 / 100);
}

TEST(Crossover, SaysWhereThereIsNone) {
  const auto always = [](double ratio) {
    return [ratio](double) {
      return paired_ratio(std::vector<double>{ratio, ratio * 1.01, ratio});
    };
  };
  EXPECT_EQ(find_crossover(sizes, always(0.5)).answer, Crossover::Answer::second_everywhere);
  EXPECT_EQ(find_crossover(sizes, always(-0.5)).answer, Crossover::Answer::first_everywhere);
  EXPECT_EQ(find_crossover(sizes, [](double) { return std::optional<TestedRatio>(); }).answer,
            Crossover::Answer::undecided);
  std::mt19937_64 random(1);
  const Crossover falling = find_crossover(sizes, [&](double size) {
    TestedRatio ratio = at(size, 0.01, random);
    ratio.log_ratio = -ratio.log_ratio;
    return std::optional(ratio);
  });
  EXPECT_FALSE(falling.second_wins_above);
  EXPECT_NE(sentence(falling, "width", "A", "B").find("A is faster from width"), std::string::npos);
}

}  // namespace
}  // namespace motley::analysis
