// How is a chunk of a result computed? Blocks of B that stay in the L2 cache, tiles of A that stay
// in L1, both packed by the member that needs them; the microkernel's tile goes through a small
// buffer to where it belongs, with whatever has to be done to it on the way.
#include "workloads/gemm/gemm.hpp"
#include "workloads/gemm/sized_vectors.hpp"
#include "workloads/gemm/tiles.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "workloads/gemm/gemm_simd.cpp"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h.
#include "workloads/gemm/few_rows.hpp"
#include "workloads/gemm/microkernel.hpp"
#include "workloads/gemm/packing.hpp"
#include "workloads/ops/elementwise_loops.hpp"

#include "hwy/cache_control.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace motley::workloads::gemm::HWY_NAMESPACE {
namespace {

constexpr std::int64_t a_floats = tile_rows * tile_row_stride;
constexpr std::int64_t result_floats = tile_rows * tile_columns;
constexpr std::int64_t b_floats = block_k * block_columns;
constexpr std::int64_t workspace_floats = (a_floats + result_floats + b_floats + 15) / 16 * 16;
static_assert(block_columns % tile_columns == 0 && a_floats % 16 == 0 && b_floats % 16 == 0);

TileSizes tile_sizes() {
  return {tile_rows, tile_columns, block_k, block_columns};
}

float* row_of(const Rows& c, std::int64_t row) {
  if (c.width == 0) return c.data + row * c.stride;
  return c.data + row % c.width * c.stride + row / c.width % c.height * c.line_stride +
         row / (c.width * c.height) * c.image_stride;
}

/// What happens to a tile on its way to the result.
struct Finish {
  bool add;           ///< what the result holds
  const float* bias;  ///< of the tile's first column, or null
  Activation activation;
};

/// One vector of a tile.
template <bool add, bool decorated, class At>
HWY_INLINE void finish_vector(At at, const float* tile, float* to, const Finish& finish) {
  auto v = at.load(tile);
  if constexpr (add) v = hn::Add(v, at.load(to));
  if constexpr (decorated) {
    if (finish.bias) v = hn::Add(v, at.load(finish.bias));
    v = activated(v, finish.activation);
  }
  at.store(v, to);
}

template <bool add, bool decorated>
void finish_rows(const float* tile, float* const* rows, std::int64_t row_count,
                 std::int64_t columns, const Finish& finish) {
  for (std::int64_t r = 0; r < row_count; ++r, tile += tile_columns) {
    if (columns == tile_columns) {
      for (std::int64_t v = 0; v < tile_vectors; ++v) {
        finish_vector<add, decorated>(Whole{v * vector_lanes}, tile, rows[r], finish);
      }
    } else {
      float* const to = rows[r];
      for_each_vector(0, columns, [&](auto at) HWY_ATTR {
        finish_vector<add, decorated>(at, tile, to, finish);
      });
    }
  }
}

void finish_tile(const float* tile, float* const* rows, std::int64_t row_count,
                 std::int64_t columns, const Finish& finish) {
  const bool decorated = finish.bias || finish.activation != Activation::none;
  const auto form = finish.add  ? decorated ? finish_rows<true, true> : finish_rows<true, false>
                     : decorated ? finish_rows<false, true>
                                : finish_rows<false, false>;
  form(tile, rows, row_count, columns, finish);
}

/// One member's piece of work, as far as all its blocks share it.
struct Work {
  const Product& product;
  float *a, *b, *result;
};

/// Piece `index` of `span`, cut at multiples of `grain` into pieces as even as these allow.
Span piece(Span span, std::int64_t grain, std::int64_t pieces, std::int64_t index) {
  const std::int64_t grains = divided(span.size(), grain);
  return {span.begin + grains * index / pieces * grain,
          least(span.end, span.begin + grains * (index + 1) / pieces * grain)};
}

/// A block of packed B, or memory for one.
struct Panels {
  float* data;
  std::int64_t stride;  ///< from one to the next
  bool packed;
};

/// A panel of a block: where the microkernel may read it, packing it on the way, or after it has
/// been packed here.
Source packed_now(const Right& b, Span k, std::int64_t column, std::int64_t columns, float* panel) {
  if (columns == tile_columns && !b.matrix.transposed && b.block_rows == 0) {
    return {b.matrix.data + k.begin * b.matrix.stride + column, b.matrix.stride};
  }
  pack_b_panel(b, k, column, columns, panel);
  return {};
}

/// rows x columns of the result, for the block of k.
void multiply_tile(const Work& work, Span rows, Span columns, Span k, const Panels& panels) {
  const Product& p = work.product;
  const bool by_k = is_transposed(p), last = k.end == p.k;
  if (k.size() > 0) pack_a(p, rows, k, work.a);
  float* starts[tile_rows] = {};
  for (std::int64_t r = 0; r < rows.size(); ++r) starts[r] = row_of(p.c, rows.begin + r);
  float* panel = panels.data;
  for (std::int64_t j = columns.begin; j < columns.end; j += tile_columns, panel += panels.stride) {
    const std::int64_t count = least(tile_columns, columns.end - j);
    float* to[tile_rows];
    for (std::int64_t r = 0; r < rows.size(); ++r) {
      to[r] = starts[r] + j;
      for (std::int64_t v = 0; v < count; v += 16) hwy::Prefetch(to[r] + v);
    }
    const Source source = panels.packed ? Source{} : packed_now(p.b, k, j, count, panel);
    microkernel_for(rows.size(), count, by_k, source.data != nullptr)(work.a, panel, k.size(),
                                                                      work.result, source);
    finish_tile(work.result, to, rows.size(), count,
                {p.accumulate || k.begin > 0, last && p.bias ? p.bias + j : nullptr,
                 last ? p.activation : Activation::none});
  }
}

/// A block's panels are packed while its first tile is multiplied. Tiles are as even as pairs of
/// rows allow.
void multiply_block(const Work& work, Span rows, Span columns, Span k) {
  const Product& p = work.product;
  Panels panels{work.b, k.size() * tile_columns, false};
  if (p.packed_b) {
    // Only read where it is packed.
    auto* data = const_cast<float*>(p.packed_b);
    panels = {data + columns.begin * p.k + k.begin * tile_columns, p.k * tile_columns, true};
  }
  const std::int64_t tiles = divided(rows.size(), tile_rows);
  for (std::int64_t tile = 0; tile < tiles; ++tile) {
    multiply_tile(work, piece(rows, 2, tiles, tile), columns, k, panels);
    panels.packed = true;
  }
}

/// Sums are made in the result itself, of which a stretch of columns stays in the L1 cache.
void multiply_few_rows(const Work& work, const Chunk& chunk) {
  const Product& p = work.product;
  constexpr std::int64_t stretch = 1024, most_k = b_floats / most_few_rows;
  const std::int64_t rows = chunk.row_end - chunk.row_begin;
  for (std::int64_t begin = 0; begin < p.k; begin += most_k) {
    const Span k{begin, least(begin + most_k, p.k)};
    gather_rows(p, {chunk.row_begin, chunk.row_end}, k, work.a, work.b);
    for (std::int64_t j = chunk.column_begin; j < chunk.column_end; j += stretch) {
      const Span columns{j, least(chunk.column_end, j + stretch)};
      float* sums[most_few_rows];
      for (std::int64_t r = 0; r < rows; ++r) {
        sums[r] = row_of(p.c, chunk.row_begin + r) + j;
        if (begin == 0 && !p.accumulate) zero_run(sums[r], columns.size());
      }
      few_rows_form(rows)(p, work.b, k, columns, sums);
      if (k.end < p.k || (!p.bias && p.activation == Activation::none)) continue;
      const Finish finish{false, p.bias ? p.bias + j : nullptr, p.activation};
      for (std::int64_t r = 0; r < rows; ++r) {
        for_each_vector(0, columns.size(), [&](auto at) HWY_ATTR {
          finish_vector<false, true>(at, sums[r], sums[r], finish);
        });
      }
    }
  }
}

/// A product over nothing is one block without any k.
void multiply_chunk(const Work& work, const Chunk& chunk) {
  if (has_few_rows(work.product)) return multiply_few_rows(work, chunk);
  const Span all_columns{chunk.column_begin, chunk.column_end}, all_k{0, work.product.k};
  const std::int64_t column_blocks = divided(all_columns.size(), block_columns);
  const std::int64_t k_blocks = all_k.size() > 0 ? divided(all_k.size(), block_k) : 1;
  for (std::int64_t i = 0; i < column_blocks; ++i) {
    const Span columns = piece(all_columns, tile_columns, column_blocks, i);
    for (std::int64_t j = 0; j < k_blocks; ++j) {
      multiply_block(work, {chunk.row_begin, chunk.row_end}, columns, piece(all_k, 1, k_blocks, j));
    }
  }
}

std::int64_t packed_floats(std::int64_t k, std::int64_t n) {
  return divided(divided(n, tile_columns) * tile_columns * k, 16) * 16;
}

void multiply_simd(const CpuTask& task, const Product& product, float* workspace) {
  const TileSizes sizes = tile_sizes();
  const Grid grid = cut(product, sizes, task.members);
  const std::int64_t chunks = grid.chunks(product.batch);
  float* const memory = workspace + task.member * workspace_floats;
  for (std::int64_t i = task.next_chunk(chunks); i >= 0; i = task.next_chunk(chunks)) {
    const Product one = of_batch(product, i / grid.chunks(1), packed_floats(product.k, product.n));
    multiply_chunk({one, memory, memory + a_floats, memory + a_floats + b_floats},
                   chunk_of(one, sizes, grid, i % grid.chunks(1)));
  }
}

void pack_b_simd(const CpuTask& task, const Product& product, float* packed) {
  const std::int64_t panels = divided(product.n, tile_columns);
  const auto [begin, end] = task.share(panels * product.batch);
  for (std::int64_t i = begin; i < end; ++i) {
    const std::int64_t matrix = i / panels, column = i % panels * tile_columns;
    const Product one = of_batch(product, matrix, 0);
    pack_b_panel(one.b, {0, one.k}, column, least(tile_columns, one.n - column),
                 packed + matrix * packed_floats(one.k, one.n) + column * one.k);
  }
}

std::int64_t workspace_floats_simd() {
  return workspace_floats;
}

const char* target_name() {
  return hwy::TargetName(HWY_TARGET);
}

}  // namespace
}  // namespace motley::workloads::gemm::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace motley::workloads::gemm {

HWY_EXPORT(multiply_simd);
HWY_EXPORT(pack_b_simd);
HWY_EXPORT(packed_floats);
HWY_EXPORT(workspace_floats_simd);
HWY_EXPORT(target_name);

void multiply(const CpuTask& task, const Product& product, float* workspace) {
  HWY_DYNAMIC_DISPATCH(multiply_simd)(task, product, workspace);
}

void pack_b(const CpuTask& task, const Product& product, float* packed) {
  HWY_DYNAMIC_DISPATCH(pack_b_simd)(task, product, packed);
}

std::size_t packed_b_bytes(std::int64_t k, std::int64_t n) {
  return static_cast<std::size_t>(HWY_DYNAMIC_DISPATCH(packed_floats)(k, n)) * sizeof(float);
}

std::size_t workspace_bytes(unsigned members) {
  return members * sizeof(float) *
         static_cast<std::size_t>(HWY_DYNAMIC_DISPATCH(workspace_floats_simd)());
}

std::string target() {
  return HWY_DYNAMIC_DISPATCH(target_name)();
}

}  // namespace motley::workloads::gemm
#endif
