// What operators share that treat every element alike: one loop on each kind of processor, so that
// such an operator is an expression in C++ (elementwise_loops.hpp) and one in OpenCL C
// (elementwise.cl) under the same name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "workloads/graph/operator.hpp"

namespace motley::workloads {

struct Elementwise {
  std::string entry;              ///< of elementwise.cl and a ..._simd.cpp
  std::vector<Operand> operands;  ///< all but the sizes, which follow them
  /// Where rows meet one row: its length. The sizes are then columns and rows, else the number of
  /// elements of input 0.
  std::int64_t columns = 0;
  /// Vectors of one OpenCL work-item on a CPU, where its scalars cost much; the kernel loops.
  std::int64_t vectors = 1;
};

/// Computes elements (or rows) [begin, end) on the calling thread; the arguments are operands and
/// sizes.
using PieceForm = void (*)(const CpuTask&, std::int64_t begin, std::int64_t end);
struct NamedPiece {
  std::string_view entry;
  PieceForm form;
};
/// Null where none has that name.
template <std::size_t count>
PieceForm form_of(std::string_view entry, const NamedPiece (&pieces)[count]) {
  for (const NamedPiece& piece : pieces) {
    if (piece.entry == entry) return piece.form;
  }
  return nullptr;
}

/// Of this name, for the machine's widest vectors; null where there is none.
PieceForm simd_piece(const std::string& entry);
PieceForm simd_optimizer_piece(const std::string& entry);

/// The launch of it on a CPU processor, or on an OpenCL device with vectors of `tuning`'s width.
Launch elementwise_launch(const Call& call, const Elementwise& what, const Processor& processor,
                          const schema::Parameters& tuning);

/// Static objects of these types register the implementations `simd` and `opencl` of a kind from
/// one rule. `indices`: inputs that are i32. `refusal`: why not, beside types; empty text: it can.
class BothRegistration {
 public:
  using Lower = std::function<Lowered(const Call&, Processor&, const schema::Parameters& tuning)>;
  using Refusal = std::function<std::string(const Call&)>;
  BothRegistration(const std::string& kind, Lower lower, std::vector<std::size_t> indices = {},
                   Refusal refusal = {});
};
class ElementwiseRegistration {
 public:
  ElementwiseRegistration(const std::string& kind, std::function<Elementwise(const Call&)> make);
};

Operand whole(std::int64_t value);  ///< as a 32-bit integer
Operand single(double value);       ///< as a float
/// All inputs, then all outputs, as operands.
std::vector<Operand> all_tensors(const Call& call);
/// Empty where all tensors are plain f32, but those inputs that are `indices`: plain i32.
std::string needs_plain_f32(const Call& call, const std::vector<std::size_t>& indices);
/// OpenCL vectors: as wide as the widest registers of a CPU, 16 bytes elsewhere.
std::vector<schema::Parameters> vector_widths(const Processor& processor, Tier tier);
std::int64_t vector_width(const schema::Parameters& tuning);
/// A kernel of `source`, whose vectors are VECTOR wide.
OpenclForm vector_form(std::string_view source, const std::string& entry,
                       const schema::Parameters& tuning);
/// Threads worth waking for work that touches so many elements: fork and join cost 1-2 us.
unsigned members_for(std::int64_t elements);
std::int64_t divide_up(std::int64_t a, std::int64_t b);
/// At least `items` work-items in groups of 64.
Range items(std::int64_t items);

/// Output 0 has the type of input 0, and all inputs have its shape. Throws Error with `count` or
/// the two types that differ.
std::vector<TensorType> same_as_inputs(const Call& call, std::size_t count);

}  // namespace motley::workloads
