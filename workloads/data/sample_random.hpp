// The random numbers of one sample, in the order in which it asks for them. Only bits, sums,
// products, quotients and square roots may be made of them where a sample's bytes depend on the
// result: those are rounded the same on every platform, sin and exp are not.
#pragma once

#include <bit>
#include <cstdint>

#include "harness/random.hpp"
#include "workloads/data/data_set.hpp"

namespace motley::workloads {

class SampleRandom {
 public:
  SampleRandom(std::uint64_t seed, Split split, std::uint64_t index)
      : seed_(random_bits(seed, split == Split::train ? 0 : 1, index)) {}

  std::uint64_t bits() { return random_bits(seed_, 0, next_++); }
  /// In [0, count); each within 2^-32 of equally likely.
  std::uint32_t below(std::uint32_t count) {
    return static_cast<std::uint32_t>((bits() >> 32) * count >> 32);
  }
  /// In [low, high).
  double between(double low, double high) {
    return low + (high - low) * (static_cast<double>(bits() >> 40) * 0x1p-24);
  }

 private:
  std::uint64_t seed_;
  std::uint64_t next_ = 0;
};

/// Noise of four pixels from one draw: the number of ones in 16 bits less 8 is binomial, which is
/// near enough to normal (standard deviation 2) and exact everywhere.
inline int noise_of(std::uint64_t bits, unsigned pixel) {
  return std::popcount(bits >> (16 * pixel) & 0xFFFF) - 8;
}

}  // namespace motley::workloads
