// What an operator is: rules for shape, cost and gradient, a reference in double precision, and
// implementations that lower one call to launches. A kind and an implementation register
// themselves: adding one is adding one file. Nothing here knows where tensors lie: the lowered form
// names them by number, so that memory is planned before any is allocated.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "harness/case.hpp"
#include "harness/processor.hpp"
#include "results_schema/record.hpp"
#include "workloads/graph/tensor.hpp"

namespace motley::workloads {

using Attributes = schema::Parameters;
/// Of one tensor, in the order of its shape whatever its layout.
using Values = std::vector<double>;
/// Set anew before each run: learning_rate, step, position.
using RunScalars = std::map<std::string, double>;

/// One use of an operator: what all rules see.
struct Call {
  Attributes attributes;  ///< complete: defaults are filled in
  std::vector<TensorType> inputs, outputs;
  /// Whose values never change while the plan lives (weights at inference): an implementation may
  /// pack them once. Empty: none.
  std::vector<bool> constant_inputs;

  std::int64_t integer(const std::string& attribute) const;
  double number(const std::string& attribute) const;
  std::string text(const std::string& attribute) const;
  bool is_constant(std::size_t input) const {
    return input < constant_inputs.size() && constant_inputs[input];
  }
};

// ---- Lowered form: what a call becomes on one processor

struct Input {
  std::size_t index;
};
struct Output {
  std::size_t index;
};
/// Scratch memory: lives while the operator runs, shared with other operators.
struct Workspace {
  std::size_t index;  ///< into Lowered::workspaces
};
/// Memory that keeps its content between runs: packed constants.
struct Kept {
  std::size_t index;  ///< into Lowered::kept
};
/// The run scalar of this name as float, or as a 32-bit integer.
struct RunScalar {
  const char* name;  ///< static
  bool is_integer = false;
};
using Operand = std::variant<Input, Output, Workspace, Kept, RunScalar, Scalar, LocalMemory>;
template <class T>
Operand constant(T value) {
  return std::get<Scalar>(scalar(value));
}

struct Launch {
  Kernel kernel;
  Range range;
  std::vector<Operand> operands;  ///< the kernel's arguments
  bool once = false;              ///< when constants were set, not in each run
};

/// What an operator needs beside its tensors: a buffer, or an image (OpenCL).
struct MemoryNeed {
  std::size_t bytes;
  std::optional<ImageSize> image;

