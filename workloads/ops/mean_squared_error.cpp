// The mean of (prediction - target)^2 over all elements, and its gradient: a loss for autoencoders,
// and what tests put behind an operator to differentiate it.
#include <fmt/format.h>

#include "harness/error.hpp"
#include "workloads/graph/differentiate.hpp"
#include "workloads/ops/rows.hpp"

namespace motley::workloads {
namespace {

std::vector<TensorType> outputs(const Call& call, bool gradient) {
  if (call.inputs.size() != 2 || call.inputs[0].shape != call.inputs[1].shape) {
    throw Error("prediction and target must be two tensors of one shape. Reshape one.");
  }
  TensorType result = call.inputs[0];
  if (!gradient) result.shape = {1};
  return {result};
}

OperatorKind loss() {
  OperatorKind kind;
  kind.name = "mean_squared_error";
  kind.is_loss = true;
  kind.differentiable = {0};
  kind.summary = "mean((prediction - target)^2)";
  kind.outputs = [](const Call& call) { return outputs(call, false); };
  kind.work = [](const Call& call) {
    return streaming_work(call, 3 * double(call.inputs[0].elements()));
  };
  kind.reference = [](const Call&, const RunScalars&, std::span<const Values> inputs,
                      std::span<Values> results) {
    double sum = 0;
    for (std::size_t i = 0; i < inputs[0].size(); ++i) {
      const double difference = inputs[0][i] - inputs[1][i];
      sum += difference * difference;
    }
    results[0][0] = sum / double(inputs[0].size());
  };
  kind.gradient = [](GradientRule& rule) {
    if (rule.wanted(0)) {
      rule.set(0, rule.add("mean_squared_error_backward", "backward",
                           {rule.input(0), rule.input(1)}, {}, Phase::backward_data)
                      .front());
    }
  };
  kind.examples = {{{}, {{{3, 5}}, {{3, 5}}}},
                   {{}, {{{1}}, {{1}}}},
                   {{}, {{{2, 1000}}, {{2, 1000}}}},
                   {{}, {{{31, 1000}}, {{31, 1000}}}}};
  return kind;
}

OperatorKind backward() {
  OperatorKind kind;
  kind.name = "mean_squared_error_backward";
  kind.summary = "2 (prediction - target) / elements";
  kind.outputs = [](const Call& call) { return outputs(call, true); };
  kind.work = [](const Call& call) {
    return streaming_work(call, 2 * double(call.inputs[0].elements()));
  };
  kind.reference = [](const Call&, const RunScalars&, std::span<const Values> inputs,
                      std::span<Values> results) {
    for (std::size_t i = 0; i < inputs[0].size(); ++i) {
      results[0][i] = 2 * (inputs[0][i] - inputs[1][i]) / double(inputs[0].size());
    }
  };
  kind.examples = loss().examples;
  return kind;
}

const KindRegistration registration([] { return std::vector{loss(), backward()}; });

const BothRegistration both("mean_squared_error", [](const Call& call, Processor& processor,
                                                     const schema::Parameters& tuning) {
  Lowered lowered;
  const std::int64_t elements = call.inputs[0].elements();
  Reduction(lowered, processor, tuning)
      .sum("sum_squared_differences", {Input{0}, Input{1}}, Output{0}, elements,
           1 / double(elements));
  return lowered;
});

const ElementwiseRegistration both_backward("mean_squared_error_backward", [](const Call& call) {
  Elementwise what{"scaled_difference", all_tensors(call)};
  what.operands.push_back(single(2 / double(call.inputs[0].elements())));
  return what;
});

}  // namespace
}  // namespace motley::workloads
