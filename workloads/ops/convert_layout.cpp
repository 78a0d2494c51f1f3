// The same numbers in another order: between NHWC (plain), NCHW and NC4HW4. What a framework pays
// whenever a tensor passes from one processor's favourite layout to another's.
#include <fmt/format.h>

#include "harness/error.hpp"
#include "workloads/graph/differentiate.hpp"
#include "workloads/graph/values.hpp"

namespace motley::workloads {
namespace {

constexpr Layout layouts[] = {Layout::plain, Layout::nchw, Layout::nc4hw4};

Layout layout_from(const std::string& name) {
  for (const Layout layout : layouts) {
    if (to_string(layout) == name) return layout;
  }
  throw UnknownName("layout", name, {"plain", "nchw", "nc4hw4"});
}

std::vector<TensorType> outputs(const Call& call) {
  if (call.inputs.size() != 1 || call.inputs[0].shape.size() != 4) {
    throw Error("takes one image [batch, height, width, channels]. Reshape the tensor.");
  }
  TensorType result = call.inputs[0];
  result.layout = layout_from(call.text("to"));
  return {result};
}

/// Elements between neighbours along n, pixel, group of channels, and channel of a group: place =
/// n * image + pixel * pixel_step + (c / group) * group_step + c % group * channel_step.
struct Steps {
  std::int32_t image, pixel, group_step, channel, group;
};
Steps steps(const TensorType& type) {
  const auto channels = static_cast<std::int32_t>(type.shape[3]);
  const auto pixels = static_cast<std::int32_t>(type.shape[1] * type.shape[2]);
  const std::int32_t groups = (channels + 3) / 4;
  if (type.layout == Layout::nchw) return {pixels * channels, 1, 0, pixels, channels};
  if (type.layout == Layout::nc4hw4) return {pixels * groups * 4, 4, pixels * 4, 1, 4};
  return {pixels * channels, channels, 0, 1, channels};
}

/// Work is divided over the output's places in memory order; fillings become zero.
constexpr const char* source = R"(
inline int place(int4 steps, int group, int n, int pixel, int c) {
  return n * steps.x + pixel * steps.y + c / group * steps.z + c % group * steps.w;
}
kernel void convert_layout(global const float* from, global float* to, int4 from_steps,
                           int from_group, int4 to_steps, int to_group, int pixels, int channels,
                           int padded) {
  const int i = get_global_id(0);
  const int c = i % padded;
  const int pixel = i / padded % pixels;
  const int n = i / padded / pixels;
  to[place(to_steps, to_group, n, pixel, c)] =
      c < channels ? from[place(from_steps, from_group, n, pixel, c)] : 0.0f;
}
)";

struct Int4 {
  std::int32_t x, y, z, w;
};

struct Conversion {
  Steps from, to;
  std::int64_t images, pixels, channels, padded;
};

Conversion conversion(const Call& call) {
  const Shape& shape = call.inputs[0].shape;
  const bool filled = call.outputs[0].layout == Layout::nc4hw4;
  return {steps(call.inputs[0]),
          steps(call.outputs[0]),
          shape[0],
          shape[1] * shape[2],
          shape[3],
          filled ? (shape[3] + 3) / 4 * 4 : shape[3]};
}

std::int64_t place(const Steps& s, std::int64_t n, std::int64_t pixel, std::int64_t c) {
  return n * s.image + pixel * s.pixel + c / s.group * s.group_step + c % s.group * s.channel;
}

void convert(const CpuTask& task, const Conversion& one) {
  const float* from = task.buffer<float>(0);
  float* to = task.buffer<float>(1);
  const auto [begin, end] = task.share(one.images * one.pixels, 16);
  for (std::int64_t i = begin; i < end; ++i) {
    const std::int64_t n = i / one.pixels, pixel = i % one.pixels;
    for (std::int64_t c = 0; c < one.padded; ++c) {
      to[place(one.to, n, pixel, c)] = c < one.channels ? from[place(one.from, n, pixel, c)] : 0;
    }
  }
}

Lowered lower(const Call& call) {
  const Conversion one = conversion(call);
  Launch launch;
  launch.kernel = {"convert_layout",
                   [one](const CpuTask& task) { convert(task, one); },
                   {source, "convert_layout", ""},
                   one.images * one.pixels < 4096 ? 1u : 0u};
  launch.range = range(static_cast<std::size_t>(one.images * one.pixels * one.padded));
  const auto packed = [](const Steps& s) {
    return constant(Int4{s.image, s.pixel, s.group_step, s.channel});
  };
  const auto number = [](std::int64_t value) { return constant(static_cast<std::int32_t>(value)); };
  launch.operands = {Input{0},           Output{0},
                     packed(one.from),   constant(one.from.group),
                     packed(one.to),     constant(one.to.group),
                     number(one.pixels), number(one.channels),
                     number(one.padded)};
  return {{launch}, {}, {}, {}};
}

Implementation implementation(const char* name) {
  Implementation result;
  result.name = name;
  result.summary = "One element at a time";
  result.unsupported = [](const Call& call, Processor&) -> std::string {
    return call.inputs[0].dtype == DataType::f32 ? "" : "converts f32 only";
  };
  result.lower = [](const Call& call, Processor&, const schema::Parameters&) {
    return lower(call);
  };
  return result;
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
  result.attributes = {{"to", "plain (NHWC), nchw or nc4hw4", std::string("nchw")}};
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
const ImplementationRegistration simd("convert_layout", [] { return implementation("simd"); });
const ImplementationRegistration opencl("convert_layout", [] { return implementation("opencl"); });

}  // namespace
}  // namespace motley::workloads
