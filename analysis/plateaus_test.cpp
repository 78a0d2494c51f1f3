#include "analysis/plateaus.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace motley::analysis {
namespace {

/// Deterministic noise of +-`size` about 1.
double wobble(int i, double size) {
  return 1 + size * std::sin(12.9898 * i);
}

std::vector<CurvePoint> curve(const std::vector<std::pair<double, double>>& levels, double noise) {
  std::vector<CurvePoint> points;
  int i = 0;
  for (double bytes = 1 << 14; bytes <= double(1 << 30); bytes *= 2) {
    for (const auto& [until, value] : levels) {
      if (bytes > until) continue;
      points.push_back({bytes, value * wobble(++i, noise)});
      break;
    }
  }
  return points;
}

TEST(Plateaus, FindsTheLevelsOfASyntheticMachine) {
  const auto found = plateaus(curve({{32 << 10, 2.1}, {1 << 20, 6.7}, {1e12, 160}}, 0.05));
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].to_bytes, 32 << 10);
  EXPECT_EQ(found[1].to_bytes, 1 << 20);
  EXPECT_NEAR(found[0].value, 2.1, 0.15);
  EXPECT_NEAR(found[2].value, 160, 10);
}

TEST(Plateaus, ACrossingIsNoLevel) {
  // Latencies of a virtual machine with 48 KiB and 2 MiB caches: 11 ns at 2 MiB lies between two
  // levels.
  const std::vector<CurvePoint> points{{16e3, 2.1},  {32e3, 2.1}, {64e3, 6.5},
                                       {256e3, 6.6}, {1e6, 6.8},  {2e6, 11},
                                       {4e6, 150},   {64e6, 160}, {1e9, 170}};
  const auto found = plateaus(points);
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[1].to_bytes, 1e6);
  EXPECT_EQ(found[2].from_bytes, 4e6);
}

TEST(Plateaus, OneFlatCurveIsOneLevelHoweverNoisy) {
  EXPECT_EQ(plateaus(curve({{1e12, 10}}, 0.1)).size(), 1u);
  EXPECT_TRUE(plateaus({}).empty());
  EXPECT_EQ(plateaus(std::vector<CurvePoint>{{1024, 5}}).size(), 1u);
}

TEST(Plateaus, ThreeSizesOfThreeLevelsStayThree) {
  EXPECT_EQ(plateaus(std::vector<CurvePoint>{{16e3, 1.2}, {1e6, 5.3}, {64e6, 140}}).size(), 3u);
}

TEST(Plateaus, AValueThatNoSizeHadIsNoLevel) {
  const std::vector<CurvePoint> points{{64e3, 4.45}, {256e3, 4.45}, {1e6, 5.0},   {4e6, 37.1},
                                       {16e6, 58.5}, {64e6, 178},   {256e6, 190}, {512e6, 200}};
  const auto found = plateaus(points);
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found[1].to_bytes, 4e6);
  EXPECT_DOUBLE_EQ(found[1].value, 37.1);
  EXPECT_EQ(found[2].from_bytes, 16e6);
  EXPECT_EQ(found[3].sizes, 3u);
}

TEST(Plateaus, TwoSinglesBetweenLevelsAreBothShown) {
  const std::vector<CurvePoint> points{{64e3, 4.5},  {256e3, 4.6}, {1e6, 5.0},  {4e6, 38.3},
                                       {16e6, 95.1}, {64e6, 172},  {512e6, 180}};
  const auto found = plateaus(points);
  ASSERT_EQ(found.size(), 4u);
  EXPECT_DOUBLE_EQ(found[1].value, 38.3);
  EXPECT_DOUBLE_EQ(found[2].value, 95.1);
}

}  // namespace
}  // namespace motley::analysis
