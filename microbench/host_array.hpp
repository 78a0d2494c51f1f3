// Host memory of transfer cases: an exactly so aligned array, and content by which every byte that
// was not moved is noticed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace motley::microbench {

/// Zeroed (so every page is there). The address is a multiple of `alignment` and of nothing larger
/// up to 4096: an array that happens to be aligned better would answer another question.
class HostArray {
 public:
  /// Throws Error unless alignment is a power of two.
  HostArray(std::size_t bytes, std::size_t alignment);
  std::byte* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }
  std::span<std::byte> span() const { return {data_, bytes_}; }
  void fill(std::byte value) { std::memset(data_, static_cast<int>(value), bytes_); }

 private:
  std::vector<std::byte> storage_;  ///< moving it keeps the address
  std::byte* data_;
  std::size_t bytes_;
};

/// What no byte of random content is: put where data shall arrive.
inline constexpr std::byte nothing{0xFF};

/// Random bytes, never `nothing`.
void fill_random(HostArray& array, std::uint64_t seed, std::uint64_t stream);
/// Turns content into other content that differs in every byte: a transfer that did nothing, or
/// stopped a byte early, leaves old bytes that are all wrong.
void renew(HostArray& array);
/// Bytes that differ.
double wrong_bytes(std::span<const std::byte> expected, std::span<const std::byte> found);

}  // namespace motley::microbench
