// Start values of a peak loop and what must come out of it, in closed form and double precision.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "microbench/flops_loops.hpp"

namespace motley::microbench {

/// `steps` steps of x += x*a, x -= x*a in turn, without rounding.
double after_shrinking(double x, double a, std::int64_t steps);
/// a for which x shrinks to 1/e.
double shrinking_factor(std::int64_t steps);
/// `steps` steps of x = x*a + a, modulo 2^32.
std::uint32_t after_congruential(std::uint32_t x, std::uint32_t a, std::int64_t steps);

double value_of_half(std::uint16_t bits);
std::uint16_t nearest_half(double value);  ///< to even; of a value in the range of normal halves

/// Steps of x += x*a, x -= x*a in turn, each rounded once to half precision as a fused multiply-add
/// does. A step moves normal halves of one fraction by the same number of units in the last place
/// whatever their exponent, so that a table of 1024 fractions does.
class ShrinkingHalf {
 public:
  explicit ShrinkingHalf(double a);
  /// x and what it shrinks to must be positive and normal.
  double after(double x, std::int64_t steps) const;

 private:
  std::array<std::array<std::int32_t, 1024>, 2> units_;  ///< of an even step and an odd one
};

struct PeakData {
  PeakData(const PeakLoop& loop, std::uint64_t seed);

  /// After which the results are as expected. All of them count: half would leave floats e^2 times
  /// too large (fp16: e^8).
  static constexpr std::int64_t steps = 8192;
  std::vector<std::byte> start, factor;  ///< as the loop reads them
  double tolerance = 0;                  ///< of worst_error, with its reason in the .cpp

  /// Largest relative error of `results`, which holds whole sets of the loop's values; 1 for each
  /// wrong integer. Not a number is returned as such.
  double worst_error(const std::vector<std::byte>& results) const;

 private:
  void set_factor(double a, std::uint32_t bits);  ///< and the tolerance that goes with it

  std::vector<double> expected_;
  enum class Kind { fp32, fp64, fp16, int32 } kind_;
};

}  // namespace motley::microbench
