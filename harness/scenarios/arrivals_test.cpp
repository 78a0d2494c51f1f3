#include "harness/scenarios/arrivals.hpp"

#include <algorithm>
#include <boost/math/distributions/exponential.hpp>
#include <boost/math/distributions/gamma.hpp>
#include <cmath>
#include <gtest/gtest.h>

namespace motley {
namespace {

constexpr int many = 20000;
/// Of Kolmogorov's distribution: exceeded by one sample in a thousand.
const double critical = std::sqrt(-std::log(0.001 / 2) / 2) / std::sqrt(double(many));

/// Kolmogorov and Smirnov's distance of the sample from a distribution.
template <class F>
double distance(std::vector<double> values, F cumulated) {
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size());
  double most = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double expected = cumulated(values[i]);
    most = std::max({most, expected - double(i) / n, double(i + 1) / n - expected});
  }
  return most;
}

double exponential(double x) {
  return cdf(boost::math::exponential_distribution<>(1), x);
}

std::vector<double> gaps(const Arrivals& arrivals) {
  std::vector<double> values;
  double last = 0;
  for (int i = 0; i < many; ++i) {
    const double now = arrivals().seconds;
    values.push_back(now - last);
    last = now;
  }
  return values;
}

TEST(Arrivals, PoissonGapsAreExponential) {
  std::vector<double> values = gaps(renewals(7, 1, constant_rate(50)));
  for (double& one : values) one *= 50;
  EXPECT_LT(distance(values, exponential), critical);
}

TEST(Arrivals, GammaGapsHaveTheirVariation) {
  for (const double variation : {0.5, 2.0, 3.0}) {
    // Not from the times themselves: of the shortest gaps at 3 a sum of doubles knows nothing.
    std::vector<double> values;
    for (std::uint64_t i = 0; i < many; ++i) values.push_back(unit_gap(variation, 7, i));
    const double shape = 1 / (variation * variation);
    const boost::math::gamma_distribution<> gamma(shape, 1 / shape);
    EXPECT_LT(distance(values, [&](double x) { return cdf(gamma, std::max(x, 0.0)); }), critical)
        << variation;
  }
}

/// Where each segment of the states begins, on both time scales.
struct Scale {
  explicit Scale(RateSegments rates) : states(std::move(rates)) {}
  double unit(double seconds) {
    while (seconds > begin + states(i).seconds) {
      unit_begin += states(i).seconds * states(i).rate_at_start;
      begin += states(i++).seconds;
    }
    return unit_begin + (seconds - begin) * states(i).rate_at_start;
  }
  RateSegments states;
  std::int64_t i = 0;
  double begin = 0, unit_begin = 0;
};

TEST(Arrivals, RescaledTwoStateGapsAreExponential) {
  const RateSegments states = two_states(7, 20, 200, 2, 0.5);
  const Arrivals arrivals = renewals(7, 1, states);
  Scale scale(states);
  std::vector<double> values;
  double last = 0;
  for (int i = 0; i < many; ++i) {
    const double now = scale.unit(arrivals().seconds);
    values.push_back(now - last);
    last = now;
  }
  EXPECT_LT(distance(values, exponential), critical);
}

TEST(Arrivals, GapsWithinAStateAreItsOwn) {
  // Stays that are long beside a gap: what their ends cut off is small.
  const double rates[] = {20, 200};
  const Arrivals arrivals = renewals(7, 1, two_states(7, rates[0], rates[1], 2000, 500));
  std::vector<double> values[2];
  Arrival last = arrivals();
  for (int i = 0; i < 20 * many; ++i) {
    const Arrival now = arrivals();
    auto& own = values[now.segment];
    if (now.segment == last.segment && own.size() < many) {
      own.push_back((now.seconds - last.seconds) * rates[now.segment]);
    }
    last = now;
  }
  for (const auto& own : values) {
    ASSERT_EQ(own.size(), many);
    EXPECT_LT(distance(own, exponential), critical);
  }
}

