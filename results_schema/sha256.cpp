#include "results_schema/sha256.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <fmt/format.h>

namespace motley::schema {
namespace {

using State = std::array<std::uint32_t, 8>;

/// The first 32 bits of the fractional part of a root: where the standard's constants come from.
std::uint32_t fraction_bits(long double root) {
  return static_cast<std::uint32_t>((root - std::floor(root)) * 0x1p32L);
}

struct Constants {
  State start{};                           ///< square roots of the first 8 primes
  std::array<std::uint32_t, 64> rounds{};  ///< cube roots of the first 64

  Constants() {
    std::size_t found = 0;
    for (int candidate = 2; found < rounds.size(); ++candidate) {
      bool prime = true;
      for (int divisor = 2; divisor * divisor <= candidate; ++divisor) {
        if (candidate % divisor == 0) prime = false;
      }
      if (!prime) continue;
      if (found < start.size()) start[found] = fraction_bits(std::sqrt((long double)(candidate)));
      rounds[found++] = fraction_bits(std::cbrt((long double)(candidate)));
    }
  }
};

void add_block(State& state, const std::byte* block, const Constants& constants) {
  std::array<std::uint32_t, 64> words{};
  for (std::size_t i = 0; i < 16; ++i) {
    for (std::size_t byte = 0; byte < 4; ++byte) {
      words[i] = words[i] << 8 | std::to_integer<std::uint32_t>(block[4 * i + byte]);
    }
  }
  for (std::size_t i = 16; i < 64; ++i) {
    const std::uint32_t a = words[i - 15], b = words[i - 2];
    words[i] = words[i - 16] + (std::rotr(a, 7) ^ std::rotr(a, 18) ^ a >> 3) + words[i - 7] +
               (std::rotr(b, 17) ^ std::rotr(b, 19) ^ b >> 10);
  }
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t i = 0; i < 64; ++i) {
    const std::uint32_t first = h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) +
                                ((e & f) ^ (~e & g)) + constants.rounds[i] + words[i];
    const std::uint32_t second =
        (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + first;
    d = c, c = b, b = a, a = first + second;
  }
  const State added{a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < state.size(); ++i) state[i] += added[i];
}

}  // namespace

std::string sha256(std::span<const std::byte> bytes) {
  static const Constants constants;
  constexpr std::size_t block_bytes = 64;
  State state = constants.start;
  std::size_t done = 0;
  for (; done + block_bytes <= bytes.size(); done += block_bytes) {
    add_block(state, bytes.data() + done, constants);
  }
  // The rest, one bit, zeros, and the length in bits.
  std::array<std::byte, 2 * block_bytes> end{};
  const std::size_t rest = bytes.size() - done;
  if (rest > 0) std::memcpy(end.data(), bytes.data() + done, rest);
  end[rest] = std::byte{0x80};
  const std::size_t end_bytes = rest + 9 <= block_bytes ? block_bytes : 2 * block_bytes;
  for (std::size_t i = 0; i < 8; ++i) {
    end[end_bytes - 1 - i] = static_cast<std::byte>(std::uint64_t{bytes.size()} * 8 >> 8 * i);
  }
  add_block(state, end.data(), constants);
  if (end_bytes > block_bytes) add_block(state, end.data() + block_bytes, constants);
  std::string text;
  for (const std::uint32_t word : state) text += fmt::format("{:08x}", word);
  return text;
}

}  // namespace motley::schema
