// Products with few rows, such as inference at batch 1, once for each Highway target: each element
// of B is needed once or a few times, so that it is read where it lies, in long runs, and not
// packed. What bounds it is the bandwidth of memory.
#include "workloads/gemm/tiles.hpp"

#if defined(MOTLEY_GEMM_FEW_ROWS) == defined(HWY_TARGET_TOGGLE)
#ifdef MOTLEY_GEMM_FEW_ROWS
#undef MOTLEY_GEMM_FEW_ROWS
#else
#define MOTLEY_GEMM_FEW_ROWS
#endif

#include "workloads/gemm/gemm.hpp"
#include "workloads/gemm/packing.hpp"

#include "hwy/cache_control.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace motley::workloads::gemm::HWY_NAMESPACE {

/// Reads so many floats ahead in each of four runs, behind their end in the next four: a core's own
/// prefetchers leave a good part of the bandwidth unused.
constexpr std::int64_t ahead = 256;

struct FourRuns {
  const float *run0, *run1, *run2, *run3;
  std::int64_t length, next;  ///< floats from one run to the one that comes four runs later
  template <class At>
  HWY_INLINE void load(At at, hn::Vec<Floats>* v) const {
    const std::int64_t wanted = at.i + ahead < length ? at.i + ahead : at.i + ahead - length + next;
    const auto one = [=](const float* run) HWY_ATTR {
      hwy::Prefetch(run + wanted);
      return at.load(run);
    };
    v[0] = one(run0);
    v[1] = one(run1);
    v[2] = one(run2);
    v[3] = one(run3);
  }
};

/// One vector of columns: four rows of B, times four columns of A.
template <int rows, class At>
HWY_INLINE void add_four_rows(At at, const FourRuns& b, const float (&a)[rows][4],
                              float* const* sums) {
  hn::Vec<Floats> v[4];
  b.load(at, v);
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) {
    auto sum = at.load(sums[r]);
#pragma GCC unroll 16
    for (int i = 0; i < 4; ++i) sum = hn::MulAdd(all(a[r][i]), v[i], sum);
    at.store(sum, sums[r]);
  }
}

/// sums[r][columns] += a[r][k] x the k rows of B at `b`.
template <int rows>
void add_rows_of_b(const float* a, std::int64_t a_stride, const float* b, std::int64_t b_stride,
                   std::int64_t k, std::int64_t columns, float* const* sums) {
  for (std::int64_t i = 0; i < k; i += 4) {
    // Behind the last row: the last once more, times 0, so that what is infinite there makes a NaN.
    const auto row = [=](std::int64_t of) { return b + least(i + of, k - 1) * b_stride; };
    const FourRuns runs{row(0), row(1), row(2), row(3), columns, 4 * b_stride};
    float factors[rows][4];
    for (int r = 0; r < rows; ++r) {
      for (std::int64_t of = 0; of < 4; ++of) {
        factors[r][of] = i + of < k ? a[r * a_stride + i + of] : 0.0F;
      }
    }
    std::int64_t j = 0;
    for (; j + vector_lanes <= columns; j += vector_lanes) {
      add_four_rows<rows>(Whole{j}, runs, factors, sums);
    }
    if (j < columns) {
      add_four_rows<rows>(Part{j, static_cast<std::size_t>(columns - j)}, runs, factors, sums);
    }
  }
}

/// One vector of k, of four columns of B.
template <int rows, class At>
HWY_INLINE void add_products(At at, const FourRuns& b, const float* a, std::int64_t a_stride,
                             hn::Vec<Floats> (&totals)[rows][4]) {
  hn::Vec<Floats> v[4];
  b.load(at, v);
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) {
    const auto ar = at.load(a + r * a_stride);
#pragma GCC unroll 16
    for (int c = 0; c < 4; ++c) totals[r][c] = hn::MulAdd(ar, v[c], totals[r][c]);
  }
}

/// sums[r][j] += a[r] . b[j] for four neighbouring j (fewer at the end), each k long.
template <int rows>
void add_dot_products(const float* a, std::int64_t a_stride, const float* b, std::int64_t b_stride,
                      std::int64_t k, std::int64_t columns, float* const* sums) {
  const Floats d;
  for (std::int64_t j = 0; j < columns; j += 4) {
    const auto column = [=](std::int64_t of) { return b + least(j + of, columns - 1) * b_stride; };
    const FourRuns runs{column(0), column(1), column(2), column(3), k, 4 * b_stride};
    hn::Vec<Floats> totals[rows][4];
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 16
      for (int c = 0; c < 4; ++c) totals[r][c] = hn::Zero(d);
    }
    std::int64_t i = 0;
    for (; i + vector_lanes <= k; i += vector_lanes) {
      add_products<rows>(Whole{i}, runs, a, a_stride, totals);
    }
    if (i < k) {
      add_products<rows>(Part{i, static_cast<std::size_t>(k - i)}, runs, a, a_stride, totals);
    }
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 16
      for (int c = 0; c < 4; ++c) {
        const float sum = hn::GetLane(hn::SumOfLanes(d, totals[r][c]));
        if (j + c < columns) sums[r][j + c] += sum;
      }
    }
  }
}

/// A's rows, the block of k, row by row; `tile` is for the way there.
inline void gather_rows(const Product& p, Span rows, Span k, float* tile, float* to) {
  if (rows.size() > tile_rows) {
    const Span first{rows.begin, rows.begin + tile_rows};
    gather_rows(p, first, k, tile, to);
    return gather_rows(p, {first.end, rows.end}, k, tile, to + tile_rows * k.size());
  }
  for (std::int64_t begin = k.begin; begin < k.end; begin += block_k) {
    const Span part{begin, least(begin + block_k, k.end)};
    pack_a(p, rows, part, tile);
    for (std::int64_t r = 0; r < rows.size(); ++r) {
      float* const run = to + r * k.size() + begin - k.begin;
      if (is_transposed(p)) {
        for (std::int64_t i = 0; i < part.size(); ++i) run[i] = tile[i * tile_rows + r];
      } else {
        copy_run(run, tile + r * tile_row_stride, part.size());
      }
    }
  }
}

/// So many rows, all columns that `sums` point to, a block of k.
template <int rows>
void add_few_rows(const Product& p, const float* a, Span k, Span columns, float* const* sums) {
  const Matrix& b = p.b.matrix;
  if (b.transposed) {
    add_dot_products<rows>(a, k.size(), b.data + columns.begin * b.stride + k.begin, b.stride,
                           k.size(), columns.size(), sums);
  } else {
    add_rows_of_b<rows>(a, k.size(), b.data + k.begin * b.stride + columns.begin, b.stride,
                        k.size(), columns.size(), sums);
  }
}

using FewRowsForm = void (*)(const Product&, const float*, Span, Span, float* const*);

HWY_INLINE FewRowsForm few_rows_form(std::int64_t rows) {
  static constexpr FewRowsForm forms[] = {add_few_rows<1>, add_few_rows<2>, add_few_rows<3>,
                                          add_few_rows<4>, add_few_rows<5>, add_few_rows<6>,
                                          add_few_rows<7>, add_few_rows<8>};
  return forms[rows - 1];
}

HWY_INLINE bool has_few_rows(const Product& p) {
  return p.m > 0 && p.m <= most_few_rows && p.k > 0 && !p.packed_b && p.b.block_rows == 0;
}

}  // namespace motley::workloads::gemm::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
