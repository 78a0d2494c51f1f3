// What is left of each window of an image: its largest element or its average. A largest element
// that occurs twice passes its gradient to the first, row by row. An average divides by the
// elements of its window that lie in the image, with `count_pads` by those in the padding too; what
// hangs over the padding (ceil) never counts. That is PyTorch's rule.
#include "workloads/ops/pooling.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

#include "harness/error.hpp"
#include "workloads/graph/differentiate.hpp"

namespace motley::workloads {
namespace {

/// Elements that lie in [-before, n + after) of a window that begins at `first`.
std::int64_t covered(std::int64_t first, std::int64_t window, std::int64_t n, std::int64_t before,
                     std::int64_t after) {
  return std::min(first + window, n + after) - std::max(first, -before);
}

}  // namespace

std::int64_t PoolingSizes::divisor(std::int64_t y, std::int64_t x) const {
  const std::int64_t pads = count_pads ? 1 : 0;
  return covered(y * stride - pad_top, window, height, pads * pad_top, pads * pad_bottom) *
         covered(x * stride - pad_left, window, width, pads * pad_left, pads * pad_right);
}

PoolingSizes pooling_sizes(const Call& call, bool backward) {
  const Shape& x = backward ? call.outputs[0].shape : call.inputs[0].shape;
  const Shape& y = backward ? call.inputs[0].shape : call.outputs[0].shape;
  return {x[0],
          x[1],
          x[2],
          x[3],
          y[1],
          y[2],
          call.integer("window"),
          call.integer("stride"),
          call.integer("pad_top"),
          call.integer("pad_left"),
          call.integer("pad_bottom"),
          call.integer("pad_right"),
          call.attributes.count("count_pads") != 0 && call.integer("count_pads") != 0};
}

namespace {

/// With `ceil` a last window may hang over the padding, but must begin before its end.
std::int64_t out_extent(const Call& call, std::int64_t in, const char* before, const char* after) {
  const std::int64_t window = call.integer("window"), stride = call.integer("stride");
  const std::int64_t pads[] = {call.integer(before), call.integer(after)};
  for (const std::int64_t pad : pads) {
    if (pad < 0 || pad >= window) {
      throw Error(
          fmt::format("padding {} at a window of {} (a window must see at least one pixel, "
                      "so 0 to {} are possible). Lower it.",
                      pad, window, window - 1));
    }
  }
  const std::int64_t room = in + pads[0] + pads[1] - window;
  if (room < 0) {
    throw Error(
        fmt::format("a window of {} pixels on {} with padding (it does not fit once). Use "
                    "a larger input or a smaller window.",
                    window, in + pads[0] + pads[1]));
  }
  std::int64_t out = room / stride + 1;
  if (call.integer("ceil") != 0) {
    out = (room + stride - 1) / stride + 1;
    if ((out - 1) * stride >= in + pads[0]) --out;
  }
  return out;
}

Shape out_shape(const Call& call, const TensorType& x) {
  if (x.shape.size() != 4) {
    throw Error(
        fmt::format("{} has {} axes (images [batch, height, width, channels] are needed). "
                    "Reshape it.",
                    to_string(x), x.shape.size()));
  }
  for (const char* name : {"window", "stride"}) {
    if (call.integer(name) < 1) {
      throw Error(fmt::format("{} is {} (1 is the least). Raise it.", name, call.integer(name)));
    }
  }
  return {x.shape[0], out_extent(call, x.shape[1], "pad_top", "pad_bottom"),
          out_extent(call, x.shape[2], "pad_left", "pad_right"), x.shape[3]};
}

void need_count(const Call& call, std::size_t count) {
  if (call.inputs.size() == count) return;
  throw Error(fmt::format("takes {} tensors, not {}. Give that many.", count, call.inputs.size()));
}

std::vector<TensorType> forward_outputs(const Call& call) {
  need_count(call, 1);
  TensorType y = call.inputs[0];
  y.shape = out_shape(call, y);
  return {y};
}

void need_out_shape(const Call& call, const TensorType& x, const TensorType& dy) {
  const Shape expected = out_shape(call, x);
  if (dy.shape == expected) return;
  throw Error(
      fmt::format("the output's gradient is {} (it must have the output's shape, {}). "
                  "Reshape it.",
                  to_string(dy), to_string(TensorType{expected})));
}

/// Calls visit(element of x, element of y) for all that meet, window by window, row by row.
template <class F>
void for_each_meeting(const PoolingSizes& s, F visit) {
  for (std::int64_t out = 0; out < s.batch * s.out_height * s.out_width; ++out) {
    const std::int64_t image = out / (s.out_height * s.out_width);
    const std::int64_t top = out / s.out_width % s.out_height * s.stride - s.pad_top;
    const std::int64_t left = out % s.out_width * s.stride - s.pad_left;
    for (std::int64_t i = 0; i < s.window * s.window; ++i) {
      const std::int64_t y = top + i / s.window, x = left + i % s.window;
      if (y < 0 || y >= s.height || x < 0 || x >= s.width) continue;
      const std::int64_t in = (image * s.height + y) * s.width + x;
      for (std::int64_t c = 0; c < s.channels; ++c) {
        visit(std::size_t(in * s.channels + c), std::size_t(out * s.channels + c));
      }
    }
  }
}

/// Element by element, unlike PoolingSizes::divisor, which it is to check.
double divisor_of(const PoolingSizes& s, std::size_t y) {
  const std::int64_t out = std::int64_t(y) / s.channels;
  const std::int64_t top = out / s.out_width % s.out_height * s.stride - s.pad_top;
  const std::int64_t left = out % s.out_width * s.stride - s.pad_left;
  double count = 0;
  for (std::int64_t i = 0; i < s.window * s.window; ++i) {
    const std::int64_t row = top + i / s.window, column = left + i % s.window;
    const bool is_image = row >= 0 && row < s.height && column >= 0 && column < s.width;
    const bool hangs_over = row >= s.height + s.pad_bottom || column >= s.width + s.pad_right;
    if (is_image || (s.count_pads && !hangs_over)) ++count;
  }
  return count;
}

void max_reference(const Call& call, const RunScalars&, std::span<const Values> inputs,
                   std::span<Values> results) {
  for (double& y : results[0]) y = -std::numeric_limits<double>::infinity();
  for_each_meeting(pooling_sizes(call, false), [&](std::size_t x, std::size_t y) {
    const double v = inputs[0][x];
    if (v > results[0][y] || std::isnan(v)) results[0][y] = v;
  });
}

void max_backward_reference(const Call& call, const RunScalars&, std::span<const Values> inputs,
                            std::span<Values> results) {
  for (double& dx : results[0]) dx = 0;
  std::vector<bool> passed(inputs[0].size());
  for_each_meeting(pooling_sizes(call, true), [&](std::size_t x, std::size_t y) {
    if (passed[y] || inputs[1][x] != inputs[2][y]) return;
    passed[y] = true;
    results[0][x] += inputs[0][y];
  });
}

void average_reference(const Call& call, const RunScalars&, std::span<const Values> inputs,
                       std::span<Values> results) {
  const PoolingSizes s = pooling_sizes(call, false);
  for (double& y : results[0]) y = 0;
  for_each_meeting(s, [&](std::size_t x, std::size_t y) { results[0][y] += inputs[0][x]; });
  for (std::size_t y = 0; y < results[0].size(); ++y) results[0][y] /= divisor_of(s, y);
}

void average_backward_reference(const Call& call, const RunScalars&, std::span<const Values> inputs,
                                std::span<Values> results) {
  const PoolingSizes s = pooling_sizes(call, true);
  for (double& dx : results[0]) dx = 0;
  for_each_meeting(
      s, [&](std::size_t x, std::size_t y) { results[0][x] += inputs[0][y] / divisor_of(s, y); });
}

struct Small {
  Shape x;
  std::int64_t window, stride, pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0, ceil = 0;
};

std::vector<Small> small() {
  return {{{1, 1, 1, 1}, 1, 1},
          {{2, 6, 4, 3}, 2, 2},
          {{1, 7, 5, 17}, 2, 2, 0, 0, 0, 0, 1},
          {{1, 7, 8, 16}, 3, 2, 1, 1, 1, 1},
          {{2, 5, 5, 9}, 3, 1, 1, 0, 0, 2},
          {{1, 8, 9, 4}, 2, 3, 0, 1, 1, 0, 1},
          {{1, 6, 6, 33}, 3, 3, 2, 1, 0, 2, 1},
          {{3, 12, 10, 40}, 3, 2, 0, 0, 0, 0, 1},
          {{8, 24, 24, 20}, 2, 2}};
}

std::vector<Example> examples(bool average, bool backward) {
  std::vector<Example> all;
  for (const Small& one : small()) {
    Attributes attributes = {
        {"window", one.window},     {"stride", one.stride},         {"pad_top", one.pad_top},
        {"pad_left", one.pad_left}, {"pad_bottom", one.pad_bottom}, {"pad_right", one.pad_right},
        {"ceil", one.ceil}};
    if (average) attributes["count_pads"] = one.x[3] % 2;
    Example example{attributes, {{one.x}}};
    if (backward) {
      Call call{attributes, {{one.x}}, {}, {}};
      const TensorType y{out_shape(call, call.inputs[0])};
      if (average) {
        example.attributes["height"] = one.x[1];
        example.attributes["width"] = one.x[2];
        example.inputs = {y};
      } else {
        example.inputs = {y, {one.x}, y};
      }
    }
    all.push_back(std::move(example));
  }
  return all;
}

OperatorKind kind_with(const std::string& name, bool average, bool backward) {
  OperatorKind kind;
  kind.name = name;
  const std::int64_t none = 0;
  kind.attributes = {{"window", "pixels on a side", std::int64_t{2}},
                     {"stride", "pixels from one window to the next", std::int64_t{2}},
                     {"pad_top", "rows that hold nothing above", none},
                     {"pad_left", "columns that hold nothing on the left", none},
                     {"pad_bottom", "rows that hold nothing below", none},
                     {"pad_right", "columns that hold nothing on the right", none},
                     {"ceil", "1: a last window may hang over the padding", none}};
  if (average) {
    kind.attributes.push_back({"count_pads", "1: padding counts in the average, as 0", none});
  }
  kind.work = [backward](const Call& call) {
    const PoolingSizes s = pooling_sizes(call, backward);
    const TensorType& y = backward ? call.inputs[0] : call.outputs[0];
    return streaming_work(call, double(y.elements()) * double(s.window * s.window));
  };
  kind.examples = examples(average, backward);
  return kind;
}

OperatorKind max_pool() {
  OperatorKind kind = kind_with("max_pool", false, false);
  kind.summary = "y = the largest element of each window";
  kind.outputs = forward_outputs;
  kind.reference = max_reference;
  kind.gradient = [](GradientRule& rule) {
    rule.set(0, rule.add("max_pool_backward", "backward_data",
                         {rule.output_gradient(), rule.input(0), rule.output()},
                         rule.forward().attributes, Phase::backward_data)
                    .front());
  };
  kind.differentiable = {0};
  return kind;
}

OperatorKind max_pool_backward() {
  OperatorKind kind = kind_with("max_pool_backward", false, true);
  kind.summary = "dx = dy of each window whose y is first found here";
  kind.outputs = [](const Call& call) -> std::vector<TensorType> {
    need_count(call, 3);
    for (const std::size_t i : {0u, 2u}) need_out_shape(call, call.inputs[1], call.inputs[i]);
    return {call.inputs[1]};
  };
  kind.reference = max_backward_reference;
  // Few values, so that x and y, which are random here, meet; often more than once in a window.
  kind.content = [](const Call&, std::size_t i) {
    return i == 0 ? Content{} : Content{Content::Kind::index, 0, 3};
  };
  return kind;
}

OperatorKind average_pool() {
  OperatorKind kind = kind_with("average_pool", true, false);
  kind.summary = "y = the average of each window's elements";
  kind.outputs = forward_outputs;
  kind.reference = average_reference;
  kind.gradient = [](GradientRule& rule) {
    Attributes attributes = rule.forward().attributes;
    attributes["height"] = rule.call().inputs[0].shape[1];
    attributes["width"] = rule.call().inputs[0].shape[2];
    rule.set(0, rule.add("average_pool_backward", "backward_data", {rule.output_gradient()},
                         attributes, Phase::backward_data)
                    .front());
  };
  kind.differentiable = {0};
  return kind;
}

OperatorKind average_pool_backward() {
  OperatorKind kind = kind_with("average_pool_backward", true, true);
  kind.summary = "dx = the sum of dy over the windows that a pixel lies in, each by its divisor";
  kind.attributes.push_back({"height", "of the input", std::int64_t{0}});
  kind.attributes.push_back({"width", "of the input", std::int64_t{0}});
  kind.outputs = [](const Call& call) -> std::vector<TensorType> {
    need_count(call, 1);
    TensorType x = call.inputs[0];
    if (x.shape.size() == 4) {
      x.shape[1] = call.integer("height");
      x.shape[2] = call.integer("width");
    }
    need_out_shape(call, x, call.inputs[0]);
    return {x};
  };
  kind.reference = average_backward_reference;
  return kind;
}

const KindRegistration registration([] {
  return std::vector{max_pool(), max_pool_backward(), average_pool(), average_pool_backward()};
});

}  // namespace
}  // namespace motley::workloads
