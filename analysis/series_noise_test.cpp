#include "analysis/series_noise.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "analysis/simulated_series.hpp"

namespace motley::analysis {
namespace {

using Places = std::vector<std::size_t>;

Places all_but(std::size_t points, const Places& spikes) {
  Places places;
  for (std::size_t i = 0; i < points; ++i) {
    if (std::find(spikes.begin(), spikes.end(), i) == spikes.end()) places.push_back(i);
  }
  return places;
}

TEST(SeriesNoise, ValuesFarAwayAreLeftOutAlsoAtTheEnds) {
  std::vector<double> values = SimulatedSeries(1).noise(60);
  for (const std::size_t at : {0u, 30u, 59u}) values[at] = 1e6;
  EXPECT_EQ(places_without_spikes(values), all_but(60, {0, 30, 59}));
  EXPECT_EQ(at_places(values, Places{30, 59}), (std::vector<double>{1e6, 1e6}));

  std::vector<double> three = SimulatedSeries(1).noise(60);
  add_step(three, 57, 100);
  EXPECT_EQ(places_without_spikes(three), all_but(60, {57, 58, 59}));
}

TEST(SeriesNoise, AStepIsNoSpikeEvenInTheLastFourValues) {
  std::vector<double> values = SimulatedSeries(2).noise(60);
  add_step(values, 30, 100);
  add_step(values, 56, 100);
  EXPECT_EQ(places_without_spikes(values), all_but(60, {}));
}

TEST(SeriesNoise, TwoModesAreNoSpikes) {
  std::vector<double> values;
  for (int i = 0; i < 60; ++i) values.push_back(i % 4 == 0 ? 110.0 : 100.0);
  EXPECT_EQ(places_without_spikes(values), all_but(60, {}));

  SimulatedSeries series(5);
  std::vector<double> apart = series.noise(400);
  for (double& value : apart) value += series.uniform() < 0.2 ? 150 : 0;
  EXPECT_EQ(places_without_spikes(apart), all_but(400, {}));
}

TEST(SeriesNoise, AutocorrelationIsThatOfTheNoiseAndNotOfTheSteps) {
  for (const double truth : {0.0, 0.3, 0.6}) {
    std::vector<double> values = SimulatedSeries(3).noise(4000, truth);
    std::vector<std::size_t> changes;
    for (std::size_t at = 100; at < values.size(); at += 100) {
      changes.push_back(at);
      add_step(values, at, at % 200 == 0 ? 5 : -5);
    }
    EXPECT_NEAR(noise_autocorrelation(values, changes), truth, 0.05) << truth;
  }
}

TEST(SeriesNoise, WhitenedNoiseHasNoAutocorrelation) {
  const std::vector<double> values = SimulatedSeries(4).noise(4000, 0.5);
  EXPECT_NEAR(noise_autocorrelation(whitened(values, 0.5), {}), 0, 0.05);
}

TEST(SeriesNoise, CorrelatedPointsCountForFewer) {
  EXPECT_DOUBLE_EQ(effective_points(30, 0), 30);
  EXPECT_DOUBLE_EQ(effective_points(30, 0.5), 10);
  EXPECT_DOUBLE_EQ(effective_freedom(30, 0.5), 16);
}

}  // namespace
}  // namespace motley::analysis
