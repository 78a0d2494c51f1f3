// What concatenation, slices, padding, transposition and subsampling are: copies between two
// regular grids of elements. One kernel on each kind of processor does them all.
#pragma once

#include "workloads/ops/elementwise.hpp"

namespace motley::workloads {

/// to[to_offset + sum i_k to_strides_k] = from[from_offset + sum i_k from_strides_k] for all i
/// below sizes.
struct StridedCopy {
  Shape sizes, from_strides, to_strides;
  std::int64_t from_offset = 0, to_offset = 0;
};

/// Strides of a row-major tensor.
Shape strides_of(const Shape& shape);

/// Why no kernel makes this copy: more than five axes that cannot be merged. Empty: one does.
std::string too_many_axes(const StridedCopy& copy);
/// Appends the launch that copies. Throws Unsupported where there are too many axes.
void copy_strided(Lowered& lowered, const Processor& processor, const schema::Parameters& tuning,
                  const Operand& from, const Operand& to, StridedCopy copy);
/// On a CPU: to[i][j] = from[j][i], both contiguous along their last index, in blocks that pass
/// through a buffer: whole cache lines are read and written, once, even where rows a power of two
/// apart share a few sets of the cache.
void transpose_rows(const float* from, std::int64_t from_column, float* to, std::int64_t to_row,
                    std::int64_t rows, std::int64_t columns);
/// Appends the launch that sets `elements` of `to` to 0.
void fill_zero(Lowered& lowered, const Processor& processor, const schema::Parameters& tuning,
               const Operand& to, std::int64_t elements);

/// For references: calls f(index of each axis) in row-major order, and the place of an index.
void for_each_index(const Shape& shape, const std::function<void(const Shape&)>& f);
std::size_t place_of(const Shape& shape, const Shape& index);

}  // namespace motley::workloads
