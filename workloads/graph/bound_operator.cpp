#include "workloads/graph/bound_operator.hpp"

#include <fmt/format.h>

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

std::size_t work_group(const Range& range) {
  std::size_t items = 1;
  for (unsigned i = 0; i < range.dimensions; ++i) items *= range.local[i];
  return items;
}

}  // namespace

std::unique_ptr<LoadedKernel> load(Processor& processor, const Launch& launch) {
  std::unique_ptr<LoadedKernel> kernel = processor.load(launch.kernel);
  const bool has_groups = processor.members() == 0 && launch.range.local[0] > 0;
  if (has_groups && work_group(launch.range) > kernel->maximum_work_group()) {
    throw Unsupported(
        fmt::format("{} has work-groups of {} work-items; on {} it can run with {} at most (its "
                    "registers or local memory are too few). Use another implementation or tuning.",
                    launch.kernel.name, work_group(launch.range), processor.description().id,
                    kernel->maximum_work_group()));
  }
  return kernel;
}

BoundOperator::BoundOperator(Processor& processor, const Lowered& lowered,
                             const Operands& operands) {
  for (const Launch& launch : lowered.launches) {
    kernels_.push_back(load(processor, launch));
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
