// Whole numbers as loops over tiles need them.
#pragma once

#include <cstdint>

namespace motley::workloads {

struct Span {
  std::int64_t begin, end;
  constexpr std::int64_t size() const { return end - begin; }
};

constexpr std::int64_t least(std::int64_t x, std::int64_t y) {
  return x < y ? x : y;
}
constexpr std::int64_t limited(std::int64_t x, std::int64_t low, std::int64_t high) {
  return x < low ? low : least(x, high);
}
/// n / by, rounded up; n >= 0.
constexpr std::int64_t divided(std::int64_t n, std::int64_t by) {
  return (n + by - 1) / by;
}
/// Piece `index` of `pieces` that differ by one at most.
constexpr Span even_piece(Span whole, std::int64_t index, std::int64_t pieces) {
  return {whole.begin + whole.size() * index / pieces,
          whole.begin + whole.size() * (index + 1) / pieces};
}

}  // namespace motley::workloads
