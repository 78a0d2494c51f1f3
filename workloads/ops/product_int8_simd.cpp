// How near does a product of 8-bit integers come to what the processor's dot products can do? A
// tile of sums in registers; each step multiplies a group of each row of images by those of all
// columns of a panel of weights. Blocks of weights stay in the L2 cache, a tile of images in L1.
#include "workloads/gemm/gemm.hpp"
#include "workloads/gemm/tiles.hpp"
#include "workloads/ops/product_int8.hpp"

#define HWY_WANT_AVX3_DL
// As gemm/sized_vectors.hpp, but with AVX3_DL's dot products.
#ifndef HWY_DISABLED_TARGETS  // builds under sanitizers disable more
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_SSSE3)
#endif
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "workloads/ops/product_int8_simd.cpp"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h.
#include "workloads/ops/product_int8_packing.hpp"

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace motley::workloads::int8::HWY_NAMESPACE {
namespace {

struct Panel {
  const std::int32_t* weights;  ///< a group each
  const std::int32_t* start;
  const float* scale;
  std::int64_t columns;
  float* to;
  std::int64_t to_stride;
};

/// Sums of one vector become outputs.
HWY_INLINE void put_sums(S sums, const Panel& panel, std::int64_t column, float image_scale,
                         float* to) {
  const hn::ScalableTag<float> d;
  const auto values = hn::Mul(hn::ConvertTo(d, sums), hn::Set(d, image_scale));
  const std::int64_t count = panel.columns - column;
  if (count >= lanes) {
    hn::StoreU(hn::Mul(values, hn::LoadU(d, panel.scale + column)), d, to + column);
    return;
  }
  HWY_ALIGN float some[lanes];
  hn::Store(values, d, some);
  for (std::int64_t j = 0; j < count; ++j) to[column + j] = some[j] * panel.scale[column + j];
}

/// A group of neighbours, which were written one by one as what they are.
HWY_INLINE std::int32_t group_at(const std::int32_t* images) {
  std::int32_t all;
  std::memcpy(&all, images, sizeof all);
  return all;
}

template <int rows>
void multiply_rows(const std::int32_t* images, std::int64_t stride, std::int64_t steps,
                   const Panel& panel, float image_scale) {
  const Sums d;
  S sums[rows][tile_vectors], more[rows][tile_vectors];
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < tile_vectors; ++v) {
      sums[r][v] = more[r][v] = hn::Zero(d);
    }
  }
  const std::int32_t* weights = panel.weights;
  for (std::int64_t i = 0; i < steps; ++i, weights += columns) {
    const S w0 = hn::LoadU(d, weights), w1 = hn::LoadU(d, weights + lanes);
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r) {
      const S image = hn::Set(d, group_at(images + r * stride + i));
      add_dot(image, w0, sums[r][0], more[r][0]);
      add_dot(image, w1, sums[r][1], more[r][1]);
    }
  }
  float* to = panel.to;
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r, to += panel.to_stride) {
#pragma GCC unroll 2
    for (int v = 0; v < tile_vectors; ++v) {
      if (v * lanes >= panel.columns) break;
      const S sum =
          hn::Add(whole_sum(sums[r][v], more[r][v]), hn::LoadU(d, panel.start + v * lanes));
      put_sums(sum, panel, v * lanes, image_scale, to);
    }
  }
}

template <int rows>
HWY_INLINE void multiply_tile(std::int64_t count, const std::int32_t* images, std::int64_t stride,
                              std::int64_t steps, const Panel& panel, float image_scale) {
  if (count == rows) return multiply_rows<rows>(images, stride, steps, panel, image_scale);
  if constexpr (rows > 1) {
    multiply_tile<rows - 1>(count, images, stride, steps, panel, image_scale);
  }
}

/// Panels that pass a tile before the next tile comes: they stay in the L2 cache.
std::int64_t panels_at_once(const ConvolutionSizes& s) {
  constexpr std::int64_t block_bytes = HWY_MAX_BYTES >= 64 ? 768 << 10 : 192 << 10;
  const std::int64_t panel_bytes = steps_of(s) * columns * 4;
  return limited(block_bytes / panel_bytes, 1, panels_of(s));
}

gemm::TileSizes sizes_of_tiles(const ConvolutionSizes& s) {
  return {tile_rows, columns, s.taps() * s.channels, panels_at_once(s) * columns};
}

