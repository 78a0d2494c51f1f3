#include "analysis/change_points.hpp"

#include <cmath>
#include <cstdio>
#include <gtest/gtest.h>
#include <limits>
#include <stdexcept>

#include "analysis/simulated_series.hpp"

namespace motley::analysis {
namespace {

using Indices = std::vector<std::size_t>;

Indices indices(const std::vector<double>& values, const ChangePointOptions& options = {}) {
  Indices result;
  for (const ChangePoint& point : change_points(values, options).points) {
    result.push_back(point.index);
  }
  return result;
}

bool near(const Indices& found, std::size_t truth, std::size_t distance) {
  for (const std::size_t at : found) {
    if (at + distance >= truth && at <= truth + distance) return true;
  }
  return false;
}

TEST(ChangePoints, AStepIsFoundWithItsValuesUpAndDown) {
  for (const double sigmas : {4.0, -4.0}) {
    std::vector<double> values = SimulatedSeries(1).noise(60);
    add_step(values, 30, sigmas);
    const ChangePoints found = change_points(values);
    ASSERT_EQ(found.points.size(), 1u);
    const ChangePoint& point = found.points[0];
    EXPECT_NEAR(static_cast<double>(point.index), 30, 2);
    EXPECT_NEAR(point.before, 100, 4);
    EXPECT_NEAR(point.after, 100 + 5 * sigmas, 4);
    EXPECT_DOUBLE_EQ(point.relative_change, point.after / point.before - 1);
    EXPECT_LT(point.lowest, 0.05 * sigmas);
    EXPECT_GT(point.highest, 0.05 * sigmas);
    EXPECT_LT(point.p, 1e-10);
  }
}

TEST(ChangePoints, FewerThanTenPointsAreNotEnough) {
  EXPECT_FALSE(change_points(std::vector<double>(9, 1.0)).enough);
  EXPECT_TRUE(change_points(std::vector<double>(10, 1.0)).enough);
  EXPECT_FALSE(change_points({}).enough);
}

TEST(ChangePoints, AConstantSeriesHasNone) {
  EXPECT_EQ(indices(std::vector<double>(500, 3.25)), Indices{});
  EXPECT_EQ(indices(std::vector<double>(500, 0.0)), Indices{});
}

TEST(ChangePoints, AStepWithoutNoiseIsFound) {
  std::vector<double> values(30, 100.0);
  for (std::size_t i = 12; i < 30; ++i) values[i] = 110;
  const ChangePoints found = change_points(values);
  ASSERT_EQ(found.points.size(), 1u);
  EXPECT_EQ(found.points[0].index, 12u);
  EXPECT_NEAR(found.points[0].lowest, 0.1, 1e-12);
  EXPECT_NEAR(found.points[0].highest, 0.1, 1e-12);
}

TEST(ChangePoints, TenPointsAreEnoughForAStepThatIsPlain) {
  EXPECT_EQ(indices({100, 101, 99, 100, 100.5, 150, 151, 149, 150, 150.5}), Indices{5});
}

TEST(ChangePoints, ValuesThatAreNotFiniteOrHugeAreRefused) {
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity(), -1e308}) {
    std::vector<double> values(20, 1.0);
    values[7] = bad;
    EXPECT_THROW(change_points(values), std::invalid_argument);
    EXPECT_THROW(change_points({values.data(), 8}), std::invalid_argument);
  }
}

TEST(ChangePoints, SinglePointsFarAwayAreNone) {
  SimulatedSeries series(2);
  for (const double autocorrelation : {0.0, 0.3}) {
    std::vector<double> values = series.noise(2000, autocorrelation);
    for (std::size_t i = 3; i < values.size(); i += 23) {
      values[i] += SimulatedSeries::sigma * (i % 2 == 0 ? 8 : 200) * (i % 3 == 0 ? -1 : 1);
    }
    values[0] = values.back() = 1e9;
    EXPECT_LE(indices(values).size(), 2u) << autocorrelation;
  }
  for (std::size_t at = 0; at < 40; ++at) {
    std::vector<double> values = series.noise(40);
    const Indices without = indices(values);
    values[at] *= 10;
    EXPECT_EQ(indices(values), without) << at;
    std::vector<double> flat(40, 1.0);
    flat[at] = 5;
    EXPECT_EQ(indices(flat), Indices{}) << at;
  }
}

