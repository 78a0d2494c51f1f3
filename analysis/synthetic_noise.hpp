// Noise with known properties for tests: the same numbers on every machine, unlike the standard
// library's distributions, whose algorithms are its own choice.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>
#include <vector>

namespace motley::analysis {

class Noise {
 public:
  explicit Noise(std::uint64_t seed) : engine_(seed) {}

  /// In (0, 1).
  double uniform() { return (static_cast<double>(engine_() >> 12) + 0.5) * 0x1p-52; }

  /// Standard normal: Box and Muller (1958).
  double normal() {
    if (has_next_) {
      has_next_ = false;
      return next_;
    }
    const double radius = std::sqrt(-2 * std::log(uniform()));
    const double angle = 2 * std::numbers::pi * uniform();
    next_ = radius * std::sin(angle);
    has_next_ = true;
    return radius * std::cos(angle);
  }

  /// Each value resembles the one before by `correlation`; all are standard normal.
  std::vector<double> autocorrelated(std::size_t count, double correlation) {
    std::vector<double> series;
    double value = normal();
    for (std::size_t i = 0; i < count; ++i) {
      series.push_back(value);
      value = correlation * value + std::sqrt(1 - correlation * correlation) * normal();
    }
    return series;
  }

 private:
  std::mt19937_64 engine_;
  double next_ = 0;
  bool has_next_ = false;
};

}  // namespace motley::analysis
