// The loops of the bandwidth cases over one thread's share of the arrays, in two forms: with the
// widest vectors and several of them in flight, and as a plain loop such as STREAM's, for
// comparison.
#pragma once

#include <cstdint>

namespace motley::microbench {

enum class StreamOperation { read, write, copy, scale, add, triad };
enum class StoreKind { cached, non_temporal };

/// A thread's part of the arrays: to[0] is element `first` of the whole array. `from` holds
/// `odd_pass_offset` elements more.
struct Stretch {
  float* to;
  const float* from;
  const float* second;
  std::int64_t first;
  std::int64_t count;
  std::uint32_t passes;   ///< times that the whole stretch is walked
  std::uint32_t pattern;  ///< write: makes one run's content differ from that of the last
};

/// The factor of scale and triad differs from pass to pass, and so does the content of write: a
/// loop that leaves the last pass out is noticed.
constexpr float factor_of(std::uint32_t pass) {
  return 1.5f + 0.25f * static_cast<float>(pass & 3u);
}
/// Element of b that copy, scale, add and triad begin at: further on in odd passes, so that no pass
/// writes what the last one did (one of two could be skipped unseen). A whole number of vectors of
/// any width up to 2048 bits: no load is split.
inline constexpr std::int64_t odd_pass_offset = 64;
constexpr std::int64_t offset_of(std::uint32_t pass) {
  return pass % 2 == 0 ? 0 : odd_pass_offset;
}
/// Content of write: a Weyl sequence, one integer addition an element and hard to compress.
inline constexpr std::uint32_t weyl_step = 0x9E3779B1u;
constexpr std::uint32_t written_word(std::uint32_t pattern, std::uint32_t pass,
                                     std::uint32_t index) {
  return pattern + pass + index * weyl_step;
}

/// One step of a shift register over the primitive polynomial of CRC-32: returns to where it began
/// after 2^32 - 1 steps only, and goes together with XOR in any order.
constexpr std::uint32_t stepped(std::uint32_t value) {
  return (value << 1) ^ ((0u - (value >> 31)) & 0x04C11DB7u);
}
/// What read keeps: at each pass the value so far is stepped, then XORed with all words. Any number
/// of partial results may be XORed; without the step an even number of passes would cancel out.
constexpr std::uint32_t folded(std::uint32_t all_words, std::uint32_t passes) {
  std::uint32_t value = 0;
  for (std::uint32_t pass = 0; pass < passes; ++pass) value = stepped(value) ^ all_words;
  return value;
}

/// read: its folded words; else 0. Non-temporal stores are fenced.
std::uint32_t run_simd_loop(StreamOperation operation, StoreKind store, const Stretch& stretch);
/// copy, scale, add and triad only.
void run_stream_loop(StreamOperation operation, StoreKind store, const Stretch& stretch);

/// Name of the instruction set that run_simd_loop uses here: AVX3, AVX2, NEON, SVE ...
const char* simd_target();

}  // namespace motley::microbench
