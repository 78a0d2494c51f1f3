#include "microbench/host_array.hpp"

#include <algorithm>
#include <bit>
#include <fmt/format.h>

#include "harness/error.hpp"
#include "harness/random.hpp"

namespace motley::microbench {
namespace {

constexpr std::size_t page_bytes = 4096;
// Bit 0 of every byte is clear: 0xFF cannot occur, before or after the others are flipped.
constexpr std::uint64_t used_bits = 0xFEFEFEFEFEFEFEFEu;

}  // namespace

HostArray::HostArray(std::size_t bytes, std::size_t alignment) : bytes_(bytes) {
  if (!std::has_single_bit(alignment)) {
    throw Error(fmt::format(
        "alignment={} is not a power of two (addresses have no other). Give 1, 64 or 4096.",
        alignment));
  }
  const std::size_t base = std::max(alignment, page_bytes);
  // Drivers that share memory look at whole lines: the last one belongs to the array as well.
  storage_.resize(bytes + 2 * base + 64);
  const auto address = reinterpret_cast<std::uintptr_t>(storage_.data());
  data_ = storage_.data() + ((base - address % base) % base);
  if (alignment < page_bytes) data_ += alignment;
}

void fill_random(HostArray& array, std::uint64_t seed, std::uint64_t stream) {
  for (std::size_t begin = 0; begin < array.bytes(); begin += sizeof(std::uint64_t)) {
    const std::uint64_t word = random_bits(seed, stream, begin) & used_bits;
    std::memcpy(array.data() + begin, &word, std::min(sizeof(word), array.bytes() - begin));
  }
}

void renew(HostArray& array) {
  for (std::size_t begin = 0; begin < array.bytes(); begin += sizeof(std::uint64_t)) {
    const std::size_t length = std::min(sizeof(std::uint64_t), array.bytes() - begin);
    std::uint64_t word = 0;
    std::memcpy(&word, array.data() + begin, length);
    word ^= used_bits;
    std::memcpy(array.data() + begin, &word, length);
  }
}

double wrong_bytes(std::span<const std::byte> expected, std::span<const std::byte> found) {
  const std::size_t common = std::min(expected.size(), found.size());
  double wrong = static_cast<double>(std::max(expected.size(), found.size()) - common);
  if (common == 0 || std::memcmp(expected.data(), found.data(), common) == 0) return wrong;
  for (std::size_t i = 0; i < common; ++i) wrong += expected[i] != found[i];
  return wrong;
}

}  // namespace motley::microbench