  MemoryNeed(std::size_t bytes_needed) : bytes(bytes_needed) {}  // NOLINT: what most need
  MemoryNeed(const ImageSize& size)                              // NOLINT
      : bytes(size.width * size.height * 4 * sizeof(float)), image(size) {}
};

struct Lowered {
  std::vector<Launch> launches;  ///< in order
  std::vector<MemoryNeed> workspaces, kept;
  std::optional<schema::Work> executed_work;  ///< where it differs from the kind's work
};

struct Implementation {
  std::string name;  ///< reference, simd, onednn on a CPU; opencl/... on OpenCL devices
  std::string summary;
  /// Why it cannot compute this call there; empty string: it can. Kernels of processors with
  /// members() run on CPUs, the others on OpenCL devices.
  std::function<std::string(const Call&, Processor&)> unsupported;
  /// Sets of tuning parameters to choose from, the best guess first; may be empty.
  std::function<std::vector<schema::Parameters>(const Call&, Processor&, Tier)> tunings;
  std::function<Lowered(const Call&, Processor&, const schema::Parameters& tuning)> lower;
  /// Where nothing was measured the usable one with the lowest goes first.
  int guess = 0;
  /// `auto` measures it on such a processor. False where it only shows what others gain: one run of
  /// those may take a hundred times the best. Empty: true.
  std::function<bool(const Processor&)> contends = {};
};

// ---- Kinds

/// What random data an input takes so that the operator has a meaning.
struct Content {
  enum class Kind { uniform, index };
  Kind kind = Kind::uniform;
  double low = -1, high = 1;  ///< uniform: [low, high); index: whole numbers of [0, high)
};

/// A small call for tests: every implementation is checked on it, and its gradients by finite
/// differences.
struct Example {
  Attributes attributes;
  std::vector<TensorType> inputs;
};

struct AttributeRule {
  std::string name, summary;
  schema::Value fallback;
};

class GradientRule;  // workloads/graph/differentiate.hpp

struct OperatorKind {
  std::string name;     ///< conv2d; of a gradient conv2d_backward_data
  std::string summary;  ///< one sentence with the formula
  std::vector<AttributeRule> attributes;
  /// Output types from attributes and inputs. Throws Error on what is impossible: both numbers, and
  /// what would do.
  std::function<std::vector<TensorType>(const Call&)> outputs;
  /// Outputs that are inputs updated in place: {output, input} pairs (optimizers, caches).
  std::vector<std::pair<std::size_t, std::size_t>> in_place = {};
  /// Algorithmic flops, and bytes of each input read and output written once.
  std::function<schema::Work(const Call&)> work;
  /// Multiply-accumulates by the convention of golden_models.json; empty: 0 (all but convolution,
  /// dense and matmul).
  std::function<double(const Call&)> macs = {};
  /// Names of the run scalars that it needs.
  std::vector<std::string> run_scalars = {};
  /// outputs[i] has the right length.
  std::function<void(const Call&, const RunScalars&, std::span<const Values> inputs,
                     std::span<Values> outputs)>
      reference;
  /// Where the reference is costly and the operator linear in what makes its last output axis: sum
  /// over that axis of output 0 times `weights` (one for each index of the axis), for 1/axis of the
  /// cost. Empty: no such shortcut.
  std::function<Values(const Call&, std::span<const Values> inputs, const Values& weights)>
      projected = {};
  /// Adds the operators that compute the wanted gradients. Empty: no gradient flows through.
  std::function<void(GradientRule&)> gradient = {};
  /// The inputs that `gradient` knows the gradient of.
  std::vector<std::size_t> differentiable = {};
  /// Output 0 is a loss: one element, whose own gradient is 1.
  bool is_loss = false;
  std::function<Content(const Call&, std::size_t input)> content = {};
  /// Edges included: sizes below, at and above any block of an implementation.
  std::vector<Example> examples = {};
  /// Largest normalised error (workloads/graph/values.hpp) of a correct f32 implementation.
  double tolerance = 1e-4;
  /// Of each output that is a sum whose terms may cancel altogether, the sum of their absolute
  /// values; of others nothing. In front of batch norm, for one, a bias has no gradient, nor has
  /// the gamma before the next one where depthwise convolutions scale each channel by itself:
  /// what is computed is rounding, and only its terms tell how much of it is right.
  std::function<std::vector<Values>(const Call&, std::span<const Values> inputs)> magnitudes = {};
};

/// Static objects of these types put a kind, or an implementation of a kind, on the list.
class KindRegistration {
 public:
  explicit KindRegistration(std::function<std::vector<OperatorKind>()> make);
};
class ImplementationRegistration {
 public:
  ImplementationRegistration(std::string kind, std::function<Implementation()> make);
};

/// All kinds, sorted by name. Throws Error on two of one name.
const std::vector<OperatorKind>& operator_kinds();
/// Throws UnknownName.
const OperatorKind& operator_kind(const std::string& name);
/// Of one kind, the best guess first; the reference is the last.
const std::vector<Implementation>& implementations(const std::string& kind);
/// opencl/... run on OpenCL devices, all others on CPU processors.
bool runs_on(const Implementation& implementation, const Processor& processor);
/// Those that can compute `call` on `processor`.
std::vector<const Implementation*> usable_implementations(const std::string& kind, const Call& call,
                                                          Processor& processor);

/// The kind's reference as a CPU implementation. Every kind has it, without registration.
Implementation reference_implementation(const OperatorKind& kind);

/// A call with defaults filled in and outputs deduced. Throws Error that names kind and problem:
/// unknown attribute, wrong number of inputs, impossible shape.
Call make_call(const OperatorKind& kind, Attributes attributes, std::vector<TensorType> inputs);

/// Bytes of all inputs read once and all outputs written once, with `flops`.
schema::Work streaming_work(const Call& call, double flops);

}  // namespace motley::workloads
