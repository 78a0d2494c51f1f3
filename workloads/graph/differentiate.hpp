// Reverse-mode differentiation as a transform: appends the operators that compute the gradients of
// a loss, and only those that somebody needs (never the gradient of the network's input).
#pragma once

#include <map>

#include "workloads/graph/graph.hpp"

namespace motley::workloads {

/// What a kind's gradient rule sees of one forward operator, and where it puts what it adds.
class GradientRule {
 public:
  GradientRule(Graph& graph, const Operator& forward, std::vector<TensorId> output_gradients,
               std::vector<bool> wanted);

  const Operator& forward() const { return forward_; }
  const Call& call() const { return call_; }
  TensorId input(std::size_t i) const { return forward_.inputs.at(i); }
  TensorId output(std::size_t i = 0) const { return forward_.outputs.at(i); }
  /// Of the loss with respect to output i; no_tensor where the loss does not depend on it, and of
  /// the loss itself (1).
  TensorId output_gradient(std::size_t i = 0) const { return output_gradients_.at(i); }
  /// Whether anybody needs the gradient of input i: compute no other.
  bool wanted(std::size_t i) const { return wanted_.at(i); }

  /// Adds an operator called <forward>.<suffix>; its outputs are gradients.
  std::vector<TensorId> add(const std::string& kind, const std::string& suffix,
                            std::vector<TensorId> inputs, Attributes attributes, Phase phase);
  /// The gradient in another shape: the same memory.
  TensorId view(TensorId of, Shape shape);
  /// Says that `gradient` is (a part of) the gradient of input i; parts are summed.
  void set(std::size_t i, TensorId gradient);
  const std::map<std::size_t, TensorId>& results() const { return results_; }

 private:
  Graph& graph_;
  Operator forward_;
  Call call_;
  std::vector<TensorId> output_gradients_;
  std::vector<bool> wanted_;
  std::map<std::size_t, TensorId> results_;
};

/// Appends the gradients of tensor `loss` (one element) with respect to `of`; by default all
/// parameters. Returns them by tensor. Throws Error where the loss does not depend on one, because
/// it takes no part or an operator on the way passes no gradient on.
std::map<TensorId, TensorId> differentiate(Graph& graph, TensorId loss,
                                           std::vector<TensorId> of = {});

}  // namespace motley::workloads
