#include "workloads/graph/bound_operator.hpp"

#include "harness/error.hpp"

namespace motley::workloads {
namespace {

struct ToArgument {
  const Operands& operands;
  Argument operator()(const Input& input) const { return operands.inputs.at(input.index); }
  Argument operator()(const Output& output) const { return operands.outputs.at(output.index); }
  Argument operator()(const Workspace& space) const { return operands.workspaces.at(space.index); }
  Argument operator()(const Kept& kept) const { return operands.kept.at(kept.index); }
  Argument operator()(const RunScalar&) const { return scalar(0.0f); }  // set before each launch
  Argument operator()(const Scalar& value) const { return value; }
  Argument operator()(const LocalMemory& memory) const { return memory; }
};

}  // namespace

BoundOperator::BoundOperator(Processor& processor, const Lowered& lowered,
                             const Operands& operands) {
  for (const Launch& launch : lowered.launches) {
    kernels_.push_back(processor.load(launch.kernel));
    Loaded loaded{kernels_.back().get(), launch.range, {}, {}};
    for (const Operand& operand : launch.operands) {
      if (const auto* run = std::get_if<RunScalar>(&operand)) {
        loaded.run_scalars.emplace_back(loaded.arguments.size(), *run);
      }
      loaded.arguments.push_back(std::visit(ToArgument{operands}, operand));
    }
    (launch.once ? once_ : launches_).push_back(std::move(loaded));
  }
}

void BoundOperator::give_once(Queue& queue) {
  for (Loaded& launch : once_) give(queue, launch, {});
}

void BoundOperator::give(Queue& queue, const RunScalars& scalars) {
  for (Loaded& launch : launches_) give(queue, launch, scalars);
}

void BoundOperator::give_launch(Queue& queue, std::size_t i, const RunScalars& scalars) {
  give(queue, launches_[i], scalars);
}

void BoundOperator::give(Queue& queue, Loaded& launch, const RunScalars& scalars) {
  for (const auto& [i, wanted] : launch.run_scalars) {
    const auto found = scalars.find(wanted.name);
    if (found == scalars.end()) {
      throw Error(std::string("the run scalar ") + wanted.name +
                  " was not set (a kernel needs it). Set it.");
    }
    launch.arguments[i] = wanted.is_integer ? scalar(static_cast<std::int32_t>(found->second))
                                            : scalar(static_cast<float>(found->second));
  }
  queue.launch(*launch.kernel, launch.range, launch.arguments);
}

}  // namespace motley::workloads
