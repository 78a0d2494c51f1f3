#include "analysis/undisturbed.hpp"

#include <cmath>
#include <gtest/gtest.h>

#include "analysis/synthetic_noise.hpp"

namespace motley::analysis {
namespace {

struct Sides {
  std::vector<double> first, second;
};

/// A machine with a fast state and slow ones, which most often last from one process to the next;
/// fast speeds differ by 1 %, always downwards.
Sides measured(Noise& noise, std::size_t pairs, double second_level) {
  Sides sides;
  bool fast = noise.uniform() < 0.5;
  const auto speed = [&](double level) {
    if (noise.uniform() < 0.3) fast = !fast;
    return level * (fast ? 1.0 : 0.6 + 0.2 * noise.uniform()) *
           std::exp(-0.01 * std::abs(noise.normal()));
  };
  for (std::size_t pair = 0; pair < pairs; ++pair) {
    sides.first.push_back(speed(1));
    sides.second.push_back(speed(second_level));
  }
  return sides;
}

std::vector<double> log_ratios(const Sides& sides) {
  std::vector<double> logs;
  for (std::size_t i = 0; i < sides.first.size(); ++i) {
    logs.push_back(std::log(sides.second[i] / sides.first[i]));
  }
  return logs;
}

Verdict verdict(const std::optional<TestedRatio>& row) {
  const std::vector<std::optional<TestedRatio>> one{row};
  return judge(one)[0].verdict;
}

TEST(Undisturbed, FivePercentAreSeenThroughStatesAThirdApart) {
  Noise noise(1);
  int seen = 0, by_mean = 0;
  for (int trial = 0; trial < 40; ++trial) {
    const Sides sides = measured(noise, 48, 0.95);
    seen += verdict(undisturbed_ratio(sides.first, sides.second)) == Verdict::lower;
    by_mean += verdict(paired_ratio(log_ratios(sides))) == Verdict::lower;
  }
  EXPECT_GE(seen, 38);
  EXPECT_LE(by_mean, 20) << "then nothing is won";
}

TEST(Undisturbed, TheSameProgramRarelyDiffersFromItself) {
  Noise noise(2);
  int rejected = 0, changes = 0, held = 0;
  constexpr int trials = 200;
  for (int trial = 0; trial < trials; ++trial) {
    const Sides sides = measured(noise, 24, 1);
    const auto row = undisturbed_ratio(sides.first, sides.second);
    rejected += row->p <= 0.05;
    changes += verdict(row) == Verdict::higher || verdict(row) == Verdict::lower;
    held += row->interval().low <= 1 && 1 <= row->interval().high;
  }
  EXPECT_LE(rejected, 0.08 * trials);  // 0.05 in the long run
  EXPECT_LE(changes, 0.05 * trials);
  EXPECT_GE(held, 0.9 * trials);
}

TEST(Undisturbed, TurnedSidesGiveTheReciprocal) {
  Noise noise(3);
  const Sides sides = measured(noise, 70, 0.97);
  const auto row = undisturbed_ratio(sides.first, sides.second),
             turned = undisturbed_ratio(sides.second, sides.first);
  EXPECT_NEAR(row->ratio() * turned->ratio(), 1, 1e-12);
  EXPECT_EQ(row->p, turned->p);
}

TEST(Undisturbed, FivePairsSayNothing) {
  const std::vector<double> five(5, 1.0), six(6, 1.0);
  EXPECT_FALSE(undisturbed_ratio(five, five));
  ASSERT_TRUE(undisturbed_ratio(six, six));
  EXPECT_EQ(undisturbed_ratio(six, six)->p, 1);
}

}  // namespace
}  // namespace motley::analysis