TEST(Arrivals, StaysInAStateAreExponential) {
  const RateSegments states = two_states(7, 1, 1, 2, 0.5);
  std::vector<double> stays[2];
  for (std::int64_t i = 0; i < 2 * many; ++i) {
    stays[i % 2].push_back(states(i).seconds / (i % 2 == 0 ? 2 : 0.5));
  }
  for (const auto& own : stays) EXPECT_LT(distance(own, exponential), critical);
}

std::int64_t count_until(const Arrivals& arrivals, double seconds) {
  std::int64_t count = 0;
  while (arrivals().seconds < seconds) ++count;
  return count;
}

TEST(Arrivals, RatesAreRightOverLongRuns) {
  EXPECT_EQ(count_until(renewals(1, 0, constant_rate(50)), 1000.001), 50000);
  for (const double variation : {0.5, 1.0, 2.0, 3.0}) {
    const double count = double(count_until(renewals(3, variation, constant_rate(50)), 1000));
    EXPECT_NEAR(count, 50000, 4 * variation * std::sqrt(50000)) << variation;
  }
  // 20 and 200 for 2 s and 0.5 s: 56 a second. The variance is mostly that of the stays.
  EXPECT_NEAR(double(count_until(renewals(3, 1, two_states(3, 20, 200, 2, 0.5)), 50000)),
              56 * 50000, 0.05 * 56 * 50000);
  EXPECT_NEAR(double(count_until(renewals(3, 1, ramp(0, 100, 10, 100)), 2000)), 50000,
              4 * std::sqrt(50000));
  EXPECT_NEAR(double(count_until(renewals(3, 1, steps(20, 80, 4, 250)), 2000)), 50000,
              4 * std::sqrt(50000));
}

TEST(Arrivals, RampIsThatOfItsIntegral) {
  // rate(t) = 10 + 2 t: arrival k of a constant process when 10 t + t^2 = k, over four segments.
  const Arrivals arrivals = renewals(1, 0, ramp(10, 90, 4, 10));
  for (int k = 1; k <= 2000; ++k) {
    const Arrival one = arrivals();
    ASSERT_NEAR(one.seconds, std::sqrt(25.0 + k) - 5, 1e-9) << k;
    ASSERT_EQ(one.segment, std::min<std::int64_t>(3, std::int64_t(one.seconds / 10 - 1e-12))) << k;
  }
  EXPECT_TRUE(std::isinf(arrivals().seconds));
}

TEST(Arrivals, AreAFunctionOfSeedAndIndex) {
  for (const double variation : {0.0, 1.0, 2.0}) {
    const Arrivals one = renewals(5, variation, constant_rate(10));
    const Arrivals same = renewals(5, variation, constant_rate(10));
    double sum = 0;
    for (std::uint64_t i = 0; i < 1000; ++i) {
      sum += unit_gap(variation, 5, i);
      const double at = one().seconds;
      ASSERT_DOUBLE_EQ(at, sum / 10);
      ASSERT_EQ(at, same().seconds);
    }
    // In any order.
    EXPECT_EQ(unit_gap(variation, 5, 999), unit_gap(variation, 5, 999));
    if (variation > 0) {
      EXPECT_NE(unit_gap(variation, 5, 3), unit_gap(variation, 6, 3));
    }
  }
}

TEST(Arrivals, BurstsAndPeriodsDoNotDrift) {
  const Arrivals burst = bursts(3, 0.1);
  for (int i = 0; i < 3000; ++i) {
    const Arrival one = burst();
    ASSERT_DOUBLE_EQ(one.seconds, 0.1 * double(i - i % 3) / 3);
    ASSERT_EQ(one.segment, i % 3);
  }
  const Arrivals frames = periodic(1.0 / 60);
  for (int i = 0; i < 100000; ++i) ASSERT_DOUBLE_EQ(frames().seconds, i * (1.0 / 60));
}

}  // namespace
}  // namespace motley
