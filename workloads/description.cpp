#include "workloads/description.hpp"

#include <set>
#include <utility>

#include "workloads/graph/memory_plan.hpp"
#include "workloads/inference.hpp"
#include "workloads/training.hpp"

namespace motley::workloads {
namespace {

/// Memory does not depend on who computes, but for workspaces and packed constants: a plan without
/// implementations.
std::map<std::string, double> memory(const Graph& graph, std::set<TensorId> constants = {}) {
  Plan plan;
  plan.graph = graph;
  plan.constants = std::move(constants);
  plan.place_of.assign(graph.operators().size(), 0);
  plan.memory_of = {0};
  plan.lowered.resize(graph.operators().size());
  plan_memory(plan);
  return plan.memory();
}

}  // namespace

ModelDescription describe_model(const std::string& spec, std::int64_t batch) {
  ModelDescription result;
  result.spec = spec;
  result.batch = batch;
  const Model inference = build_model(spec, {batch, false});
  result.input = to_string(inference.graph.tensor(inference.input).type);
  std::set<TensorId> counted;
  for (const Operator& op : inference.graph.operators()) {
    OperatorDescription one{op.name, op.kind,
                            to_string(inference.graph.tensor(op.outputs.front()).type), 0, 0};
    for (const TensorId id : op.inputs) {
      const TensorId root = inference.graph.root(id);
      if (inference.graph.tensor(root).role != Role::parameter) continue;
      if (counted.insert(root).second) {
        one.parameters += double(inference.graph.tensor(root).type.elements());
      }
    }
    const OperatorKind& kind = operator_kind(op.kind);
    if (kind.macs) one.macs = kind.macs(inference.graph.call(op)) / double(batch);
    result.operators.push_back(one);
  }
  const Graph fused = inference_model({spec, batch}).graph;
  result.inference_memory_bytes = memory(fused, constant_tensors(fused));
  const Counts forward = counts(inference.graph);
  result.parameters = forward.parameters;
  result.forward_macs = forward.forward_macs / double(batch);
  result.trains = inference.trains;
  if (!result.trains) return result;
  TrainingOptions options;
  options.model = spec;
  options.batch = batch;
  const Model training = training_model(options);
  const Counts all = counts(training.graph);
  result.training_macs = (all.forward_macs + all.backward_macs) / double(batch);
  result.training_memory_bytes = memory(training.graph);
  return result;
}

}  // namespace motley::workloads
