// Series whose truth is known, for tests: noise of a given lag-1 autocorrelation with steps and
// ramps put in. The same numbers with every standard library.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>
#include <vector>

namespace motley::analysis {

class SimulatedSeries {
 public:
  static constexpr double level = 100, sigma = 5;

  explicit SimulatedSeries(std::uint64_t seed) : random_(seed) {}

  /// Around `level`, with deviation `sigma`.
  std::vector<double> noise(std::size_t points, double autocorrelation = 0) {
    std::vector<double> values;
    double error = normal();
    for (std::size_t i = 0; i < points; ++i) {
      values.push_back(level + sigma * error);
      error = autocorrelation * error + std::sqrt(1 - autocorrelation * autocorrelation) * normal();
    }
    return values;
  }

  double uniform() { return (static_cast<double>(random_() >> 11) + 0.5) * 0x1p-53; }

 private:
  double normal() {  // Box and Muller (1958)
    const double radius = std::sqrt(-2 * std::log(uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }

  std::mt19937_64 random_;
};

/// `sigmas` deviations higher from `at` on.
inline void add_step(std::vector<double>& values, std::size_t at, double sigmas) {
  for (std::size_t i = at; i < values.size(); ++i) values[i] += sigmas * SimulatedSeries::sigma;
}

}  // namespace motley::analysis
