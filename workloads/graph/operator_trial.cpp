#include "workloads/graph/operator_trial.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "harness/random.hpp"

namespace motley::workloads {
namespace {

/// Above so many multiply-accumulates a reference is projected where it can be.
constexpr double costly_macs = 4e6;
constexpr std::uint64_t weights_stream = 1000;

/// Sums over the last axis, weighted.
Values project(const Values& values, const Values& weights) {
  Values sums(values.size() / weights.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    sums[i / weights.size()] += values[i] * weights[i % weights.size()];
  }
  return sums;
}

}  // namespace

RunScalars example_scalars() {
  return {{"learning_rate", 0.125}, {"step", 3}, {"position", 2}, {"seed", 7}};
}

OperatorTrial::OperatorTrial(Processor& processor, Queue& queue, const OperatorKind& kind,
                             const Call& call, const Implementation& implementation,
                             const schema::Parameters& tuning, std::uint64_t seed, std::size_t sets)
    : kind_(kind),
      call_(call),
      implementation_(implementation),
      lowered_(implementation.lower(call, processor, tuning)),
      inputs_(random_inputs(kind, call, seed)),
      scalars_(example_scalars()) {
  if (kind.projected && kind.macs && kind.macs(call) > costly_macs) {
    weights_.resize(std::size_t(call.outputs[0].shape.back()));
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      weights_[i] = random_unit(seed, weights_stream, i) < 0.5 ? -1 : 1;
    }
  }
  for (std::size_t i = 0; i < sets; ++i) sets_.push_back(make_set(processor, queue));
  queue.finish();
}

OperatorTrial::Set OperatorTrial::make_set(Processor& processor, Queue& queue) {
  Set set;
  const auto add = [&](std::size_t bytes) {
    set.buffers.push_back(processor.allocate(std::max<std::size_t>(bytes, 4)));
    return set.buffers.back().get();
  };
  for (const TensorType& input : call_.inputs) set.operands.inputs.push_back(add(input.bytes()));
  for (std::size_t i = 0; i < call_.outputs.size(); ++i) {
    const auto updated = std::find_if(kind_.in_place.begin(), kind_.in_place.end(),
                                      [&](const auto& pair) { return pair.first == i; });
    set.operands.outputs.push_back(updated == kind_.in_place.end()
                                       ? add(call_.outputs[i].bytes())
                                       : set.operands.inputs[updated->second]);
  }
  for (const std::size_t bytes : lowered_.workspace_bytes) {
    set.operands.workspaces.push_back(add(bytes));
  }
  for (const std::size_t bytes : lowered_.kept_bytes) set.operands.kept.push_back(add(bytes));
  for (std::size_t i = 0; i < call_.inputs.size(); ++i) write(queue, set, i);
  set.bound = std::make_unique<BoundOperator>(processor, lowered_, set.operands);
  set.bound->give_once(queue);
  return set;
}

void OperatorTrial::write(Queue& queue, Set& set, std::size_t input) {
  const std::vector<std::byte> bytes = to_bytes(call_.inputs[input], inputs_[input]);
  queue.write(*set.operands.inputs[input], bytes.data(), bytes.size());
  queue.finish();
}

void OperatorTrial::give(Queue& queue) {
  last_ = next_;
  sets_[last_].bound->give(queue, scalars_);
  next_ = (last_ + 1) % sets_.size();
}

void OperatorTrial::reset(Queue& queue) {
  Set& set = sets_[next_];
  for (Buffer* output : set.operands.outputs) queue.fill(*output, 0xFFFFFFFFu);
  for (const auto& [output, input] : kind_.in_place) write(queue, set, input);
}

double OperatorTrial::error(Queue& queue) {
  if (references_.empty()) {
    for (const TensorType& output : call_.outputs) {
      references_.emplace_back(std::size_t(output.elements()));
    }
    if (weights_.empty()) {
      kind_.reference(call_, scalars_, inputs_, references_);
    } else {
      references_ = {kind_.projected(call_, inputs_, weights_)};
    }
  }
  double worst = 0;
  for (std::size_t i = 0; i < references_.size(); ++i) {
    worst = std::max(worst, error_of(queue, i, *sets_[last_].operands.outputs[i]));
  }
  return worst;
}

double OperatorTrial::error_of(Queue& queue, std::size_t output, Buffer& buffer) {
  std::vector<std::byte> bytes(call_.outputs[output].bytes());
  queue.read(buffer, bytes.data(), bytes.size());
  queue.finish();
  Values got = to_values(call_.outputs[output], bytes);
  if (!weights_.empty()) got = project(got, weights_);
  return normalised_error(got, references_[output]);
}

}  // namespace motley::workloads