TEST(ChangePoints, TheIndexCountsTheSpikesBeforeTheStep) {
  std::vector<double> values = SimulatedSeries(15).noise(80);
  for (const std::size_t at : {5u, 20u, 21u}) values[at] = 1e4;
  add_step(values, 40, 10);
  EXPECT_EQ(indices(values), Indices{40});
}

TEST(ChangePoints, TwoModesAtRandomAreNone) {
  SimulatedSeries series(3);
  std::vector<double> values;
  for (int i = 0; i < 3000; ++i) values.push_back(series.uniform() < 0.3 ? 110.0 : 100.0);
  EXPECT_LE(indices(values).size(), 3u);
}

TEST(ChangePoints, TwoModesFarApartAreNone) {
  SimulatedSeries series(13);
  for (const double rarer : {0.1, 0.3}) {
    std::vector<double> values = series.noise(6000);
    for (double& value : values) value += series.uniform() < rarer ? 150 : 0;
    EXPECT_LE(indices(values).size(), 10u) << rarer;
  }
}

TEST(ChangePoints, NoMoreThanOneFalsePointInAThousandWhiteOrCorrelated) {
  SimulatedSeries series(4);
  for (const double autocorrelation : {0.0, 0.3}) {
    EXPECT_LE(indices(series.noise(20000, autocorrelation)).size(), 20u) << autocorrelation;
    std::size_t in_short_series = 0;
    for (int i = 0; i < 100; ++i) {
      in_short_series += indices(series.noise(100, autocorrelation)).size();
    }
    EXPECT_LE(in_short_series, 10u) << autocorrelation;
  }
}

/// Of steps between segments of `segment` points, up and down at random.
struct Recall {
  int steps = 0, found = 0, located = 0, points = 0;
};

void add_recall(Recall& recall, SimulatedSeries& series, double sigmas, std::size_t segment,
                std::size_t segments, double autocorrelation) {
  std::vector<double> values = series.noise(segments * segment, autocorrelation);
  for (std::size_t at = segment; at < values.size(); at += segment) {
    add_step(values, at, series.uniform() < 0.5 ? sigmas : -sigmas);
  }
  const Indices found = indices(values);
  recall.points += static_cast<int>(found.size());
  for (std::size_t at = segment; at < values.size(); at += segment) {
    ++recall.steps;
    recall.found += near(found, at, segment / 2 - 1);
    recall.located += near(found, at, 2);
  }
}

TEST(ChangePoints, StepsOfTwoDeviationsAreLocated) {
  SimulatedSeries series(5);
  Recall one, many, high;
  for (int i = 0; i < 60; ++i) add_recall(one, series, 2, 30, 2, 0);
  for (int i = 0; i < 12; ++i) add_recall(many, series, 2, 30, 6, 0);
  for (int i = 0; i < 60; ++i) add_recall(high, series, 3, 15, 2, 0);
  EXPECT_GE(one.found, 57);
  EXPECT_GE(one.located, 51);
  EXPECT_GE(many.located, 51);
  EXPECT_LE(many.points, 63);
  EXPECT_GE(high.located, 56);
}

TEST(ChangePoints, ManyStepsNearEachOtherDoNotHideEachOther) {
  SimulatedSeries series(14);
  Recall recall;
  for (int i = 0; i < 6; ++i) add_recall(recall, series, 2, 15, 20, 0);
  EXPECT_GE(recall.found, 0.78 * recall.steps);
  EXPECT_GE(recall.located, 0.73 * recall.steps);
}

/// Run with --gtest_also_run_disabled_tests: the table in change_points.hpp.
TEST(ChangePoints, DISABLED_TableOfRecall) {
  for (const double autocorrelation : {0.0, 0.3}) {
    for (const double sigmas : {1.0, 1.5, 2.0, 3.0}) {
      std::printf("AR %.1f step %.1f", autocorrelation, sigmas);
      for (const std::size_t segment : {15u, 30u, 60u}) {
        for (const std::size_t segments : {2u, 20u}) {
          SimulatedSeries series(segment);
          Recall recall;
          while (recall.steps < 1000) {
            add_recall(recall, series, sigmas, segment, segments, autocorrelation);
          }
          std::printf("  %zux%zu %.2f %.2f", segments, segment,
                      static_cast<double>(recall.found) / recall.steps,
                      static_cast<double>(recall.located) / recall.steps);
        }
      }
      std::printf("\n");
    }
    for (const std::size_t points : {30u, 60u, 200u, 2000u, 100000u}) {
      SimulatedSeries series(points);
      std::size_t found = 0;
      for (std::size_t i = 0; i < 100000 / points; ++i) {
        found += indices(series.noise(points, autocorrelation)).size();
      }
      std::printf("AR %.1f series of %zu: %.2f false in 1,000\n", autocorrelation, points,
                  static_cast<double>(found) / 100);
    }
  }
}

