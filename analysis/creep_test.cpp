#include "analysis/creep.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <stdexcept>

#include "analysis/simulated_series.hpp"

namespace motley::analysis {
namespace {

/// From `from` on, `sigmas` deviations in all until the end.
void add_ramp(std::vector<double>& values, std::size_t from, double sigmas) {
  const auto length = static_cast<double>(values.size() - from);
  for (std::size_t i = from; i < values.size(); ++i) {
    values[i] += SimulatedSeries::sigma * sigmas * static_cast<double>(i - from + 1) / length;
  }
}

TEST(Creep, ARampTooSlowForStepsIsSeenInBothDirections) {
  for (const double sigmas : {2.0, -2.0}) {
    std::vector<double> values = SimulatedSeries(1).noise(1000);
    add_ramp(values, 400, sigmas);
    const ChangePoints found = change_points(values);
    ASSERT_EQ(found.points.size(), 0u);
    const auto crept = creep(values, found);
    ASSERT_TRUE(crept.has_value());
    EXPECT_NEAR(crept->relative_change, 0.05 * sigmas, 0.05);
    EXPECT_GT(crept->since, 200u);
    EXPECT_LT(crept->since, 900u);
    EXPECT_DOUBLE_EQ(crept->relative_change, crept->after / crept->before - 1);
    EXPECT_LT(crept->p, 0.001);
  }
}

TEST(Creep, NoneInNoise) {
  SimulatedSeries series(2);
  int false_alarms = 0;
  for (const double autocorrelation : {0.0, 0.3}) {
    for (const std::size_t points : {15u, 40u, 100u, 400u}) {
      for (int i = 0; i < 100; ++i) {
        if (creep(series.noise(points, autocorrelation), {}).has_value()) ++false_alarms;
      }
    }
  }
  EXPECT_LE(false_alarms, 8);
}

TEST(Creep, AStepThatWasFoundIsNoCreepAndItsIndexIsOfTheSeries) {
  std::vector<double> values = SimulatedSeries(3).noise(200);
  add_step(values, 100, 5);
  const ChangePoints found = change_points(values);
  ASSERT_EQ(found.points.size(), 1u);
  EXPECT_FALSE(creep(values, found).has_value());
  EXPECT_TRUE(creep(values, {}).has_value());

  std::vector<double> slow = SimulatedSeries(4).noise(2300);
  add_step(slow, 300, 5);
  add_ramp(slow, 800, 2);
  const ChangePoints step = change_points(slow);
  ASSERT_EQ(step.points.size(), 1u);
  const auto crept = creep(slow, step);
  ASSERT_TRUE(crept.has_value());
  EXPECT_NEAR(static_cast<double>(crept->since), 1140, 200);  // where the ramp reaches 0.5
}

TEST(Creep, ManyStepsBelowTheMagnitudeAddUp) {
  std::vector<double> values;
  for (int i = 0; i < 300; ++i) values.push_back(100 + 0.4 * (i / 30) + 0.05 * (i % 3));
  const ChangePoints found = change_points(values);
  ASSERT_EQ(found.points.size(), 0u);
  const auto crept = creep(values, found);
  ASSERT_TRUE(crept.has_value());
  EXPECT_NEAR(crept->relative_change, 0.036, 0.005);
}

TEST(Creep, TooFewOrConstantValuesSayNothing) {
  EXPECT_FALSE(creep(std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}, {}));
  EXPECT_FALSE(creep(std::vector<double>(100, 2.0), {}));
  EXPECT_FALSE(creep({}, {}));
}

TEST(Creep, ValuesThatAreNotFiniteAreRefused) {
  std::vector<double> values(40, 1.0);
  values[7] = std::nan("");
  EXPECT_THROW(creep(values, {}), std::invalid_argument);
}

TEST(Creep, SpikesAreNone) {
  std::vector<double> values = SimulatedSeries(5).noise(300);
  for (std::size_t i = 270; i < 300; i += 7) values[i] *= 20;
  EXPECT_FALSE(creep(values, {}).has_value());
}

}  // namespace
}  // namespace motley::analysis
