// The pieces of reductions on CPUs. Each has the name and the arguments of a kernel of rows.cl.
#include <string_view>

#include "workloads/ops/rows.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "workloads/ops/rows_simd.cpp"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h.
#include "workloads/ops/elementwise_loops.hpp"

#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace motley::workloads::HWY_NAMESPACE {
namespace {

using F = hn::Vec<Floats>;

HWY_INLINE float sum_of(F v) {
  return hn::GetLane(hn::SumOfLanes(Floats(), v));
}

/// The rows of one chunk, four vectors of columns at a time.
HWY_INLINE void sum_chunk(const float* xs, float* sums, std::int64_t rows, std::int64_t columns) {
  const Floats d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t i = 0;
  for (; i + 4 * lanes <= columns; i += 4 * lanes) {
    F s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
    for (std::int64_t row = 0; row < rows; ++row) {
      const float* x = xs + row * columns + i;
      s0 = hn::Add(s0, hn::LoadU(d, x));
      s1 = hn::Add(s1, hn::LoadU(d, x + lanes));
      s2 = hn::Add(s2, hn::LoadU(d, x + 2 * lanes));
      s3 = hn::Add(s3, hn::LoadU(d, x + 3 * lanes));
    }
    hn::StoreU(s0, d, sums + i);
    hn::StoreU(s1, d, sums + i + lanes);
    hn::StoreU(s2, d, sums + i + 2 * lanes);
    hn::StoreU(s3, d, sums + i + 3 * lanes);
  }
  for_each_vector(i, columns, [=](auto at) HWY_ATTR {
    F even = hn::Zero(d), odd = even;
    for (std::int64_t row = 0; row + 1 < rows; row += 2) {
      even = hn::Add(even, at.load(xs + row * columns));
      odd = hn::Add(odd, at.load(xs + (row + 1) * columns));
    }
    if (rows % 2 != 0) even = hn::Add(even, at.load(xs + (rows - 1) * columns));
    at.store(hn::Add(even, odd), sums);
  });
}

void sum_rows(const CpuTask& task, std::int64_t begin, std::int64_t end) {
  const std::int64_t columns = task.value<std::int32_t>(2), rows = task.value<std::int32_t>(3),
                     chunk = task.value<std::int32_t>(4);
  for (std::int64_t piece = begin; piece < end; ++piece) {
    const std::int64_t first = piece * chunk, left = rows - first;
    sum_chunk(task.buffer<const float>(0) + first * columns,
              task.buffer<float>(1) + piece * columns, left < chunk ? left : chunk, columns);
  }
}

/// Scaled sums of term(at) over chunks; the arguments from `sums` on are sums, the
/// first of them, n, chunk, scale.
template <class Term>
HWY_INLINE void sum_chunks(const CpuTask& task, std::int64_t begin, std::int64_t end,
                           std::size_t sums, Term term) {
  const std::int64_t n = task.value<std::int32_t>(sums + 2),
                     chunk = task.value<std::int32_t>(sums + 3);
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(Floats()));
  for (std::int64_t piece = begin; piece < end; ++piece) {
    const std::int64_t to = (piece + 1) * chunk < n ? (piece + 1) * chunk : n;
    F s0 = all(0), s1 = s0;
    std::int64_t i = piece * chunk;
    for (; i + 2 * lanes <= to; i += 2 * lanes) {
      s0 = hn::Add(s0, term(Whole{i}));
      s1 = hn::Add(s1, term(Whole{i + lanes}));
    }
    float sum = sum_of(hn::Add(s0, s1));
    for_each_vector(i, to, [&](auto at) HWY_ATTR { sum += sum_of(term(at)); });
    task.buffer<float>(sums)[task.value<std::int32_t>(sums + 1) + piece] =
        task.value<float>(sums + 4) * sum;
  }
}

void sum(const CpuTask& task, std::int64_t begin, std::int64_t end) {
  const float* xs = task.buffer<const float>(0);
  sum_chunks(task, begin, end, 1, [=](auto at) HWY_ATTR { return at.load(xs); });
}

void sum_squares(const CpuTask& task, std::int64_t begin, std::int64_t end) {
  const float* xs = task.buffer<const float>(0);
  sum_chunks(task, begin, end, 1, [=](auto at) HWY_ATTR {
    const F x = at.load(xs);
    return hn::Mul(x, x);
  });
}

void sum_squared_differences(const CpuTask& task, std::int64_t begin, std::int64_t end) {
  const float *as = task.buffer<const float>(0), *bs = task.buffer<const float>(1);
  sum_chunks(task, begin, end, 2, [=](auto at) HWY_ATTR {
    const F difference = hn::Sub(at.load(as), at.load(bs));
    return hn::Mul(difference, difference);
  });
}

PieceForm find_row_piece(std::string_view entry) {
  static constexpr NamedPiece pieces[] = {{"sum_rows", sum_rows},
                                          {"sum", sum},
                                          {"sum_squares", sum_squares},
                                          {"sum_squared_differences", sum_squared_differences}};
  return form_of(entry, pieces);
}

}  // namespace
}  // namespace motley::workloads::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace motley::workloads {

HWY_EXPORT(find_row_piece);

PieceForm simd_row_piece(const std::string& entry) {
  return HWY_DYNAMIC_DISPATCH(find_row_piece)(entry);
}

}  // namespace motley::workloads
#endif
