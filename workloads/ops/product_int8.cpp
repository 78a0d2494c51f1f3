// y = a_scale * scale[channel] * (8-bit integers x 8-bit integers), as quantized networks infer:
// the kinds matmul_int8 and conv2d_int8. Nothing is clipped; sums are exact.
#include "workloads/ops/product_int8.hpp"

#include <array>
#include <fmt/format.h>

#include "harness/error.hpp"
#include "workloads/ops/conv2d_reference.hpp"

namespace motley::workloads::int8 {
namespace {

constexpr double scale_by_default = 1.0 / 127;

void need_types(const Call& call, const char* what) {
  if (call.inputs.size() != 3) {
    throw Error(fmt::format("takes {} and a scale, not {} tensors. Give all three.", what,
                            call.inputs.size()));
  }
  const DataType wanted[] = {DataType::i8, DataType::i8, DataType::f32};
  for (std::size_t i = 0; i < 3; ++i) {
    if (call.inputs[i].dtype == wanted[i]) continue;
    throw Error(fmt::format("input {} is {} (it must be {}). Convert it.", i,
                            to_string(call.inputs[i]), to_string(wanted[i])));
  }
}

/// Of so many products of two bytes the sum is sure to be exact in 32 bits.
constexpr std::int64_t most_products = (std::int64_t{1} << 31) / (128 * 128);

void need_exact_sums(std::int64_t products) {
  if (products < most_products) return;
  throw Error(fmt::format("sums of {} products (32 bits hold {} for certain). Split the operands.",
                          products, most_products - 1));
}

void need_scale(const Call& call, std::int64_t channels) {
  if (call.inputs[2].shape == Shape{channels}) return;
  throw Error(fmt::format("a scale {} for {} channels (it needs one value for each). Change it.",
                          to_string(call.inputs[2]), channels));
}

std::vector<TensorType> matmul_outputs(const Call& call) {
  need_types(call, "two matrices");
  const Shape &a = call.inputs[0].shape, &b = call.inputs[1].shape;
  if (a.size() < 2 || b.size() != 2 || a.back() != b[0]) {
    throw Error(
        fmt::format("{} x {} (the first needs rows as long as the second has, which is one "
                    "matrix). Reshape one.",
                    to_string(call.inputs[0]), to_string(call.inputs[1])));
  }
  need_scale(call, b[1]);
  need_exact_sums(b[0]);
  Shape shape = a;
  shape.back() = b[1];
  return {{shape}};
}

std::vector<TensorType> convolution_outputs(const Call& call) {
  need_types(call, "images, weights");
  const TensorType y = convolution_of(call).outputs[0];
  need_scale(call, y.shape[3]);
  const Shape& weights = call.inputs[1].shape;
  need_exact_sums(weights[0] * weights[1] * weights[2]);
  return {y};
}

/// Both scales multiplied into the weights.
std::vector<Values> scaled(const Call& call, std::span<const Values> inputs) {
  std::vector<Values> result(inputs.begin(), inputs.begin() + 2);
  for (std::size_t i = 0; i < result[1].size(); ++i) {
    result[1][i] *= call.number("a_scale") * inputs[2][i % inputs[2].size()];
  }
  return result;
}

Content content(const Call&, std::size_t input) {
  if (input == 2) return {Content::Kind::uniform, 0.001, 0.02};
  return {Content::Kind::uniform, -127.49, 127.49};  // rounded: -127 to 127
}

OperatorKind kind_of_int8(const std::string& name) {
  OperatorKind kind;
  kind.name = name;
  kind.macs = [](const Call& call) { return sizes_of(call).macs(); };
  kind.work = [](const Call& call) { return streaming_work(call, 2 * sizes_of(call).macs()); };
  kind.reference = [](const Call& call, const RunScalars&, std::span<const Values> inputs,
                      std::span<Values> results) {
    convolution_reference(convolution_of(call), ConvolutionDirection::forward, scaled(call, inputs),
                          results[0]);
  };
  kind.projected = [](const Call& call, std::span<const Values> inputs, const Values& weights) {
    return convolution_projected(convolution_of(call), ConvolutionDirection::forward,
                                 scaled(call, inputs), weights);
  };
  kind.content = content;
  kind.tolerance = 1e-6;  // sums are exact: only the scaling rounds
  return kind;
}

Example example_of(Attributes attributes, Shape a, Shape b) {
  const std::int64_t channels = b.back();
  return {std::move(attributes),
          {{std::move(a), DataType::i8}, {std::move(b), DataType::i8}, {{channels}}}};
}

OperatorKind matmul_int8() {
  OperatorKind kind = kind_of_int8("matmul_int8");
  kind.summary = "y = a_scale * scale * (a x b), of 8-bit integers a [..., m, k] and b [k, n]";
  kind.attributes = {{"a_scale", "what one step of a is worth", scale_by_default}};
  kind.outputs = matmul_outputs;
  const std::vector<std::pair<Shape, Shape>> shapes = {
      {{1, 1}, {1, 1}},         {{3, 5}, {5, 7}},     {{2, 3, 4}, {4, 16}},
      {{13, 63}, {63, 33}},     {{14, 64}, {64, 32}}, {{15, 65}, {65, 31}},
      {{29, 130}, {130, 70}},   {{6, 2}, {2, 8}},     {{70, 300}, {300, 100}},
      {{1, 1000}, {1000, 129}}, {{40, 1}, {1, 1100}}};
  for (const auto& [a, b] : shapes) kind.examples.push_back(example_of({}, a, b));
  return kind;
}

Attributes attributes_of(std::int64_t stride, std::int64_t dilation,
                         const std::array<std::int64_t, 4>& pads) {
  return {{"stride", stride},    {"dilation", dilation},  {"pad_top", pads[0]},
          {"pad_left", pads[1]}, {"pad_bottom", pads[2]}, {"pad_right", pads[3]}};
}

OperatorKind conv2d_int8() {
  OperatorKind kind = kind_of_int8("conv2d_int8");
  kind.summary = "y = a_scale * scale * (x convolved with weights), of 8-bit integers as NHWC";
  const std::int64_t one = 1, none = 0;
  kind.attributes = {{"stride", "pixels from one window to the next", one},
                     {"dilation", "pixels from one weight to the next", one},
                     {"pad_top", "rows of zeros above", none},
                     {"pad_left", "columns of zeros on the left", none},
                     {"pad_bottom", "rows of zeros below", none},
                     {"pad_right", "columns of zeros on the right", none},
                     {"a_scale", "what one step of x is worth", scale_by_default}};
  kind.outputs = convolution_outputs;
  kind.examples = {example_of(attributes_of(1, 1, {0, 0, 0, 0}), {1, 1, 1, 1}, {1, 1, 1, 1}),
                   example_of(attributes_of(1, 1, {1, 1, 1, 1}), {2, 6, 5, 4}, {3, 3, 4, 16}),
                   example_of(attributes_of(2, 1, {0, 1, 1, 0}), {1, 9, 8, 5}, {3, 2, 5, 7}),
                   example_of(attributes_of(1, 2, {2, 2, 2, 1}), {1, 8, 7, 3}, {3, 3, 3, 8}),
                   example_of(attributes_of(1, 1, {2, 2, 2, 2}), {1, 4, 4, 2}, {5, 5, 2, 3}),
                   example_of(attributes_of(1, 1, {1, 1, 1, 1}), {1, 9, 11, 64}, {3, 3, 64, 40}),
                   example_of(attributes_of(2, 1, {3, 3, 3, 3}), {1, 21, 21, 3}, {7, 7, 3, 24}),
                   example_of(attributes_of(1, 1, {0, 0, 0, 0}), {3, 5, 7, 96}, {1, 1, 96, 24})};
  return kind;
}

const KindRegistration registration([] { return std::vector{matmul_int8(), conv2d_int8()}; });

}  // namespace

Call convolution_of(const Call& call) {
  Attributes attributes = call.attributes;
  attributes.erase("a_scale");
  Shape x = call.inputs[0].shape, weights = call.inputs[1].shape;
  if (attributes.empty()) {
    const std::int64_t k = x.back();
    x = {1, call.inputs[0].elements() / k, 1, k};
    weights = {1, 1, weights[0], weights[1]};
  }
  return make_call(operator_kind("conv2d"), std::move(attributes), {{x}, {weights}});
}

ConvolutionSizes sizes_of(const Call& call) {
  return convolution_sizes(convolution_of(call), ConvolutionDirection::forward);
}

std::string needs_plain(const Call& call) {
  for (const TensorType& input : call.inputs) {
    if (input.layout != Layout::plain) {
      return to_string(input) + " is not plain. Convert its layout.";
    }
  }
  return "";
}

}  // namespace motley::workloads::int8