void multiply_block(const Product& p, std::int64_t first, std::int64_t rows,
                    const gemm::Chunk& columns_of, Image* tile) {
  const ConvolutionSizes& s = p.sizes;
  put_tile(s, p.images, first, first + rows, tile);
  auto* const packed = const_cast<std::byte*>(p.packed);  // only read
  for (std::int64_t j = columns_of.column_begin; j < columns_of.column_end; j += columns) {
    const Panel panel{reinterpret_cast<const std::int32_t*>(panel_at(s, packed, j / columns)),
                      start_of(s, packed, j / columns),
                      p.scale + j,
                      least(columns, columns_of.column_end - j),
                      p.outputs + first * s.out_channels + j,
                      s.out_channels};
    multiply_tile<tile_rows>(rows, reinterpret_cast<const std::int32_t*>(tile),
                             row_stride(s) * std::int64_t(sizeof(Image)) / 4, steps_of(s), panel,
                             p.image_scale);
  }
}

void multiply_chunk(const Product& p, const gemm::Chunk& chunk, Image* tile) {
  const std::int64_t block = panels_at_once(p.sizes) * columns;
  const std::int64_t rows = chunk.row_end - chunk.row_begin, tiles = divided(rows, tile_rows);
  for (std::int64_t j = chunk.column_begin; j < chunk.column_end; j += block) {
    gemm::Chunk part = chunk;
    part.column_begin = j;
    part.column_end = least(chunk.column_end, j + block);
    for (std::int64_t i = 0; i < tiles; ++i) {
      const std::int64_t begin = chunk.row_begin + rows * i / tiles;
      const std::int64_t end = chunk.row_begin + rows * (i + 1) / tiles;
      multiply_block(p, begin, end - begin, part, tile);
    }
  }
}

void multiply_simd(const CpuTask& task, const Product& p, const gemm::Product& product,
                   std::byte* workspace) {
  const gemm::TileSizes sizes = sizes_of_tiles(p.sizes);
  const gemm::Grid grid = gemm::cut(product, sizes, task.members);
  for (std::int64_t i = task.next_chunk(grid.chunks(1)); i >= 0;
       i = task.next_chunk(grid.chunks(1))) {
    multiply_chunk(p, gemm::chunk_of(product, sizes, grid, i), reinterpret_cast<Image*>(workspace));
  }
}

std::size_t workspace_bytes_simd(const ConvolutionSizes& s) {
  return static_cast<std::size_t>(tile_rows * row_stride(s)) * sizeof(Image);
}

}  // namespace
}  // namespace motley::workloads::int8::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace motley::workloads::int8 {

HWY_EXPORT(packed_bytes_simd);
HWY_EXPORT(workspace_bytes_simd);
HWY_EXPORT(pack_simd);
HWY_EXPORT(multiply_simd);

namespace {

/// How it is shared out: as a product of f32 whose right side is packed.
gemm::Product product_of(const ConvolutionSizes& s, const std::byte* packed) {
  gemm::Product product;
  product.m = s.out_pixels();
  product.n = s.out_channels;
  product.k = s.taps() * s.channels;
  product.packed_b = reinterpret_cast<const float*>(packed);
  return product;
}

}  // namespace

std::size_t packed_bytes(const ConvolutionSizes& sizes) {
  return HWY_DYNAMIC_DISPATCH(packed_bytes_simd)(sizes);
}

std::size_t workspace_bytes(const ConvolutionSizes& sizes) {
  return HWY_DYNAMIC_DISPATCH(workspace_bytes_simd)(sizes);
}

void pack(const CpuTask& task, const ConvolutionSizes& sizes, const std::int8_t* weights,
          std::byte* packed) {
  HWY_DYNAMIC_DISPATCH(pack_simd)(task, sizes, weights, packed);
}

void multiply(const CpuTask& task, const Product& product, std::byte* workspace) {
  HWY_DYNAMIC_DISPATCH(multiply_simd)
  (task, product, product_of(product.sizes, product.packed),
   workspace + task.member * workspace_bytes(product.sizes));
}

unsigned members_worth_using(const ConvolutionSizes& sizes, unsigned members) {
  return gemm::members_worth_using(product_of(sizes, nullptr), members);
}

}  // namespace motley::workloads::int8
#endif
