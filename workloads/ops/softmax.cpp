// Softmax over the last axis of scale x; causal: for [..., t, t], what lies above the diagonal is
// masked (its probability is 0). The gradient follows from the output alone. softmax_to_position
// masks what lies behind the run scalar `position`: attention while decoding.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

#include "harness/error.hpp"
#include "workloads/graph/differentiate.hpp"
#include "workloads/ops/rows.hpp"

namespace motley::workloads {
namespace {

std::vector<TensorType> outputs(const Call& call, std::size_t inputs) {
  std::vector<TensorType> result = same_as_inputs(call, inputs);
  const Shape& shape = result[0].shape;
  if (call.integer("causal") != 0 && (shape.size() < 2 || shape.back() != shape.end()[-2])) {
    throw Error(
        fmt::format("causal over {} (the mask needs two equal last axes, not {} and {}). "
                    "Use causal=0.",
                    to_string(result[0]), shape.size() < 2 ? 0 : shape.end()[-2],
                    shape.empty() ? 0 : shape.back()));
  }
  return result;
}

/// Of the first `valid` of a row.
void row_reference(const double* x, double* y, std::size_t valid, double scale) {
  double largest = -std::numeric_limits<double>::infinity(), sum = 0;
  for (std::size_t i = 0; i < valid; ++i) largest = std::max(largest, scale * x[i]);
  for (std::size_t i = 0; i < valid; ++i) sum += y[i] = std::exp(scale * x[i] - largest);
  for (std::size_t i = 0; i < valid; ++i) y[i] /= sum;
}

void reference(const Call& call, const RunScalars&, std::span<const Values> inputs,
               std::span<Values> results) {
  const auto columns = std::size_t(columns_of(call.inputs[0]));
  const bool causal = call.integer("causal") != 0;
  for (std::size_t row = 0; row < inputs[0].size() / columns; ++row) {
    row_reference(&inputs[0][row * columns], &results[0][row * columns],
                  causal ? row % columns + 1 : columns, call.number("scale"));
  }
}

void to_position_reference(const Call& call, const RunScalars& scalars,
                           std::span<const Values> inputs, std::span<Values> results) {
  const auto columns = std::size_t(columns_of(call.inputs[0]));
  const std::size_t valid = std::min(columns, std::size_t(scalars.at("position")) + 1);
  for (std::size_t at = 0; at < inputs[0].size(); at += columns) {
    row_reference(&inputs[0][at], &results[0][at], valid, call.number("scale"));
  }
}

void backward_reference(const Call& call, const RunScalars&, std::span<const Values> inputs,
                        std::span<Values> results) {
  const auto columns = std::size_t(columns_of(call.inputs[0]));
  for (std::size_t row = 0; row < inputs[0].size(); row += columns) {
    double sum = 0;
    for (std::size_t i = row; i < row + columns; ++i) sum += inputs[0][i] * inputs[1][i];
    for (std::size_t i = row; i < row + columns; ++i) {
      results[0][i] = call.number("scale") * inputs[1][i] * (inputs[0][i] - sum);
    }
  }
}

Example example(Shape shape, std::size_t inputs, bool causal, double scale) {
  return {{{"causal", std::int64_t{causal}}, {"scale", scale}},
          std::vector<TensorType>(inputs, TensorType{std::move(shape)})};
}

OperatorKind make_kind(bool backward) {
  OperatorKind kind;
  const std::size_t inputs = backward ? 2 : 1;
  kind.name = backward ? "softmax_backward" : "softmax";
  kind.summary = backward ? "scale y (dy - sum(dy y)) over the last axis, y the output"
                          : "exp(scale x) / sum(exp(scale x)) over the last axis";
  kind.attributes = {{"causal", "1: row i of [t, t] sees columns 0..i", std::int64_t{0}},
                     {"scale", "what x is multiplied with first", 1.0}};
  kind.outputs = [inputs](const Call& call) { return outputs(call, inputs); };
  kind.work = [backward](const Call& call) {
    // An exponential counts as 10 operations.
    return streaming_work(call, (backward ? 5 : 15) * double(call.inputs[0].elements()));
  };
  kind.reference = backward ? backward_reference : reference;
  if (!backward) {
    kind.gradient = [](GradientRule& rule) {
      if (!rule.wanted(0)) return;
      rule.set(0, rule.add("softmax_backward", "backward", {rule.output_gradient(), rule.output()},
                           rule.forward().attributes, Phase::backward_data)
                      .front());
    };
    kind.differentiable = {0};
    kind.content = [](const Call&, std::size_t) {
      return Content{Content::Kind::uniform, -10, 10};
    };
  }
  kind.examples = {example({1}, inputs, false, 1),        example({4, 10}, inputs, false, 1),
                   example({3, 17}, inputs, false, -0.5), example({2, 5, 5}, inputs, true, 0.25),
                   example({40, 40}, inputs, true, 1),    example({5, 1000}, inputs, false, 1)};
  return kind;
}

OperatorKind to_position_kind() {
  OperatorKind kind = make_kind(false);
  kind.name = "softmax_to_position";
  kind.summary = "softmax of columns 0 to the run scalar position, 0 behind it";
  kind.attributes.erase(kind.attributes.begin());  // causal
  kind.run_scalars = {"position"};
  kind.outputs = [](const Call& call) { return same_as_inputs(call, 1); };
  kind.reference = to_position_reference;
  kind.gradient = {};
  kind.differentiable = {};
  kind.examples.clear();
  for (const Shape& shape :
       {Shape{1}, Shape{4, 2}, Shape{2, 3, 1, 3}, Shape{3, 17}, Shape{5, 1000}}) {
    kind.examples.push_back({{{"scale", 0.25}}, {{shape}}});
  }
  return kind;
}

const KindRegistration registration([] {
  return std::vector{make_kind(false), make_kind(true), to_position_kind()};
});

/// The argument `last` of the kernel.
Operand last_column(const Call& call) {
  const auto causal = call.attributes.find("causal");
  if (causal == call.attributes.end()) return RunScalar{"position", true};
  return whole(call.integer("causal") != 0 ? -1 : columns_of(call.inputs[0]) - 1);
}

Lowered lower(const Call& call, Processor& processor, const schema::Parameters& tuning) {
  const bool backward = call.inputs.size() == 2;
  Pieces what{backward ? "softmax_backward" : "softmax", all_tensors(call), rows_of(call.inputs[0]),
              call.inputs[0].elements() * 4};
  what.operands.push_back(whole(columns_of(call.inputs[0])));
  what.operands.push_back(single(call.number("scale")));
  if (!backward) what.operands.push_back(last_column(call));
  Lowered lowered;
  Reduction(lowered, processor, tuning).launch(what);
  return lowered;
}

const BothRegistration forward("softmax", lower);
const BothRegistration backward("softmax_backward", lower);
const BothRegistration to_position("softmax_to_position", lower);

}  // namespace
}  // namespace motley::workloads
