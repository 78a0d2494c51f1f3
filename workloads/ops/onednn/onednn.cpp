#include "workloads/ops/onednn/onednn.hpp"

#include "workloads/ops/elementwise.hpp"

namespace motley::workloads {

onednn::Clip clip_of(const Call& call) {
  switch (activation_of(call)) {
    case Activation::relu:
      return onednn::Clip::below_zero;
    case Activation::relu6:
      return onednn::Clip::below_zero_and_above_six;
    default:
      return onednn::Clip::none;
  }
}

onednn::Tensor row_major(std::vector<std::int64_t> sizes) {
  onednn::Tensor tensor{std::move(sizes), {}};
  tensor.strides.assign(tensor.sizes.size(), 1);
  for (std::size_t i = tensor.sizes.size() - 1; i > 0; --i) {
    tensor.strides[i - 1] = tensor.strides[i] * tensor.sizes[i];
  }
  return tensor;
}

std::vector<schema::Parameters> format_tunings(const Call&, Processor&, Tier) {
  return {{{"format", std::string("plain")}}, {{"format", std::string("any")}}};
}

bool any_format(const schema::Parameters& tuning) {
  return schema::to_string(tuning.at("format")) == "any";
}

Lowered lowered_to(std::shared_ptr<onednn::Operation> operation, const Call& call,
                   const std::string& name) {
  Lowered lowered;
  lowered.workspaces = {operation->workspace_bytes()};
  const bool kept = operation->kept_bytes() != 0;
  if (kept) {
    lowered.kept = {operation->kept_bytes()};
    Launch pack;
    pack.kernel.name = name + "_pack";
    pack.kernel.cpu = [operation](const CpuTask& task) {
      operation->pack(task.buffer<const float>(0), task.buffer<std::byte>(1));
    };
    pack.kernel.cpu_members = 1;
    pack.operands = {Input{1}, Kept{0}};
    pack.once = true;
    lowered.launches.push_back(std::move(pack));
  }
  Launch run;
  run.kernel.name = name;
  run.kernel.cpu_members = 1;  // oneDNN brings threads of its own; ours sleep meanwhile
  run.operands = {Output{0}, Workspace{0}};
  for (std::size_t i = 0; i < call.inputs.size(); ++i) run.operands.emplace_back(Input{i});
  if (kept) run.operands.emplace_back(Kept{0});
  run.kernel.cpu = [operation, kept, inputs = call.inputs.size(),
                    memory = onednn::Operation::Memory{}](const CpuTask& task) mutable {
    memory.output = task.buffer<float>(0);
    memory.workspace = task.buffer<std::byte>(1);
    memory.inputs.resize(inputs);
    for (std::size_t i = 0; i < inputs; ++i) memory.inputs[i] = task.buffer<const float>(2 + i);
    memory.kept = kept ? task.buffer<std::byte>(2 + inputs) : nullptr;
    operation->run(memory);
  };
  lowered.launches.push_back(std::move(run));
  return lowered;
}

Implementation onednn_implementation() {
  Implementation one;
  one.name = "onednn";
  one.summary = "oneDNN with OpenMP threads of its own on the same cores; reorders included";
  one.guess = 1;
  one.unsupported = [](const Call& call, Processor& processor) {
    const std::string reason = needs_plain_f32(call, {});
    return reason.empty() ? onednn::unavailable(processor) : reason;
  };
  one.tunings = format_tunings;
  // Both formats would have to be checked and timed for each call of a network (seconds for a
  // ResNet-8), by runs that do not show what it costs when another pool's threads take turns with
  // ours.
  one.contends = [](const Processor&) { return false; };
  return one;
}

}  // namespace motley::workloads
