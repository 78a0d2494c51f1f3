#include "workloads/graph/differentiate.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "harness/error.hpp"

namespace motley::workloads {

GradientRule::GradientRule(Graph& graph, const Operator& forward,
                           std::vector<TensorId> output_gradients, std::vector<bool> wanted)
    : graph_(graph),
      forward_(forward),
      call_(graph.call(forward)),
      output_gradients_(std::move(output_gradients)),
      wanted_(std::move(wanted)) {}

std::vector<TensorId> GradientRule::add(const std::string& kind, const std::string& suffix,
                                        std::vector<TensorId> inputs, Attributes attributes,
                                        Phase phase) {
  return graph_.add(kind, forward_.name + "." + suffix, std::move(inputs), std::move(attributes),
                    phase);
}

TensorId GradientRule::view(TensorId of, Shape shape) {
  return graph_.view(of, std::move(shape));
}

void GradientRule::set(std::size_t i, TensorId gradient) {
  results_[i] = gradient;
}

namespace {

/// Gradients are collected at the root of a chain of views: its memory is what is differentiated.
class Differentiation {
 public:
  Differentiation(Graph& graph, TensorId loss, std::vector<TensorId> of)
      : graph_(graph), of_(std::move(of)) {
    if (graph.tensor(loss).type.elements() != 1) {
      throw Error(fmt::format("{} is {} (a loss has one element). Differentiate a mean or a sum.",
                              graph.tensor(loss).name, to_string(graph.tensor(loss).type)));
    }
    for (const TensorId id : of_) needed_.insert(graph_.root(id));
    const std::size_t forward_operators = graph_.operators().size();
    for (const Operator& op : graph_.operators()) spread(op);
    seed_ = graph_.root(loss);
    for (std::size_t i = forward_operators; i-- > 0;)
      differentiate(Operator(graph_.operators()[i]));
  }

  std::map<TensorId, TensorId> gradients() const {
    std::map<TensorId, TensorId> result;
    for (const TensorId id : of_) {
      const auto found = sums_.find(graph_.root(id));
      if (found == sums_.end()) {
        throw Error("the loss does not depend on " + graph_.tensor(id).name +
                    " (there is no gradient to train it with). Leave it out.");
      }
      result[id] = found->second;
    }
    return result;
  }

 private:
  std::vector<bool> wanted_inputs(const Operator& op) const {
    std::vector<bool> wanted(op.inputs.size());
    for (const std::size_t i : operator_kind(op.kind).differentiable) {
      // Inputs may be left out (a bias), or be of any number.
      if (i < wanted.size()) wanted[i] = needed_.contains(graph_.root(op.inputs[i]));
    }
    return wanted;
  }

  /// Whoever computes from a needed tensor makes a needed tensor.
  void spread(const Operator& op) {
    const std::vector<bool> wanted = wanted_inputs(op);
    if (std::none_of(wanted.begin(), wanted.end(), [](bool one) { return one; })) return;
    for (const TensorId id : op.outputs) needed_.insert(graph_.root(id));
  }

  void differentiate(const Operator& op) {
    std::vector<TensorId> output_gradients;
    bool reached = false;
    for (const TensorId id : op.outputs) {
      output_gradients.push_back(gradient_of(id));
      reached = reached || output_gradients.back() != no_tensor || graph_.root(id) == seed_;
    }
    if (!reached) return;
    const std::vector<bool> wanted = wanted_inputs(op);
    if (std::none_of(wanted.begin(), wanted.end(), [](bool one) { return one; })) return;
    const OperatorKind& kind = operator_kind(op.kind);
    GradientRule rule(graph_, op, output_gradients, wanted);
    kind.gradient(rule);
    for (const auto& [i, gradient] : rule.results()) {
      if (wanted[i]) collect(op.inputs[i], gradient);
    }
  }

  TensorId gradient_of(TensorId id) {
    const auto found = sums_.find(graph_.root(id));
    if (found == sums_.end()) return no_tensor;
    const Shape& shape = graph_.tensor(id).type.shape;
    if (graph_.tensor(found->second).type.shape == shape) return found->second;
    return graph_.view(found->second, shape);
  }

  /// A tensor that several operators read gets the sum of what each says.
  void collect(TensorId of, TensorId gradient) {
    const TensorId root = graph_.root(of);
    const Shape& shape = graph_.tensor(root).type.shape;
    if (graph_.tensor(gradient).type.shape != shape) gradient = graph_.view(gradient, shape);
    const auto [known, first] = sums_.try_emplace(root, gradient);
    if (first) return;
    const std::string name = fmt::format("{}.gradient{}", graph_.tensor(root).name, ++parts_[root]);
    known->second =
        graph_.add("add", name, {known->second, gradient}, {}, Phase::backward_data).front();
  }

  Graph& graph_;
  std::vector<TensorId> of_;
  std::set<TensorId> needed_;
  TensorId seed_ = no_tensor;
  std::map<TensorId, TensorId> sums_;
  std::map<TensorId, int> parts_;
};

}  // namespace

std::map<TensorId, TensorId> differentiate(Graph& graph, TensorId loss, std::vector<TensorId> of) {
  if (of.empty()) {
    for (TensorId id = 0; id < graph.tensors().size(); ++id) {
      const Tensor& tensor = graph.tensor(id);
      if (tensor.role == Role::parameter && tensor.view_of == no_tensor) of.push_back(id);
    }
  }
  return Differentiation(graph, loss, std::move(of)).gradients();
}

}  // namespace motley::workloads
