// y = activation(x weights + bias) for rows x: a matrix product with the fixed operands of a layer.
// Its gradients are matrix products and a sum over rows.
#include <fmt/format.h>

#include "harness/error.hpp"
#include "workloads/ops/fused_activation.hpp"

namespace motley::workloads {
namespace {

std::vector<TensorType> outputs(const Call& call) {
  if (call.inputs.size() != 2 && call.inputs.size() != 3) {
    throw Error(
        fmt::format("takes rows, weights and perhaps a bias, not {} tensors.", call.inputs.size()));
  }
  activation_of(call);
  const TensorType &x = call.inputs[0], &weights = call.inputs[1];
  if (x.shape.size() != 2 || weights.shape.size() != 2 || x.shape[1] != weights.shape[0]) {
    throw Error(
        fmt::format("{} with weights {} (rows [n, in] and weights [in, out] with one `in` "
                    "are needed). Flatten or change one.",
                    to_string(x), to_string(weights)));
  }
  TensorType y = x;
  y.shape = {x.shape[0], weights.shape[1]};
  if (call.inputs.size() == 3 && call.inputs[2].shape != Shape{y.shape[1]}) {
    throw Error(fmt::format("a bias {} for {} features (it needs one value for each). Change it.",
                            to_string(call.inputs[2]), y.shape[1]));
  }
  return {y};
}

double macs(const Call& call) {
  return double(call.inputs[0].elements()) * double(call.inputs[1].shape[1]);
}

void reference(const Call& call, const RunScalars&, std::span<const Values> inputs,
               std::span<Values> results) {
  const Activation activation = activation_of(call);
  const std::size_t in = std::size_t(call.inputs[1].shape[0]),
                    out = std::size_t(call.inputs[1].shape[1]);
  for (std::size_t row = 0; row < results[0].size() / out; ++row) {
    double* y = &results[0][row * out];
    for (std::size_t j = 0; j < out; ++j) y[j] = inputs.size() == 3 ? inputs[2][j] : 0;
    for (std::size_t k = 0; k < in; ++k) {
      const double x = inputs[0][row * in + k];
      for (std::size_t j = 0; j < out; ++j) y[j] += x * inputs[1][k * out + j];
    }
    for (std::size_t j = 0; j < out; ++j) y[j] = activated(activation, y[j]);
  }
}

void gradient(GradientRule& rule) {
  const TensorId dy = gradient_before_activation(rule);
  const std::int64_t yes = 1, no = 0;
  if (rule.forward().inputs.size() == 3 && rule.wanted(2)) {
    rule.set(2, rule.add("sum_rows", "backward_bias", {dy}, {}, Phase::backward_weights).front());
  }
  if (rule.wanted(1)) {
    rule.set(1, rule.add("matmul", "backward_weights", {rule.input(0), dy},
                         {{"transpose_a", yes}, {"transpose_b", no}}, Phase::backward_weights)
                    .front());
  }
  if (rule.wanted(0)) {
    rule.set(0, rule.add("matmul", "backward_data", {dy, rule.input(1)},
                         {{"transpose_a", no}, {"transpose_b", yes}}, Phase::backward_data)
                    .front());
  }
}

Example example(std::int64_t n, std::int64_t in, std::int64_t out, const char* activation,
                bool bias = true) {
  Example one{{{"activation", std::string(activation)}}, {{{n, in}}, {{in, out}}}};
  if (bias) one.inputs.push_back({{out}});
  return one;
}

OperatorKind dense() {
  OperatorKind kind;
  kind.name = "dense";
  kind.summary = "y = activation(x weights + bias) for rows x";
  kind.attributes = {activation_rule()};
  kind.outputs = outputs;
  kind.macs = macs;
  kind.work = [](const Call& call) { return streaming_work(call, 2 * macs(call)); };
  kind.reference = reference;
  kind.gradient = gradient;
  kind.differentiable = {0, 1, 2};
  kind.examples = {example(1, 1, 1, "none"),      example(3, 5, 7, "none", false),
                   example(1, 37, 19, "relu"),    example(17, 33, 40, "relu6"),
                   example(4, 129, 16, "none"),   example(2, 20, 33, "relu", false),
                   example(64, 100, 130, "relu"), example(1, 1000, 257, "relu"),
                   example(33, 400, 10, "none")};
  return kind;
}

const KindRegistration registration([] { return std::vector{dense()}; });

}  // namespace
}  // namespace motley::workloads
