// Batch norm with given statistics is a factor and a summand for each channel, which a convolution
// or dense layer in front of it may have in its weights and bias: w' = w f and b' = beta + (b -
// mean) f with f = gamma / sqrt(variance + epsilon). Channels are the last axis of the weights,
// depthwise ones too.
#include <cmath>
#include <fmt/format.h>

#include "harness/error.hpp"
#include "workloads/ops/elementwise.hpp"

namespace motley::workloads {
namespace {

bool has_bias(const Call& call) {
  return call.inputs.size() == 6;
}
/// gamma, beta, mean and variance follow one another.
std::size_t gamma_of(const Call& call) {
  return has_bias(call) ? 2 : 1;
}

std::vector<TensorType> outputs(const Call& call) {
  if (call.inputs.size() != 5 && call.inputs.size() != 6) {
    throw Error(
        fmt::format("takes weights, perhaps a bias, gamma, beta, mean and variance, not {} "
                    "tensors.",
                    call.inputs.size()));
  }
  const TensorType& weights = call.inputs[0];
  if (weights.shape.empty()) throw Error("takes weights with at least one axis. Reshape them.");
  for (std::size_t i = 1; i < call.inputs.size(); ++i) {
    if (call.inputs[i].shape == Shape{weights.shape.back()}) continue;
    throw Error(
        fmt::format("input {} is {} for {} channels (it needs one value for each). Change it.", i,
                    to_string(call.inputs[i]), weights.shape.back()));
  }
  return {weights, call.inputs[1]};
}

void reference(const Call& call, const RunScalars&, std::span<const Values> inputs,
               std::span<Values> results) {
  const std::size_t first = gamma_of(call), channels = results[1].size();
  const Values &gamma = inputs[first], &beta = inputs[first + 1], &mean = inputs[first + 2],
               &variance = inputs[first + 3];
  Values factors(channels);
  for (std::size_t c = 0; c < channels; ++c) {
    factors[c] = gamma[c] / std::sqrt(variance[c] + call.number("epsilon"));
    results[1][c] = beta[c] + ((has_bias(call) ? inputs[1][c] : 0) - mean[c]) * factors[c];
  }
  std::size_t i = 0;
  while (i < results[0].size()) {
    for (const double factor : factors) {
      results[0][i] = inputs[0][i] * factor;
      ++i;
    }
  }
}

OperatorKind fold_batch_norm() {
  OperatorKind kind;
  kind.name = "fold_batch_norm";
  kind.summary = "w f and beta + (bias - mean) f with f = gamma / sqrt(variance + epsilon)";
  kind.attributes = {{"epsilon", "added to the variance", 1e-5}};
  kind.outputs = outputs;
  kind.work = [](const Call& call) {
    return streaming_work(
        call, double(call.inputs[0].elements()) + 6 * double(call.outputs[1].elements()));
  };
  kind.reference = reference;
  kind.content = [](const Call& call, std::size_t input) {
    const bool variance = input + 1 == call.inputs.size();
    return Content{Content::Kind::uniform, variance ? 0.5 : -1, variance ? 2.0 : 1.0};
  };
  for (const Shape& weights : {Shape{1}, Shape{3, 3, 1, 5}, Shape{1, 1, 17, 33}, Shape{40, 130},
                               Shape{3, 3, 16, 100}, Shape{1, 1, 300, 64}}) {
    for (const std::size_t tables : {4, 5}) {
      Example one{{}, {{weights}}};
      for (std::size_t i = 0; i < tables; ++i) one.inputs.push_back({{weights.back()}});
      kind.examples.push_back(std::move(one));
    }
  }
  return kind;
}

const KindRegistration registration([] { return std::vector{fold_batch_norm()}; });

Lowered lower(const Call& call, Processor& processor, const schema::Parameters& tuning) {
  const std::size_t first = gamma_of(call);
  Call by_channel;
  by_channel.inputs = {call.outputs[1]};
  Elementwise tables{"fold_bias", {}};
  // Without a bias something finite stands in its place, times 0.
  for (const std::size_t i : {std::size_t{1}, first, first + 1, first + 2, first + 3}) {
    tables.operands.emplace_back(Input{i});
  }
  tables.operands.insert(
      tables.operands.end(),
      {Workspace{0}, Output{1}, single(has_bias(call) ? 1 : 0), single(call.number("epsilon"))});
  const Elementwise weights{
      "multiply_row", {Input{0}, Workspace{0}, Output{0}}, call.outputs[1].elements()};
  Lowered lowered;
  lowered.workspaces = {call.outputs[1].bytes()};
  lowered.launches = {elementwise_launch(by_channel, tables, processor, tuning),
                      elementwise_launch(call, weights, processor, tuning)};
  return lowered;
}

const BothRegistration both("fold_batch_norm", lower);

}  // namespace
}  // namespace motley::workloads
