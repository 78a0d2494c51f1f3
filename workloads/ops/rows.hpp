// What operators share that reduce: over the rows of a tensor, along each row, or over everything.
// All axes but the last are rows.
#pragma once

#include "workloads/ops/elementwise.hpp"

namespace motley::workloads {

std::int64_t columns_of(const TensorType& type);
std::int64_t rows_of(const TensorType& type);

/// A kernel of rows.cl, or of rows_simd.cpp on a CPU, where threads share the pieces.
struct Pieces {
  std::string entry;
  std::vector<Operand> operands;
  std::int64_t pieces;    ///< rows, or chunks of them
  std::int64_t elements;  ///< read in all: whether several threads are worth it
  /// OpenCL work-items in all; 0: one work-group for each piece, which gets local memory as its
  /// last argument.
  std::int64_t items = 0;
};
Launch pieces_launch(const Pieces& what, const Processor& processor,
                     const schema::Parameters& tuning);
/// Null where there is none of that name.
PieceForm simd_row_piece(const std::string& entry);
PieceForm simd_softmax_piece(const std::string& entry);
PieceForm simd_layer_norm_piece(const std::string& entry);

/// Lowers reductions, step by step, into `lowered`. Sums are taken in chunks and those in chunks
/// again: long sums stay exact enough, and every chunk can be summed at once.
class Reduction {
 public:
  Reduction(Lowered& lowered, const Processor& processor, const schema::Parameters& tuning)
      : lowered_(lowered), processor_(processor), tuning_(tuning) {}

  Operand workspace(std::int64_t floats);
  void launch(const Pieces& what);
  /// Rows that are summed one after another before sums are summed.
  std::int64_t chunk() const;
  /// Work-items that compute a vector of elements each.
  std::int64_t items(std::int64_t rows, std::int64_t columns) const;
  /// `to`[columns] = the sum of the rows of `from`.
  void sum_rows(Operand from, const Operand& to, std::int64_t rows, std::int64_t columns);
  /// `to`[0] = scale x the sum of what kernel `entry` makes of the elements of `of`.
  void sum(const std::string& entry, std::vector<Operand> of, const Operand& to,
           std::int64_t elements, double scale);
  /// The sum of the squares of all elements of all inputs.
  void sum_squares(const std::vector<TensorType>& inputs, const Operand& to);

 private:
  void sum_chunks(const std::string& entry, std::vector<Operand> of, const Operand& sums,
                  std::int64_t first, std::int64_t elements, std::int64_t chunk, double scale);

  Lowered& lowered_;
  const Processor& processor_;
  const schema::Parameters& tuning_;
};

}  // namespace motley::workloads
