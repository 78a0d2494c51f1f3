#include "workloads/graph/operator_trial.hpp"

#include <algorithm>

namespace motley::workloads {
RunScalars example_scalars() {
  return {{"learning_rate", 0.125}, {"step", 3}, {"position", 2}, {"seed", 7}};
}

OperatorData::OperatorData(const OperatorKind& kind, const Call& call, std::uint64_t seed)
    : kind_(kind), call_(call), seed_(seed), values_(random_inputs(kind, call, seed)) {
  for (std::size_t i = 0; i < call_.inputs.size(); ++i) {
    bytes_.push_back(to_bytes(call_.inputs[i], values_[i]));
  }
}

const OutputCheck& OperatorData::check() {
  if (!check_) {
    check_.emplace(kind_, call_, example_scalars(), values_, seed_);
    values_ = {};
  }
  return *check_;
}

OperatorTrial::OperatorTrial(Processor& processor, Queue& queue, const OperatorKind& kind,
                             const Call& call, const Implementation& implementation,
                             const schema::Parameters& tuning, std::uint64_t seed, std::size_t sets)
    : OperatorTrial(processor, queue, std::make_shared<OperatorData>(kind, call, seed),
                    implementation, tuning, sets) {}

OperatorTrial::OperatorTrial(Processor& processor, Queue& queue, std::shared_ptr<OperatorData> data,
                             const Implementation& implementation, const schema::Parameters& tuning,
                             std::size_t sets)
    : data_(std::move(data)),
      lowered_(implementation.lower(data_->call(), processor, tuning)),
      scalars_(example_scalars()) {
  for (const MemoryNeed& need : lowered_.workspaces) {
    workspaces_.push_back(allocate(processor, need));
  }
  for (std::size_t i = 0; i < sets; ++i) sets_.push_back(make_set(processor, queue));
  queue.finish();
}

std::unique_ptr<Buffer> OperatorTrial::allocate(Processor& processor, const MemoryNeed& need) {
  BufferOptions options;
  options.image = need.image;
  return processor.allocate(std::max<std::size_t>(need.bytes, 4), options);
}

OperatorTrial::Set OperatorTrial::make_set(Processor& processor, Queue& queue) {
  const OperatorKind& kind = data_->kind();
  const Call& call = data_->call();
  Set set;
  const auto add = [&](const MemoryNeed& need) {
    set.buffers.push_back(allocate(processor, need));
    return set.buffers.back().get();
  };
  for (const TensorType& input : call.inputs) set.operands.inputs.push_back(add(input.bytes()));
  for (std::size_t i = 0; i < call.outputs.size(); ++i) {
    const auto updated = std::find_if(kind.in_place.begin(), kind.in_place.end(),
                                      [&](const auto& pair) { return pair.first == i; });
    set.operands.outputs.push_back(updated == kind.in_place.end()
                                       ? add(call.outputs[i].bytes())
                                       : set.operands.inputs[updated->second]);
  }
  for (const auto& workspace : workspaces_) set.operands.workspaces.push_back(workspace.get());
  for (const MemoryNeed& need : lowered_.kept) set.operands.kept.push_back(add(need));
  for (std::size_t i = 0; i < call.inputs.size(); ++i) write(queue, set, i);
  set.bound = std::make_unique<BoundOperator>(processor, lowered_, set.operands);
  set.bound->give_once(queue);
  return set;
}

void OperatorTrial::write(Queue& queue, Set& set, std::size_t input) {
  const std::vector<std::byte>& bytes = data_->input(input);
  queue.write(*set.operands.inputs[input], bytes.data(), bytes.size());
}

void OperatorTrial::give(Queue& queue) {
  last_ = next_;
  sets_[last_].bound->give(queue, scalars_);
  next_ = (last_ + 1) % sets_.size();
}

void OperatorTrial::reset(Queue& queue) {
  Set& set = sets_[next_];
  for (Buffer* output : set.operands.outputs) queue.fill(*output, 0xFFFFFFFFu);
  for (const auto& [output, input] : data_->kind().in_place) write(queue, set, input);
}

double OperatorTrial::error(Queue& queue) {
  const OutputCheck& check = data_->check();
  const std::vector<TensorType>& outputs = data_->call().outputs;
  double worst = 0;
  for (std::size_t i = 0; i < check.outputs(); ++i) {
    std::vector<std::byte> bytes(outputs[i].bytes());
    queue.read(*sets_[last_].operands.outputs[i], bytes.data(), bytes.size());
    queue.finish();
    worst = std::max(worst, check.error(i, to_values(outputs[i], bytes)));
  }
  return worst;
}

}  // namespace motley::workloads
