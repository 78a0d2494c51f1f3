// The innermost loop of a matrix product, once for each Highway target: a tile of the result in
// registers, an outer product of a column of A and a row of B for each k.
#include <cstdint>
#include <utility>

#if defined(MOTLEY_GEMM_MICROKERNEL) == defined(HWY_TARGET_TOGGLE)
#ifdef MOTLEY_GEMM_MICROKERNEL
#undef MOTLEY_GEMM_MICROKERNEL
#else
#define MOTLEY_GEMM_MICROKERNEL
#endif

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace motley::workloads::gemm::HWY_NAMESPACE {

// Accumulators, the vectors of B and one broadcast of A fill the registers: 32 of them, or 16.
#if HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86
constexpr std::int64_t tile_rows = 14, tile_vectors = 2;
constexpr std::int64_t block_k = 384, block_columns = 512;
#elif HWY_ARCH_ARM_A64
constexpr std::int64_t tile_rows = 12, tile_vectors = 2;
constexpr std::int64_t block_k = 256, block_columns = 192;
#else
constexpr std::int64_t tile_rows = 6, tile_vectors = 2;
constexpr std::int64_t block_k = 256, block_columns = 256;
#endif

constexpr std::int64_t vector_lanes =
    hwy::HWY_NAMESPACE::MaxLanes(hwy::HWY_NAMESPACE::ScalableTag<float>());
constexpr std::int64_t tile_columns = tile_vectors * vector_lanes;
/// Of a tile of A that lies row by row. A multiple of 1024 floats would put all its rows into few
/// sets of the L1 cache.
constexpr std::int64_t tile_row_stride = block_k + 16;

using MicrokernelForm = void (*)(const float* a, const float* b, std::int64_t k, float* result);

/// result[rows][tile_columns] = the tile of A x the panel of B; of the columns, only `vectors`.
/// `by_k`: the tile lies k by k, else row by row.
template <int rows, int vectors, bool by_k>
void microkernel(const float* HWY_RESTRICT a, const float* HWY_RESTRICT b, const std::int64_t k,
                 float* HWY_RESTRICT result) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::ScalableTag<float> d;
  constexpr std::int64_t row_stride = by_k ? 1 : tile_row_stride, k_stride = by_k ? tile_rows : 1;
  hn::Vec<decltype(d)> sums[rows][vectors];
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 16
    for (int v = 0; v < vectors; ++v) sums[r][v] = hn::Zero(d);
  }
  for (std::int64_t i = 0; i < k; ++i) {
    hn::Vec<decltype(d)> bs[vectors];
#pragma GCC unroll 16
    for (int v = 0; v < vectors; ++v) bs[v] = hn::Load(d, b + v * vector_lanes);
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r) {
      const auto ar = hn::Set(d, a[r * row_stride]);
#pragma GCC unroll 16
      for (int v = 0; v < vectors; ++v) sums[r][v] = hn::MulAdd(ar, bs[v], sums[r][v]);
    }
    a += k_stride;
    b += tile_columns;
  }
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 16
    for (int v = 0; v < vectors; ++v) {
      hn::Store(sums[r][v], d, result + r * tile_columns + v * vector_lanes);
    }
  }
}

template <bool by_k, int vectors, std::size_t... pairs>
HWY_INLINE MicrokernelForm of_row_pairs(std::int64_t row_pairs, std::index_sequence<pairs...>) {
  static constexpr MicrokernelForm forms[] = {
      microkernel<static_cast<int>(2 * pairs + 2), vectors, by_k>...};
  return forms[row_pairs - 1];
}

/// For a tile with so many rows and columns (rows: the next even number).
HWY_INLINE MicrokernelForm microkernel_for(std::int64_t rows, std::int64_t columns, bool by_k) {
  const std::make_index_sequence<tile_rows / 2> pairs;
  const std::int64_t row_pairs = (rows + 1) / 2;
  if (columns <= vector_lanes) {
    return by_k ? of_row_pairs<true, 1>(row_pairs, pairs)
                : of_row_pairs<false, 1>(row_pairs, pairs);
  }
  return by_k ? of_row_pairs<true, 2>(row_pairs, pairs) : of_row_pairs<false, 2>(row_pairs, pairs);
}

}  // namespace motley::workloads::gemm::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
