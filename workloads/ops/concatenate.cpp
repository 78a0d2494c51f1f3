// Tensors one after another along an axis (the branches of GoogLeNet and SqueezeNet). The gradient
// cuts each one's part out again.
#include <fmt/format.h>

#include "harness/error.hpp"
#include "workloads/graph/differentiate.hpp"
#include "workloads/ops/strided_copy.hpp"

namespace motley::workloads {
namespace {

/// More inputs than any network has; their gradients are known in advance.
constexpr std::size_t most_inputs = 64;

/// Counted from the end where it is negative.
std::size_t axis_of(const Call& call) {
  if (call.inputs.empty() || call.inputs.size() > most_inputs) {
    throw Error(fmt::format("takes 1 to {} tensors, not {}. Concatenate in steps.", most_inputs,
                            call.inputs.size()));
  }
  const auto rank = std::int64_t(call.inputs[0].shape.size());
  const std::int64_t axis = call.integer("axis");
  if (axis < -rank || axis >= rank) {
    throw Error(fmt::format("axis {} of {} (it has {} axes). Give one from {} to {}.", axis,
                            to_string(call.inputs[0]), rank, -rank, rank - 1));
  }
  return std::size_t(axis < 0 ? axis + rank : axis);
}

std::vector<TensorType> outputs(const Call& call) {
  const std::size_t axis = axis_of(call);
  TensorType result = call.inputs[0];
  for (std::size_t i = 1; i < call.inputs.size(); ++i) {
    Shape wanted = result.shape;
    const Shape& shape = call.inputs[i].shape;
    if (shape.size() == wanted.size()) wanted[axis] = shape[axis];
    if (shape != wanted) {
      throw Error(fmt::format("{} and {} (all axes but axis {} must be equal). Pad or slice one.",
                              to_string(call.inputs[0]), to_string(call.inputs[i]), axis));
    }
    result.shape[axis] += shape[axis];
  }
  return {result};
}

void reference(const Call& call, const RunScalars&, std::span<const Values> inputs,
               std::span<Values> results) {
  const std::size_t axis = axis_of(call);
  std::int64_t before = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Shape& shape = call.inputs[i].shape;
    for_each_index(shape, [&](const Shape& from) {
      Shape to = from;
      to[axis] += before;
      results[0][place_of(call.outputs[0].shape, to)] = inputs[i][place_of(shape, from)];
    });
    before += shape[axis];
  }
}

void gradient(GradientRule& rule) {
  const std::size_t axis = axis_of(rule.call());
  const Shape& whole_shape = rule.call().outputs[0].shape;
  std::int64_t before = 0;
  for (std::size_t i = 0; i < rule.call().inputs.size(); ++i) {
    const std::int64_t size = rule.call().inputs[i].shape[axis];
    std::string margins;
    for (std::size_t k = 0; k < whole_shape.size(); ++k) {
      const std::int64_t after = whole_shape[axis] - before - size;
      margins += k == 0 ? "" : ";";
      margins += k == axis ? fmt::format("{},{}", before, after) : "0,0";
    }
    before += size;
    if (!rule.wanted(i)) continue;
    rule.set(i, rule.add("slice", fmt::format("backward_{}", i), {rule.output_gradient()},
                         {{"margins", margins}}, Phase::backward_data)
                    .front());
  }
}

Example example(std::int64_t axis, std::vector<Shape> shapes) {
  Example result{{{"axis", axis}}, {}};
  for (Shape& shape : shapes) result.inputs.push_back({std::move(shape)});
  return result;
}

OperatorKind concatenate() {
  OperatorKind kind;
  kind.name = "concatenate";
  kind.summary = "the inputs one after another along an axis";
  kind.attributes = {{"axis", "counted from 0, or from the end: -1 is the last", std::int64_t{-1}}};
  kind.outputs = outputs;
  kind.work = [](const Call& call) { return streaming_work(call, 0); };
  kind.reference = reference;
  kind.gradient = gradient;
  for (std::size_t i = 0; i < most_inputs; ++i) kind.differentiable.push_back(i);
  kind.examples = {example(0, {{3}}),
                   example(0, {{3}, {5}}),
                   example(-1, {{2, 3, 3, 4}, {2, 3, 3, 7}, {2, 3, 3, 16}}),
                   example(1, {{2, 3, 8}, {2, 1, 8}}),
                   example(0, {{2, 33}, {1, 33}, {4, 33}, {1, 33}}),
                   example(-1, {{64, 100}, {64, 256}})};
  return kind;
}

const KindRegistration registration([] { return std::vector{concatenate()}; });

const BothRegistration both("concatenate", [](const Call& call, Processor& processor,
                                              const schema::Parameters& tuning) {
  const std::size_t axis = axis_of(call);
  const Shape strides = strides_of(call.outputs[0].shape);
  Lowered lowered;
  std::int64_t before = 0;
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    const Shape& shape = call.inputs[i].shape;
    copy_strided(lowered, processor, tuning, Input{i}, Output{0},
                 {shape, strides_of(shape), strides, 0, before * strides[axis]});
    before += shape[axis];
  }
  return lowered;
});

}  // namespace
}  // namespace motley::workloads
