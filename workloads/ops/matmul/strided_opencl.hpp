// What the rungs of the ladder share that read the operands of a matrix product where they lie, and
// how tuning parameters reach a kernel.
#pragma once

#include <string_view>

#include "workloads/ops/elementwise.hpp"
#include "workloads/ops/matmul.hpp"

namespace motley::workloads {

/// Every parameter of `tuning` is defined under its name in capitals.
OpenclForm tuned_form(std::string_view source, const std::string& entry,
                      const schema::Parameters& tuning);
std::int64_t tuned(const schema::Parameters& tuning, const std::string& name);

/// The arguments MATRICES of strided.cl. Sums go to `c`.
std::vector<Operand> strided_operands(const MatmulSizes& sizes, Operand c = Output{0});
/// Work-items for each element of a row, each row and each layer, in groups of x times y.
Range groups_of(std::int64_t x, std::int64_t y, std::size_t group_x, std::size_t group_y,
                std::int64_t layers);

/// An implementation of matmul for plain f32, all transposes and batches; `above` counts the rungs
/// above it.
Implementation matmul_rung(std::string name, std::string summary, int above);
/// For what local memory is meant for: on a CPU it is memory, and barriers cost it the registers.
bool has_local_memory(const Processor& processor);

}  // namespace motley::workloads
