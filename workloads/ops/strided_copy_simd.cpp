// The blocks of a transposition on CPUs, four elements by four in registers.
#include <algorithm>

#include "workloads/ops/strided_copy.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "workloads/ops/strided_copy_simd.cpp"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace motley::workloads::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

constexpr std::int64_t block = 16;

/// to[i][j] = from[j][i] for i and j below 4; rows of both are `block` long.
HWY_INLINE void transpose_four(const float* from, float* to) {
#if HWY_TARGET == HWY_SCALAR
  for (std::int64_t i = 0; i < 4; ++i) {
    for (std::int64_t j = 0; j < 4; ++j) to[i * block + j] = from[j * block + i];
  }
#else
  const hn::FixedTag<float, 4> d;
  const auto r0 = hn::LoadU(d, from), r1 = hn::LoadU(d, from + block),
             r2 = hn::LoadU(d, from + 2 * block), r3 = hn::LoadU(d, from + 3 * block);
  const auto low0 = hn::InterleaveLower(d, r0, r1), low2 = hn::InterleaveLower(d, r2, r3),
             high0 = hn::InterleaveUpper(d, r0, r1), high2 = hn::InterleaveUpper(d, r2, r3);
  hn::StoreU(hn::ConcatLowerLower(d, low2, low0), d, to);
  hn::StoreU(hn::ConcatUpperUpper(d, low2, low0), d, to + block);
  hn::StoreU(hn::ConcatLowerLower(d, high2, high0), d, to + 2 * block);
  hn::StoreU(hn::ConcatUpperUpper(d, high2, high0), d, to + 3 * block);
#endif
}

/// Of a whole block without a call: its size is known.
HWY_INLINE void copy_line(const float* from, std::int64_t count, float* to) {
  if (count == block) {
    std::copy_n(from, block, to);
  } else {
    std::copy_n(from, count, to);
  }
}

void transpose_rows(const float* from, std::int64_t from_column, float* to, std::int64_t to_row,
                    std::int64_t rows, std::int64_t columns) {
  HWY_ALIGN float lines[block * block] = {}, turned[block * block];
  for (std::int64_t j = 0; j < columns; j += block) {
    const std::int64_t across = std::min(block, columns - j);
    for (std::int64_t i = 0; i < rows; i += block) {
      const std::int64_t down = std::min(block, rows - i);
      for (std::int64_t k = 0; k < across; ++k) {
        copy_line(from + (j + k) * from_column + i, down, lines + k * block);
      }
      for (std::int64_t k = 0; k < down; k += 4) {
        for (std::int64_t l = 0; l < across; l += 4) {
          transpose_four(lines + l * block + k, turned + k * block + l);
        }
      }
      for (std::int64_t k = 0; k < down; ++k) {
        copy_line(turned + k * block, across, to + (i + k) * to_row + j);
      }
    }
  }
}

}  // namespace
}  // namespace motley::workloads::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace motley::workloads {

HWY_EXPORT(transpose_rows);

void transpose_rows(const float* from, std::int64_t from_column, float* to, std::int64_t to_row,
                    std::int64_t rows, std::int64_t columns) {
  HWY_DYNAMIC_DISPATCH(transpose_rows)(from, from_column, to, to_row, rows, columns);
}

}  // namespace motley::workloads
#endif
