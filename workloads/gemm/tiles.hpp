// The sizes of tiles and blocks, and how a result is cut into chunks: what tiles.cpp (once) and
// gemm_simd.cpp (once for each target) tell each other.
#pragma once

#include <cstddef>
#include <cstdint>

#include "workloads/gemm/product.hpp"

namespace motley::workloads::gemm {

/// Of one target. A tile of the result is `rows` x `columns`; a block of B is block_k x
/// block_columns.
struct TileSizes {
  std::int64_t rows, columns, block_k, block_columns;
};

/// A result cut into row_chunks x column_chunks in each matrix of the batch.
struct Grid {
  std::int64_t row_chunks = 1, column_chunks = 1;
  std::int64_t chunks(std::int64_t batch) const { return batch * row_chunks * column_chunks; }
};
Grid cut(const Product& product, const TileSizes& sizes, unsigned members);

/// From row and column `begin` to `end` of the result, of one matrix of the batch.
struct Chunk {
  std::int64_t row_begin, row_end, column_begin, column_end;
};
Chunk chunk_of(const Product& product, const TileSizes& sizes, const Grid& grid,
               std::int64_t index);
/// Matrix `index` of the batch alone.
Product of_batch(const Product& product, std::int64_t index, std::int64_t packed_b_stride);

}  // namespace motley::workloads::gemm
