#include "workloads/graph/graph.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "harness/error.hpp"

namespace motley::workloads {

std::string to_string(Role role) {
  switch (role) {
    case Role::input:
      return "input";
    case Role::label:
      return "label";
    case Role::parameter:
      return "parameter";
    case Role::statistic:
      return "statistic";
    case Role::state:
      return "state";
    case Role::activation:
      return "activation";
    case Role::gradient:
      return "gradient";
    case Role::output:
      return "output";
  }
  return "unknown";
}

std::string to_string(Phase phase) {
  switch (phase) {
    case Phase::forward:
      return "forward";
    case Phase::loss:
      return "loss";
    case Phase::backward_data:
      return "backward_data";
    case Phase::backward_weights:
      return "backward_weights";
    case Phase::update:
      return "update";
  }
  return "unknown";
}

TensorId Graph::find(const std::string& tensor_name) const {
  for (TensorId id = 0; id < tensors_.size(); ++id) {
    if (tensors_[id].name == tensor_name) return id;
  }
  throw Error("the graph has no tensor " + tensor_name + " (nothing to work with). Name another.");
}

TensorId Graph::add_tensor(Tensor tensor) {
  tensors_.push_back(std::move(tensor));
  return tensors_.size() - 1;
}

std::vector<TensorId> Graph::add(const std::string& kind_name, const std::string& operator_name,
                                 std::vector<TensorId> inputs, Attributes attributes, Phase phase) {
  const OperatorKind& kind = operator_kind(kind_name);
  if (kind.is_loss) phase = Phase::loss;
  Operator op{operator_name, kind_name, phase, {}, std::move(inputs), {}};
  std::vector<TensorType> types;
  for (const TensorId id : op.inputs) types.push_back(tensor(id).type);
  Call call = [&] {
    try {
      return make_call(kind, std::move(attributes), std::move(types));
    } catch (const Error& error) {
      throw Error("operator " + operator_name + ": " + error.what());
    }
  }();
  op.attributes = std::move(call.attributes);
  const bool backward = phase == Phase::backward_data || phase == Phase::backward_weights;
  for (std::size_t i = 0; i < call.outputs.size(); ++i) {
    const auto updated = std::find_if(kind.in_place.begin(), kind.in_place.end(),
                                      [&](const auto& pair) { return pair.first == i; });
    if (updated != kind.in_place.end()) {
      op.outputs.push_back(op.inputs.at(updated->second));
      continue;
    }
    const std::string called = i == 0 ? operator_name : fmt::format("{}:{}", operator_name, i);
    op.outputs.push_back(add_tensor(
        {called, call.outputs[i], backward ? Role::gradient : Role::activation, {}, no_tensor}));
  }
  operators_.push_back(std::move(op));
  return operators_.back().outputs;
}

TensorId Graph::view(TensorId of, Shape shape) {
  Tensor seen = tensor(of);
  seen.type.shape = std::move(shape);
  if (seen.type.elements() != tensor(of).type.elements()) {
    throw Error(
        fmt::format("{} cannot be seen as {} (another number of elements). Give a shape of {}"
                    " elements.",
                    to_string(tensor(of).type), to_string(seen.type), tensor(of).type.elements()));
  }
  seen.name += ".view";
  seen.view_of = of;
  return add_tensor(std::move(seen));
}

TensorId Graph::root(TensorId id) const {
  while (tensors_[id].view_of != no_tensor) id = tensors_[id].view_of;
  return id;
}

Call Graph::call(const Operator& op) const {
  Call call;
  call.attributes = op.attributes;
  for (const TensorId id : op.inputs) call.inputs.push_back(tensor(id).type);
  for (const TensorId id : op.outputs) call.outputs.push_back(tensor(id).type);
  return call;
}

std::set<TensorId> constant_tensors(const Graph& graph) {
  std::set<TensorId> constants, updated;
  for (TensorId id = 0; id < graph.tensors().size(); ++id) {
    const Role role = graph.tensor(id).role;
    if (graph.root(id) == id && (role == Role::parameter || role == Role::statistic)) {
      constants.insert(id);
    }
  }
  for (const Operator& op : graph.operators()) {
    for (const TensorId out : op.outputs) {
      const bool in_place = std::any_of(op.inputs.begin(), op.inputs.end(), [&](TensorId in) {
        return graph.root(in) == graph.root(out);
      });
      if (in_place) updated.insert(graph.root(out));
    }
  }
  for (const TensorId id : updated) constants.erase(id);
  for (const Operator& op : graph.operators()) {
    const bool constant = !op.inputs.empty() && operator_kind(op.kind).run_scalars.empty() &&
                          std::all_of(op.inputs.begin(), op.inputs.end(), [&](TensorId id) {
                            return constants.contains(graph.root(id));
                          });
    if (!constant) continue;
    for (const TensorId id : op.outputs) {
      if (!updated.contains(graph.root(id))) constants.insert(graph.root(id));
    }
  }
  return constants;
}

Counts counts(const Graph& graph) {
  Counts result;
  for (const Tensor& tensor : graph.tensors()) {
    if (tensor.role == Role::parameter && tensor.view_of == no_tensor) {
      result.parameters += static_cast<double>(tensor.type.elements());
    }
  }
  for (const Operator& op : graph.operators()) {
    const OperatorKind& kind = operator_kind(op.kind);
    if (!kind.macs) continue;
    const bool forward = op.phase == Phase::forward || op.phase == Phase::loss;
    (forward ? result.forward_macs : result.backward_macs) += kind.macs(graph.call(op));
  }
  return result;
}

}  // namespace motley::workloads
