// Matrix products of operands where they lie, for operators that contain one: nothing is packed,
// which few rows would not repay.
#pragma once

#include "workloads/gemm/product.hpp"
#include "workloads/ops/matmul/strided_opencl.hpp"

namespace motley::workloads {

/// What is done to a sum before it is stored.
struct Finish {
  std::optional<Operand> bias = {};  ///< [n], added to each row
  Activation activation = Activation::none;
};

/// For `m` rows, the best guess first.
std::vector<schema::Parameters> register_vector_tunings(std::int64_t m, const Processor& processor,
                                                        Tier tier);
/// Output 0 = finish(op(input 0) x op(input 1)). Of a transposed B there is no finish.
Lowered lower_register_vector(const MatmulSizes& sizes, const Finish& finish,
                              const schema::Parameters& tuning);

/// For products of one row; `sizes` and `finish` of a call.
Implementation matrix_vector_rung(std::function<MatmulSizes(const Call&)> sizes,
                                  std::function<Finish(const Call&)> finish);

OpenclForm register_vector_form(const std::string& entry, const schema::Parameters& tuning);
/// Output 0 = finish(the sum of so many `parts` [batch][part][m, n] in workspace 0).
Launch add_parts(const MatmulSizes& sizes, std::int64_t parts, const Finish& finish,
                 const schema::Parameters& tuning);

}  // namespace motley::workloads
