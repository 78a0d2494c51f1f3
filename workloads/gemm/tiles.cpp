// Into how many chunks is a result cut, and which? Each chunk packs its rows of A and its columns
// of B itself, so a cut costs packing twice what two chunks share; and what is not divided evenly
// leaves members idle.
#include "workloads/gemm/tiles.hpp"

#include <algorithm>

#include "workloads/gemm/gemm.hpp"

namespace motley::workloads::gemm {
namespace {

/// Tiles may have any even number of rows.
constexpr std::int64_t row_grain = 2;

std::int64_t divided(std::int64_t n, std::int64_t by) {
  return (n + by - 1) / by;
}

/// [begin, end) of piece `index` of n, which are cut at multiples of `grain` into `pieces`.
std::pair<std::int64_t, std::int64_t> piece(std::int64_t n, std::int64_t grain, std::int64_t pieces,
                                            std::int64_t index) {
  const std::int64_t grains = divided(n, grain);
  return {std::min(n, grains * index / pieces * grain),
          std::min(n, grains * (index + 1) / pieces * grain)};
}

/// Cycles that the largest chunk takes for each k. A panel's row costs one with two FMA units, an
/// element to pack about a third (seen on AVX-512; the choice is not sensitive to it).
double chunk_cost(const Product& product, const TileSizes& sizes, const Grid& grid) {
  const double packing = 0.3;
  const std::int64_t rows = divided(divided(product.m, row_grain), grid.row_chunks) * row_grain;
  const std::int64_t panels = divided(divided(product.n, sizes.columns), grid.column_chunks);
  const std::int64_t columns = panels * sizes.columns;
  const auto a = double(rows) * double(divided(columns, sizes.block_columns));
  const double b = product.packed_b ? 0 : double(columns);
  return double(rows) * double(panels) + packing * (a + b);
}

}  // namespace

Grid cut(const Product& product, const TileSizes& sizes, unsigned members) {
  Grid best;
  double least = 0;
  for (std::int64_t rows = 1; rows <= 2 * members; ++rows) {
    for (std::int64_t columns = 1; rows * columns <= 2 * members; ++columns) {
      const Grid grid{rows, columns};
      const double cost =
          double(divided(grid.chunks(product.batch), members)) * chunk_cost(product, sizes, grid);
      if (least == 0 || cost < least) {
        least = cost;
        best = grid;
      }
    }
  }
  return best;
}

Chunk chunk_of(const Product& product, const TileSizes& sizes, const Grid& grid,
               std::int64_t index) {
  const auto [row_begin, row_end] =
      piece(product.m, row_grain, grid.row_chunks, index / grid.column_chunks % grid.row_chunks);
  const auto [column_begin, column_end] =
      piece(product.n, sizes.columns, grid.column_chunks, index % grid.column_chunks);
  return {row_begin, row_end, column_begin, column_end};
}

Product of_batch(const Product& product, std::int64_t index, std::int64_t packed_b_stride) {
  Product one = product;
  const float*& a = one.patches ? one.patches->data : one.a.data;
  if (a) a += index * product.a_batch_stride;  // B is packed without one
  if (product.packed_b) {
    one.packed_b += index * packed_b_stride;
  } else {
    one.b.matrix.data += index * product.b_batch_stride;
  }
  if (one.c.data) one.c.data += index * product.c_batch_stride;
  if (product.bias) one.bias += index * product.bias_batch_stride;
  return one;
}

bool gains_by_packed_b(const Product& product) {
  constexpr std::int64_t cached_floats = 1 << 18;
  return product.m > most_few_rows || product.k * product.n <= cached_floats;
}

unsigned members_worth_using(const Product& product, unsigned members) {
  // Waking a second thread costs 1-2 us, in which one core does about so much.
  const double flops_worth_a_thread = 250e3, bytes_worth_a_thread = 128e3;
  const double of_b = double(product.batch) * double(product.k) * double(product.n);
  const double threads = 2.0 * double(product.m) * of_b / flops_worth_a_thread +
                         sizeof(float) * of_b / bytes_worth_a_thread;
  return static_cast<unsigned>(std::clamp(threads, 1.0, double(members)));
}

}  // namespace motley::workloads::gemm
