// A network as a flat list of operators over named tensors, in the order in which they run.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "workloads/graph/operator.hpp"

namespace motley::workloads {

using TensorId = std::size_t;
inline constexpr TensorId no_tensor = static_cast<TensorId>(-1);

/// What a tensor is for. Decides its memory category, whether its content outlives a run, and who
/// fills it.
enum class Role {
  input,      ///< written before each run
  label,      ///< as input
  parameter,  ///< trained; filled by its initializer
  statistic,  ///< running mean and variance: state that no gradient reaches
  state,      ///< of an optimizer, or a key-value cache: zero at first
  activation,
  gradient,
  output  ///< an activation that somebody reads after the run: loss, logits
};
std::string to_string(Role role);

/// First content of a parameter or statistic.
struct Initializer {
  enum class Kind { zero, one, uniform, normal };
  Kind kind = Kind::zero;
  double scale = 0;  ///< uniform: [-scale, scale); normal: standard deviation
};

struct Tensor {
  std::string name;
  TensorType type;
  Role role = Role::activation;
  Initializer initializer;
  /// Another tensor whose memory this one is, with another shape (reshape, flatten); no_tensor: its
  /// own.
  TensorId view_of = no_tensor;
};

enum class Phase { forward, loss, backward_data, backward_weights, update };
std::string to_string(Phase phase);

struct Operator {
  std::string name;  ///< unique: conv1, conv1.backward_weights
  std::string kind;
  Phase phase = Phase::forward;
  Attributes attributes;  ///< complete
  std::vector<TensorId> inputs, outputs;
};

class Graph {
 public:
  std::string name;  ///< of the model, with its parameters
  const std::vector<Tensor>& tensors() const { return tensors_; }
  const std::vector<Operator>& operators() const { return operators_; }
  const Tensor& tensor(TensorId id) const { return tensors_.at(id); }
  Tensor& tensor(TensorId id) { return tensors_.at(id); }
  /// Throws Error.
  TensorId find(const std::string& tensor_name) const;

  TensorId add_tensor(Tensor tensor);
  /// Deduces the outputs, which become activations (or, in place, the input itself) called after
  /// the operator. Throws Error for attributes or shapes that are impossible, with the operator's
  /// name.
  std::vector<TensorId> add(const std::string& kind, const std::string& operator_name,
                            std::vector<TensorId> inputs, Attributes attributes = {},
                            Phase phase = Phase::forward);
  /// For a transform that appends them again, some changed, some not: leaves none.
  std::vector<Operator> take_operators() { return std::exchange(operators_, {}); }
  void append(Operator op) { operators_.push_back(std::move(op)); }
  /// The same memory in another shape of as many elements.
  TensorId view(TensorId of, Shape shape);
  /// The tensor at the end of a chain of views.
  TensorId root(TensorId id) const;

  Call call(const Operator& op) const;
  RunScalars scalars;  ///< first values

 private:
  std::vector<Tensor> tensors_;
  std::vector<Operator> operators_;
};

/// Roots of the tensors that no run changes: parameters and statistics that no operator updates,
/// and what is computed from nothing else.
std::set<TensorId> constant_tensors(const Graph& graph);

struct Counts {
  double parameters = 0;     ///< trained ones
  double forward_macs = 0;   ///< of the whole batch
  double backward_macs = 0;  ///< weights and data
};
/// By the conventions of golden_models.json.
Counts counts(const Graph& graph);

}  // namespace motley::workloads
