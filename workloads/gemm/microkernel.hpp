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

#include "hwy/cache_control.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace motley::workloads::gemm::HWY_NAMESPACE {

// A tile's sums, a row of B and the broadcasts of A fill the registers: 32 of them, or 16. On Arm
// GCC 12 holds the broadcasts of all rows at once, and 12 rows spill. A tile of A (rows x block_k)
// is to stay in L1 while panels of B (block_k x columns) pass; a block of B (block_k x
// block_columns) in L2: 768 KiB of the 1-2 MiB of cores with AVX-512, 256 KiB of the 256-512 KiB of
// other x86 cores, 192 KiB of the 256 KiB and more of phones' larger cores. On AVX-512, block_k of
// 192 to 384 were seen equally fast.
#if HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86
constexpr std::int64_t tile_rows = 14, tile_vectors = 2;
constexpr std::int64_t block_k = 384, block_columns = 512;
#elif HWY_ARCH_ARM_A64
constexpr std::int64_t tile_rows = 10, tile_vectors = 2;
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

/// Rows of B as they lie in memory, `stride` floats apart.
struct Source {
  const float* data = nullptr;
  std::int64_t stride = 0;
};

using MicrokernelForm = void (*)(const float* a, float* b, std::int64_t k, float* result,
                                 Source source);

/// The next row of a panel, or of the source, which is packed on the way. Both come from farther
/// than a hardware prefetcher of short runs keeps ahead of wide vectors; how far ahead hardly
/// matters.
template <int vectors, bool packs, class D, class V>
HWY_INLINE void next_row(D d, float* HWY_RESTRICT b, Source& source, V* HWY_RESTRICT bs) {
  namespace hn = hwy::HWY_NAMESPACE;
  if constexpr (tile_columns >= 16) {
#pragma GCC unroll 16
    for (std::int64_t j = 0; j < vectors * vector_lanes; j += 16) {
      hwy::Prefetch(packs ? source.data + 24 * source.stride + j : b + 16 * tile_columns + j);
    }
  }
#pragma GCC unroll 16
  for (int v = 0; v < vectors; ++v) {
    bs[v] =
        packs ? hn::LoadU(d, source.data + v * vector_lanes) : hn::Load(d, b + v * vector_lanes);
    if constexpr (packs) hn::Store(bs[v], d, b + v * vector_lanes);
  }
  source.data += source.stride;
}

/// result[rows][tile_columns] = the tile of A x the panel of B; of the columns, only `vectors`.
/// `by_k`: the tile lies k by k, else row by row. `packs`: B is read from the source and left in
/// the panel, behind multiplications that need the time anyway.
template <int rows, int vectors, bool by_k, bool packs>
void microkernel(const float* HWY_RESTRICT a, float* HWY_RESTRICT b, const std::int64_t k,
                 float* HWY_RESTRICT result, Source source) {
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
    next_row<vectors, packs>(d, b, source, bs);
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

template <int vectors, bool by_k, bool packs, std::size_t... pairs>
HWY_INLINE MicrokernelForm of_row_pairs(std::int64_t row_pairs, std::index_sequence<pairs...>) {
  static constexpr MicrokernelForm forms[] = {
      microkernel<static_cast<int>(2 * pairs + 2), vectors, by_k, packs>...};
  return forms[row_pairs - 1];
}

/// For a tile with so many rows and columns (rows: the next even number). `packs` needs all
/// tile_columns.
HWY_INLINE MicrokernelForm microkernel_for(std::int64_t rows, std::int64_t columns, bool by_k,
                                           bool packs) {
  const std::make_index_sequence<tile_rows / 2> pairs;
  const std::int64_t row_pairs = (rows + 1) / 2;
  if (packs) {
    return by_k ? of_row_pairs<2, true, true>(row_pairs, pairs)
                : of_row_pairs<2, false, true>(row_pairs, pairs);
  }
  if (columns <= vector_lanes) {
    return by_k ? of_row_pairs<1, true, false>(row_pairs, pairs)
                : of_row_pairs<1, false, false>(row_pairs, pairs);
  }
  return by_k ? of_row_pairs<2, true, false>(row_pairs, pairs)
              : of_row_pairs<2, false, false>(row_pairs, pairs);
}

}  // namespace motley::workloads::gemm::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
