// The product of two matrices in panels on an OpenCL device, for matmul and for who turns something
// else into one (dense, convolutions): its launches, which the caller adds to its own.
// An operand in panels has the layout [batch][panel][depth][width]: `width` rows of op(A), or
// columns of op(B), side by side for each step of the depth, zero beyond the last.
#pragma once

#include <optional>

#include "workloads/gemm/product.hpp"
#include "workloads/ops/matmul/strided_opencl.hpp"

namespace motley::workloads {

/// Sets of parameters, the best guess first; columns and rows only decide how much of an edge panel
/// is computed in vain.
std::vector<schema::Parameters> panel_tunings(std::int64_t rows, std::int64_t columns,
                                              const Processor& processor, Tier tier);
/// The width of the panels of A and B.
std::int64_t panel_rows(const schema::Parameters& tuning);
std::int64_t panel_columns(const schema::Parameters& tuning);

/// An operand before it is packed: [batch][depth][length], or [batch][length][depth], where length
/// counts the rows of op(A) or the columns of op(B).
struct Unpacked {
  Operand from;
  std::int64_t batch, length, depth;
  bool depth_last;
  bool constant = false;  ///< packed once, into kept memory
};
std::int64_t panel_elements(std::int64_t batch, std::int64_t length, std::int64_t depth,
                            std::int64_t width);
/// Adds memory for panels, and the launch that packs into it.
Operand append_packing(Lowered& lowered, const Unpacked& operand, std::int64_t width,
                       const schema::Parameters& tuning);

struct PanelProduct {
  std::int64_t batch, m, n, k;
  Operand a, b;                 ///< in panels of panel_rows and panel_columns
  Operand c;                    ///< [batch][m][n]
  std::optional<Operand> bias;  ///< [n], added to each row
  Activation activation = Activation::none;
};
void append_panel_product(Lowered& lowered, const PanelProduct& product,
                          const schema::Parameters& tuning);

}  // namespace motley::workloads
