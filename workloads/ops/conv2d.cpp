// y = x * weights + bias: each output pixel sees a window of the input's; channels may fall into
// groups that do not see each other (depthwise: as many groups as channels). The two gradients are
// kinds of their own, so that each can have implementations of its own.
#include "workloads/ops/conv2d.hpp"

#include <fmt/format.h>

#include "harness/error.hpp"
#include "workloads/graph/differentiate.hpp"
#include "workloads/ops/conv2d_examples.hpp"
#include "workloads/ops/conv2d_reference.hpp"
#include "workloads/ops/fused_activation.hpp"

namespace motley::workloads {

double ConvolutionSizes::macs() const {
  return double(out_pixels()) * double(taps()) * double(in_group()) * double(out_channels);
}

bool ConvolutionSizes::pointwise() const {
  return taps() == 1 && stride == 1 && groups == 1 && height == out_height && width == out_width;
}

const std::string& kind_of(ConvolutionDirection direction) {
  static const std::string names[] = {"conv2d", "conv2d_backward_data", "conv2d_backward_weights"};
  return names[static_cast<std::size_t>(direction)];
}

namespace {

ConvolutionSizes sizes_of(const Call& call, const Shape& x, const Shape& weights, const Shape& y) {
  return {x[0],
          x[1],
          x[2],
          x[3],
          y[1],
          y[2],
          weights[3],
          weights[0],
          weights[1],
          call.integer("stride"),
          call.integer("dilation"),
          call.integer("groups"),
          call.integer("pad_top"),
          call.integer("pad_left")};
}

void need_images(const TensorType& type) {
  if (type.shape.size() != 4) {
    throw Error(
        fmt::format("{} has {} axes (four are needed: images [batch, height, width, "
                    "channels], weights [kernel height, kernel width, in channels / "
                    "groups, out channels]). Reshape it.",
                    to_string(type), type.shape.size()));
  }
}

void check_attributes(const Call& call) {
  for (const char* name : {"stride", "dilation", "groups"}) {
    if (call.integer(name) < 1) {
      throw Error(fmt::format("{} is {} (1 is the least). Raise it.", name, call.integer(name)));
    }
  }
  for (const char* name : {"pad_top", "pad_left", "pad_bottom", "pad_right"}) {
    if (call.integer(name) < 0) {
      throw Error(fmt::format("{} is {} (padding adds pixels). Crop the input instead.", name,
                              call.integer(name)));
    }
  }
}

std::int64_t out_extent(const Call& call, std::int64_t in, std::int64_t kernel, const char* before,
                        const char* after) {
  const std::int64_t padded = in + call.integer(before) + call.integer(after);
  const std::int64_t window = call.integer("dilation") * (kernel - 1) + 1;
  if (padded < window) {
    throw Error(
        fmt::format("a window of {} pixels on {} with padding (it does not fit once). Use a "
                    "larger input, more padding or a smaller kernel.",
                    window, padded));
  }
  return (padded - window) / call.integer("stride") + 1;
}

/// The shape of y for these x and weights. Throws Error.
Shape out_shape(const Call& call, const TensorType& x, const TensorType& weights) {
  need_images(x);
  need_images(weights);
  check_attributes(call);
  const std::int64_t groups = call.integer("groups");
  const Shape &in = x.shape, &w = weights.shape;
  if (in[3] != w[2] * groups || w[3] % groups != 0) {
    throw Error(
        fmt::format("{} with weights {} in {} groups (the input needs {} x {} = {} "
                    "channels, and the output's {} must be a multiple of the groups). "
                    "Change one.",
                    to_string(x), to_string(weights), groups, w[2], groups, w[2] * groups, w[3]));
  }
  return {in[0], out_extent(call, in[1], w[0], "pad_top", "pad_bottom"),
          out_extent(call, in[2], w[1], "pad_left", "pad_right"), w[3]};
}

void need_out_shape(const Call& call, const TensorType& x, const TensorType& weights,
                    const TensorType& dy) {
  const TensorType expected{out_shape(call, x, weights), dy.dtype, dy.layout};
  if (dy.shape == expected.shape) return;
  throw Error(
      fmt::format("the output's gradient is {} (it must have the output's shape, {}). "
                  "Reshape it.",
                  to_string(dy), to_string(expected)));
}

std::vector<TensorType> forward_outputs(const Call& call) {
  if (call.inputs.size() != 2 && call.inputs.size() != 3) {
    throw Error(fmt::format("takes an image, weights and perhaps a bias, not {} tensors.",
                            call.inputs.size()));
  }
  activation_of(call);
  TensorType y = call.inputs[0];
  y.shape = out_shape(call, call.inputs[0], call.inputs[1]);
  if (call.inputs.size() == 3 && call.inputs[2].shape != Shape{y.shape[3]}) {
    throw Error(fmt::format("a bias {} for {} channels (it needs one value for each). Change it.",
                            to_string(call.inputs[2]), y.shape[3]));
  }
  return {y};
}

void need_two(const Call& call) {
  if (call.inputs.size() == 2) return;
  throw Error(fmt::format("takes two tensors, not {}. Give that many.", call.inputs.size()));
}

std::vector<TensorType> data_outputs(const Call& call) {
  need_two(call);
  TensorType x = call.inputs[0];
  need_images(x);
  need_images(call.inputs[1]);
  x.shape = {x.shape[0], call.integer("height"), call.integer("width"),
             call.inputs[1].shape[2] * call.integer("groups")};
  need_out_shape(call, x, call.inputs[1], call.inputs[0]);
  return {x};
}

std::vector<TensorType> weights_outputs(const Call& call) {
  need_two(call);
  const TensorType &x = call.inputs[0], &dy = call.inputs[1];
  need_images(x);
  need_images(dy);
  check_attributes(call);
  TensorType weights = x;
  weights.layout = Layout::plain;
  weights.shape = {call.integer("kernel_height"), call.integer("kernel_width"),
                   x.shape[3] / call.integer("groups"), dy.shape[3]};
  need_out_shape(call, x, weights, dy);
  return {weights};
}

void gradient(GradientRule& rule) {
  const Call& call = rule.call();
  const TensorId dy = gradient_before_activation(rule);
  Attributes attributes = rule.forward().attributes;
  attributes.erase("activation");
  if (rule.forward().inputs.size() == 3 && rule.wanted(2)) {
    rule.set(2, rule.add("sum_rows", "backward_bias", {dy}, {}, Phase::backward_weights).front());
  }
  if (rule.wanted(1)) {
    Attributes with_kernel = attributes;
    with_kernel["kernel_height"] = call.inputs[1].shape[0];
    with_kernel["kernel_width"] = call.inputs[1].shape[1];
    rule.set(1, rule.add("conv2d_backward_weights", "backward_weights", {rule.input(0), dy},
                         with_kernel, Phase::backward_weights)
                    .front());
  }
  if (rule.wanted(0)) {
    attributes["height"] = call.inputs[0].shape[1];
    attributes["width"] = call.inputs[0].shape[2];
    rule.set(0, rule.add("conv2d_backward_data", "backward_data", {dy, rule.input(1)}, attributes,
                         Phase::backward_data)
                    .front());
  }
}

OperatorKind kind_with(ConvolutionDirection direction) {
  OperatorKind kind;
  kind.name = kind_of(direction);
  const std::int64_t one = 1, none = 0;
  kind.attributes = {{"stride", "pixels from one window to the next", one},
                     {"dilation", "pixels from one weight to the next", one},
                     {"groups", "of channels that do not see each other", one},
                     {"pad_top", "rows of zeros above", none},
                     {"pad_left", "columns of zeros on the left", none},
                     {"pad_bottom", "rows of zeros below", none},
                     {"pad_right", "columns of zeros on the right", none}};
  kind.macs = [direction](const Call& call) { return convolution_sizes(call, direction).macs(); };
  kind.work = [direction](const Call& call) {
    return streaming_work(call, 2 * convolution_sizes(call, direction).macs());
  };
  kind.reference = [direction](const Call& call, const RunScalars&, std::span<const Values> inputs,
                               std::span<Values> results) {
    convolution_reference(call, direction, inputs, results[0]);
  };
  kind.projected = [direction](const Call& call, std::span<const Values> inputs,
                               const Values& weights) {
    return convolution_projected(call, direction, inputs, weights);
  };
  kind.examples = convolution_examples(direction);
  return kind;
}

OperatorKind forward() {
  OperatorKind kind = kind_with(ConvolutionDirection::forward);
  kind.summary = "y = activation(x convolved with weights, + bias), images as NHWC";
  kind.attributes.push_back(activation_rule());
  kind.outputs = forward_outputs;
  kind.gradient = gradient;
  kind.differentiable = {0, 1, 2};
  return kind;
}

OperatorKind backward_data() {
  OperatorKind kind = kind_with(ConvolutionDirection::backward_data);
  kind.summary = "gradient of a convolution's input from dy and weights";
  kind.attributes.push_back({"height", "of the input", std::int64_t{0}});
  kind.attributes.push_back({"width", "of the input", std::int64_t{0}});
  kind.outputs = data_outputs;
  return kind;
}

OperatorKind backward_weights() {
  OperatorKind kind = kind_with(ConvolutionDirection::backward_weights);
  kind.summary = "gradient of a convolution's weights from x and dy";
  kind.attributes.push_back({"kernel_height", "of the weights", std::int64_t{1}});
  kind.attributes.push_back({"kernel_width", "of the weights", std::int64_t{1}});
  kind.outputs = weights_outputs;
  return kind;
}

const KindRegistration registration([] {
  return std::vector{forward(), backward_data(), backward_weights()};
});

}  // namespace

ConvolutionSizes convolution_sizes(const Call& call, ConvolutionDirection direction) {
  const Shape &first = call.inputs[0].shape, &second = call.inputs[1].shape,
              &result = call.outputs[0].shape;
  switch (direction) {
    case ConvolutionDirection::forward:
      return sizes_of(call, first, second, result);
    case ConvolutionDirection::backward_data:
      return sizes_of(call, result, second, first);
    default:
      return sizes_of(call, first, result, second);
  }
}

}  // namespace motley::workloads