TEST(ChangePoints, TwoStepsCloseTogetherAreTwo) {
  SimulatedSeries series(6);
  std::vector<double> bump = series.noise(200);
  add_step(bump, 100, 6);
  add_step(bump, 108, -6);
  EXPECT_EQ(indices(bump).size(), 2u);
  EXPECT_TRUE(near(indices(bump), 100, 1) && near(indices(bump), 108, 1));
  std::vector<double> stairs = series.noise(80);
  add_step(stairs, 40, 6);
  add_step(stairs, 50, 6);
  EXPECT_EQ(indices(stairs).size(), 2u);
  EXPECT_TRUE(near(indices(stairs), 40, 1) && near(indices(stairs), 50, 1));
}

TEST(ChangePoints, AStepIsSeenAtTheSmallestSegmentFromEitherEnd) {
  for (const std::size_t at : {5u, 95u}) {
    std::vector<double> values = SimulatedSeries(7).noise(100);
    add_step(values, at, 6);
    EXPECT_EQ(indices(values), Indices{at});
  }
}

TEST(ChangePoints, ThreePointsAtAnEndAreNotYetALevel) {
  for (const std::size_t at : {3u, 97u}) {
    std::vector<double> values = SimulatedSeries(8).noise(100);
    add_step(values, at, 20);
    EXPECT_EQ(indices(values), Indices{}) << at;
  }
}

TEST(ChangePoints, AStepBelowTheMagnitudeIsNotReported) {
  std::vector<double> values(60, 100.0);
  for (std::size_t i = 0; i < 60; ++i) values[i] += i % 3 == 0 ? 0.01 : 0;
  for (std::size_t i = 30; i < 60; ++i) values[i] += 0.5;
  EXPECT_EQ(indices(values), Indices{});
  ChangePointOptions fine;
  fine.min_magnitude = 0.001;
  EXPECT_EQ(indices(values, fine), Indices{30});
}

TEST(ChangePoints, TheSeedAloneDecides) {
  std::vector<double> values = SimulatedSeries(9).noise(200, 0.3);
  for (std::size_t at = 50; at < values.size(); at += 50) add_step(values, at, at % 100 ? 1 : -1);
  EXPECT_EQ(indices(values), indices(values));
  ChangePointOptions other;
  other.seed = 99;
  EXPECT_EQ(indices(values, other), indices(values, other));
}

TEST(ChangePoints, UnitsDoNotMatter) {
  std::vector<double> values = SimulatedSeries(10).noise(300);
  add_step(values, 100, 3);
  add_step(values, 200, -2);
  std::vector<double> nanoseconds = values;
  for (double& value : nanoseconds) value *= 1e-9;
  EXPECT_EQ(indices(nanoseconds), indices(values));
  EXPECT_EQ(indices(values).size(), 2u);
}

TEST(ChangePoints, AChangeFromZeroHasNoFiniteRatio) {
  std::vector<double> values(40, 0.0);
  for (std::size_t i = 20; i < 40; ++i) values[i] = 3;
  const ChangePoints found = change_points(values);
  ASSERT_EQ(found.points.size(), 1u);
  EXPECT_TRUE(std::isinf(found.points[0].relative_change));
}

TEST(ChangePoints, TheIntervalCoversTheTrueChange) {
  SimulatedSeries series(11);
  int covered = 0, found = 0;
  for (int i = 0; i < 80; ++i) {
    std::vector<double> values = series.noise(80, 0.3);
    add_step(values, 40, 4);
    const ChangePoints result = change_points(values);
    if (result.points.size() != 1) continue;
    ++found;
    covered += result.points[0].lowest <= 0.2 && result.points[0].highest >= 0.2;
  }
  EXPECT_GE(found, 70);
  EXPECT_GE(covered, 0.9 * found);
}

TEST(ChangePoints, TheBaselineIsWhatFollowsTheLastChange) {
  std::vector<double> values = SimulatedSeries(12).noise(90);
  add_step(values, 30, 5);
  add_step(values, 60, -8);
  const std::span<const double> since = baseline(values, change_points(values));
  EXPECT_EQ(since.size(), 30u);
  EXPECT_EQ(since.data(), values.data() + 60);
  EXPECT_EQ(baseline(values, {}).size(), values.size());
}

}  // namespace
}  // namespace motley::analysis
