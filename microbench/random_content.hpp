// What do the arrays of memory cases hold? Random floats in [1, 2), a function of (key, index), so
// that any element can be checked without a copy. Filled by the processor itself: hundreds of MiB
// would take the host longer than the measurement. Constants would not do: memory that compresses
// them was seen to report four times its bandwidth.
#pragma once

#include <bit>
#include <cstdint>

#include "harness/workbench.hpp"

namespace motley::microbench {

/// Integer hash with low bias: constants of Chris Wellons, "Prospecting for hash functions", 2018
/// (public domain).
constexpr std::uint32_t random_word(std::uint32_t key, std::uint32_t index) {
  std::uint32_t x = index + key;
  x = (x ^ (x >> 16)) * 0x7feb352du;
  x = (x ^ (x >> 15)) * 0x846ca68bu;
  return x ^ (x >> 16);
}
constexpr std::uint32_t random_float_bits(std::uint32_t key, std::uint32_t index) {
  return (random_word(key, index) >> 9) | 0x3f800000u;
}
constexpr float random_float(std::uint32_t key, std::uint32_t index) {
  return std::bit_cast<float>(random_float_bits(key, index));
}

/// Key of array `stream` of a trial.
std::uint32_t content_key(const Workbench& bench, std::uint64_t stream);

/// A new buffer of `count` such floats; waits.
Buffer& random_array(Workbench& bench, std::int64_t count, std::uint32_t key,
                     const BufferOptions& options = {});

}  // namespace motley::microbench
