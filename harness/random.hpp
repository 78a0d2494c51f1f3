// Counter-based random numbers: value i of a stream depends on (seed, stream, i) alone, so that
// every processor and thread gets the same data in any order. Mixing function: the finalizer of
// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
#pragma once

#include <cstdint>

namespace motley {

constexpr std::uint64_t random_bits(std::uint64_t seed, std::uint64_t stream, std::uint64_t index) {
  std::uint64_t z = seed + 0x9E3779B97F4A7C15u * (index + 1) + 0xD1B54A32D192ED03u * (stream + 1);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

/// In [0, 1), a multiple of 2^-24: exact in float.
constexpr double random_unit(std::uint64_t seed, std::uint64_t stream, std::uint64_t index) {
  return static_cast<double>(random_bits(seed, stream, index) >> 40) * 0x1p-24;
}

}  // namespace motley
