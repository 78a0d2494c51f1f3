#include "analysis/change.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

#include "analysis/synthetic_noise.hpp"

namespace motley::analysis {
namespace {

using Rows = std::vector<std::optional<TestedRatio>>;

constexpr std::size_t processes = 10, rows_of_family = 200, changed_rows = 10;

/// Processes that differ by 1 %; each tells the median of samples that resemble their neighbours.
std::vector<double> side(Noise& noise, double level) {
  std::vector<double> figures;
  for (std::size_t process = 0; process < processes; ++process) {
    std::vector<double> samples = noise.autocorrelated(5, 0.5);
    std::nth_element(samples.begin(), samples.begin() + 2, samples.end());
    figures.push_back(level * std::exp(0.01 * noise.normal() + 0.005 * samples[2]));
  }
  return figures;
}

/// 200 rows, the first `changed` of them by 5 %, up and down.
std::vector<Judged> family(Noise& noise, std::size_t changed) {
  Rows rows;
  for (std::size_t row = 0; row < rows_of_family; ++row) {
    const std::vector<double> first = side(noise, 1);
    rows.push_back(welch_ratio(first, side(noise, row >= changed ? 1
                                                  : row % 2 == 0 ? 1.05
                                                                 : 0.95)));
  }
  return judge(rows);
}

double share(const std::vector<Judged>& judged, Verdict verdict) {
  const auto count = std::count_if(judged.begin(), judged.end(),
                                   [&](const Judged& one) { return one.verdict == verdict; });
  return static_cast<double>(count) / static_cast<double>(judged.size());
}

double alarms(const std::vector<Judged>& judged) {
  return share(judged, Verdict::higher) + share(judged, Verdict::lower);
}

TEST(Change, FamiliesWithoutAChangeRarelyAlarm) {
  Noise noise(1);
  int families = 0;
  double inconclusive = 0;
  constexpr int trials = 100;
  for (int trial = 0; trial < trials; ++trial) {
    const std::vector<Judged> judged = family(noise, 0);
    families += alarms(judged) > 0;
    inconclusive += share(judged, Verdict::inconclusive) / trials;
  }
  EXPECT_LE(families, 0.05 * trials);
  EXPECT_LE(inconclusive, 0.1);
}

TEST(Change, ChangesOfFivePercentAreFoundWithTheirDirection) {
  Noise noise(2);
  double found = 0, false_share = 0, inconclusive = 0;
  constexpr int trials = 60;
  for (int trial = 0; trial < trials; ++trial) {
    const std::vector<Judged> judged = family(noise, changed_rows);
    double right = 0;
    for (std::size_t row = 0; row < changed_rows; ++row) {
      right += judged[row].verdict == (row % 2 == 0 ? Verdict::higher : Verdict::lower);
    }
    const double all = alarms(judged) * rows_of_family;
    found += right / changed_rows / trials;
    false_share += (all - right) / all / trials;
    inconclusive += share(judged, Verdict::inconclusive) / trials;
  }
  EXPECT_GE(found, 0.9);
  EXPECT_LE(false_share, 0.06);  // 0.05 in the long run
  EXPECT_LE(inconclusive, 0.1);
}

TEST(Change, SameExcludesTheChangeThatItNames) {
  Noise noise(3);
  int same = 0;
  constexpr int trials = 2000;
  for (int trial = 0; trial < trials; ++trial) {
    const Rows one{welch_ratio(side(noise, 1), side(noise, 1.02))};
    const Judged judged = judge(one)[0];
    same += judged.verdict == Verdict::same && judged.excluded < 0.02;
  }
  EXPECT_LE(same, 0.06 * trials);
}

TEST(Change, SameNeedsTheWholeIntervalInsideWhatItExcludes) {
  TestedRatio row;
  row.error = 0.004;
  row.freedom = 18;
  row.p = 0.1;
  const double detectable = (2.1009 + 0.8620) * 0.004, excluded = detectable + 0.8620 * 0.004;
  const double half = 1.7341 * 0.004;  // qt(0.975), qt(0.8), qt(0.95) of 18
  EXPECT_NEAR(detectable_change(row), detectable, 1e-5);
  row.log_ratio = -(excluded - half - 1e-5);
  EXPECT_EQ(judge(Rows{row})[0].verdict, Verdict::same);
  EXPECT_NEAR(judge(Rows{row})[0].excluded, std::expm1(excluded), 1e-5);
  row.log_ratio = -(excluded - half + 1e-5);
  EXPECT_EQ(judge(Rows{row})[0].verdict, Verdict::inconclusive);
}

TEST(Change, IntervalsHoldTheTrueRatioAsOftenAsTheySay) {
  Noise noise(4);
  int held = 0;
  constexpr int trials = 2000;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<double> first = side(noise, 2), second = side(noise, 3);
    first.resize(3);
    second.resize(5);
    const Interval interval = welch_ratio(first, second)->interval();
    held += interval.low <= 1.5 && 1.5 <= interval.high;
  }
  EXPECT_NEAR(held, 0.95 * trials, 0.015 * trials);
}

TEST(Change, PairsAreTestedByTheirDifferences) {
  // R: t.test(c(0.01, 0.03, 0.02, 0.04)): t = 3.873, df = 3, p = 0.03047, 0.00446 to 0.04554
  const std::vector<double> logs{0.01, 0.03, 0.02, 0.04};
  const auto row = paired_ratio(logs);
  ASSERT_TRUE(row);
  EXPECT_NEAR(row->p, 0.03047, 5e-6);
  EXPECT_EQ(row->freedom, 3);
  EXPECT_NEAR(std::log(row->interval().low), 0.004457, 1e-6);
  EXPECT_NEAR(std::log(row->interval().high), 0.045543, 1e-6);
  EXPECT_FALSE(paired_ratio(std::vector<double>{0.1}));
}

TEST(Change, WhatNoTestCanSayIsInconclusive) {
  const std::vector<double> one{1.0}, calm{1.0, 1.001, 0.999}, wild{0.5, 1.0, 2.0};
  const std::vector<double> broken{1.0, 0.0};
  EXPECT_FALSE(welch_ratio(one, calm));
  EXPECT_FALSE(welch_ratio(broken, calm));
  const Rows rows{std::nullopt, welch_ratio(calm, wild), welch_ratio(calm, calm)};
  const std::vector<Judged> judged = judge(rows);
  ASSERT_EQ(judged.size(), 3U);
  EXPECT_EQ(judged[0].verdict, Verdict::inconclusive);
  EXPECT_EQ(judged[1].verdict, Verdict::inconclusive);
  EXPECT_GT(judged[1].excluded, 1);
  EXPECT_EQ(judged[2].verdict, Verdict::same);
}

TEST(Change, ASignificantChangeWithinTheMarginIsSame) {
  const std::vector<double> first{1, 1.0001, 0.9999, 1.00005}, second{1.005, 1.0051, 1.0049, 1.005};
  const Rows rows{welch_ratio(first, second)};
  EXPECT_LT(rows[0]->p, 1e-6);
  EXPECT_EQ(judge(rows)[0].verdict, Verdict::same);
  EXPECT_NEAR(judge(rows)[0].excluded, 0.01, 0.001);
  Limits strict;
  strict.margin = 0.001;
  EXPECT_EQ(judge(rows, strict)[0].verdict, Verdict::higher);
}

TEST(Change, CountsThatNeverVaryDifferByAnything) {
  const std::vector<double> first{1024, 1024, 1024}, second{2048, 2048, 2048};
  EXPECT_EQ(judge(Rows{welch_ratio(first, second)})[0].verdict, Verdict::higher);
  EXPECT_EQ(judge(Rows{welch_ratio(first, first)})[0].verdict, Verdict::same);
}

}  // namespace
}  // namespace motley::analysis
