// The same numbers in another order: between NHWC (plain), NCHW, NC4HW4 and the rows of an RGBA
// image. What a framework pays whenever a tensor passes from one processor's favourite layout to
// another's.
#include <algorithm>

#include "harness/error.hpp"
#include "workloads/graph/differentiate.hpp"
#include "workloads/ops/strided_copy.hpp"

namespace motley::workloads {
namespace {

constexpr Layout layouts[] = {Layout::plain, Layout::nchw, Layout::nc4hw4, Layout::image2d};

Layout layout_from(const std::string& name) {
  for (const Layout layout : layouts) {
    if (to_string(layout) == name) return layout;
  }
  throw UnknownName("layout", name, {"plain", "nchw", "nc4hw4", "image2d"});
}

std::vector<TensorType> outputs(const Call& call) {
  if (call.inputs.size() != 1 || call.inputs[0].shape.size() != 4) {
    throw Error("takes one image [batch, height, width, channels]. Reshape the tensor.");
  }
  TensorType result = call.inputs[0];
  result.layout = layout_from(call.text("to"));
  return {result};
}

/// Elements between neighbours along [image, row, column, group of four channels, channel].
Shape steps(const TensorType& type) {
  const std::int64_t height = type.shape[1], width = type.shape[2], channels = type.shape[3];
  const std::int64_t pixels = height * width, groups = divide_up(channels, 4);
  switch (type.layout) {
    case Layout::plain:
      return {pixels * channels, width * channels, channels, 4, 1};
    case Layout::nchw:
      return {pixels * channels, width, 1, 4 * pixels, pixels};
    case Layout::nc4hw4:
      return {groups * pixels * 4, width * 4, 4, pixels * 4, 1};
    case Layout::image2d:
      return {groups * pixels * 4, groups * width * 4, 4, width * 4, 1};
  }
  throw Error("a layout without an order of its elements (it cannot be converted). Name another.");
}

/// Of the channels from group `first` on, `groups` groups of `channels` each; the output is written
/// in the order in which it lies.
StridedCopy part(const Call& call, std::int64_t first, std::int64_t groups, std::int64_t channels) {
  const Shape& shape = call.inputs[0].shape;
  const Shape sizes = {shape[0], shape[1], shape[2], groups, channels};
  const Shape from = steps(call.inputs[0]), to = steps(call.outputs[0]);
  std::vector<std::size_t> order = {0, 1, 2, 3, 4};
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return to[a] > to[b]; });
  StridedCopy copy;
  copy.from_offset = first * from[3];
  copy.to_offset = first * to[3];
  for (const std::size_t axis : order) {
    copy.sizes.push_back(sizes[axis]);
    copy.from_strides.push_back(from[axis]);
    copy.to_strides.push_back(to[axis]);
  }
  return copy;
}

Lowered lower(const Call& call, Processor& processor, const schema::Parameters& tuning) {
  const std::int64_t channels = call.inputs[0].shape[3];
  const std::int64_t groups = channels / 4, left = channels % 4;
  const auto stored = std::int64_t(call.outputs[0].bytes() / sizeof(float));
  Lowered lowered;
  const auto copy = [&](std::int64_t first, std::int64_t count, std::int64_t each) {
    if (count * each == 0) return;
    copy_strided(lowered, processor, tuning, Input{0}, Output{0}, part(call, first, count, each));
  };
  if (stored > call.outputs[0].elements()) {
    fill_zero(lowered, processor, tuning, Output{0}, stored);
  }
  copy(0, groups, 4);
  copy(groups, 1, left);
  return lowered;
}

std::vector<Example> examples() {
  std::vector<Example> all;
  const Shape shapes[] = {{1, 1, 1, 1}, {2, 3, 5, 7}, {1, 1, 37, 16}, {3, 4, 4, 6}};
  for (const Shape& shape : shapes) {
    for (const Layout from : layouts) {
      for (const Layout to : layouts) {
        all.push_back({{{"to", to_string(to)}}, {{shape, DataType::f32, from}}});
      }
    }
  }
  return all;
}

OperatorKind kind() {
  OperatorKind result;
  result.name = "convert_layout";
  result.summary = "The same image in the layout `to`";
  result.attributes = {{"to", "plain (NHWC), nchw, nc4hw4 or image2d", std::string("nchw")}};
  result.outputs = outputs;
  result.work = [](const Call& call) { return streaming_work(call, 0); };
  result.reference = [](const Call&, const RunScalars&, std::span<const Values> inputs,
                        std::span<Values> results) { results[0] = inputs[0]; };
  result.gradient = [](GradientRule& rule) {
    rule.set(0, rule.add("convert_layout", "backward", {rule.output_gradient()},
                         {{"to", to_string(rule.call().inputs[0].layout)}}, Phase::backward_data)
                    .front());
  };
  result.differentiable = {0};
  result.examples = examples();
  return result;
}

const KindRegistration registration([] { return std::vector{kind()}; });
Implementation implementation(const char* name, const char* summary) {
  Implementation one;
  one.name = name;
  one.summary = summary;
  one.unsupported = [](const Call& call, Processor&) -> std::string {
    return call.inputs[0].dtype == DataType::f32 ? "" : "converts f32 only";
  };
  one.lower = lower;
  return one;
}

const ImplementationRegistration simd("convert_layout", [] {
  return implementation("simd", "Blocks of cache lines, all threads");
});
const ImplementationRegistration opencl("convert_layout", [] {
  Implementation one = implementation("opencl", "A vector for each work-item");
  one.tunings = [](const Call&, Processor& processor, Tier tier) {
    return vector_widths(processor, tier);
  };
  return one;
});

}  // namespace
}  // namespace motley::workloads
