// Start values of a peak loop and what must come out of it, in closed form and double precision.
#pragma once

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
/// `steps` steps of x += x*a, x -= x*a in turn, each rounded once as a fused multiply-add does.
double after_shrinking_in_half(double x, double a, std::int64_t steps);

struct PeakData {
  PeakData(const PeakLoop& loop, std::uint64_t seed);

  /// After which the results are as expected: 2048, 512 for fp16. Half of them would be off by 40
  /// %.
  std::int64_t steps;
  std::vector<std::byte> start, factor;  ///< as the loop reads them
  double tolerance = 0;                  ///< of worst_error, with its reason in the .cpp

  /// Largest relative error of `results`, which holds whole sets of the loop's values; 1 for each
  /// wrong integer. Not a number is returned as such.
  double worst_error(const std::vector<std::byte>& results) const;

 private:
  std::vector<double> expected_;
  enum class Kind { fp32, fp64, fp16, int32 } kind_;
};

}  // namespace motley::microbench
