// The average of each channel over a whole image, and its gradient: one value for all pixels.
#include <fmt/format.h>

#include "harness/error.hpp"
#include "workloads/graph/differentiate.hpp"

namespace motley::workloads {
namespace {

void global_reference(const Call& call, const RunScalars&, std::span<const Values> inputs,
                      std::span<Values> results) {
  const Shape& x = call.inputs[0].shape;
  const std::size_t channels = std::size_t(x[3]), pixels = std::size_t(x[1] * x[2]);
  for (double& y : results[0]) y = 0;
  for (std::size_t i = 0; i < inputs[0].size(); ++i) {
    results[0][i / (pixels * channels) * channels + i % channels] += inputs[0][i] / double(pixels);
  }
}

void backward_reference(const Call& call, const RunScalars&, std::span<const Values> inputs,
                        std::span<Values> results) {
  const Shape& x = call.outputs[0].shape;
  const std::size_t channels = std::size_t(x[3]), pixels = std::size_t(x[1] * x[2]);
  for (std::size_t i = 0; i < results[0].size(); ++i) {
    results[0][i] = inputs[0][i / (pixels * channels) * channels + i % channels] / double(pixels);
  }
}

const std::vector<Shape> shapes = {{1, 1, 1, 1},  {2, 3, 5, 7},   {1, 7, 7, 33},
                                   {3, 8, 8, 16}, {1, 14, 3, 64}, {4, 56, 56, 20}};

OperatorKind forward() {
  OperatorKind kind;
  kind.name = "global_average_pool";
  kind.summary = "y[n, c] = the average of x[n, :, :, c]";
  kind.outputs = [](const Call& call) -> std::vector<TensorType> {
    if (call.inputs.size() != 1 || call.inputs[0].shape.size() != 4) {
      throw Error("takes one image [batch, height, width, channels]. Reshape it.");
    }
    TensorType y = call.inputs[0];
    y.shape = {y.shape[0], y.shape[3]};
    return {y};
  };
  kind.work = [](const Call& call) {
    return streaming_work(call, double(call.inputs[0].elements()));
  };
  kind.reference = global_reference;
  kind.gradient = [](GradientRule& rule) {
    const Shape& x = rule.call().inputs[0].shape;
    rule.set(0, rule.add("global_average_pool_backward", "backward_data", {rule.output_gradient()},
                         {{"height", x[1]}, {"width", x[2]}}, Phase::backward_data)
                    .front());
  };
  kind.differentiable = {0};
  for (const Shape& x : shapes) kind.examples.push_back({{}, {{x}}});
  return kind;
}

OperatorKind backward() {
  OperatorKind kind;
  kind.name = "global_average_pool_backward";
  kind.summary = "dx[n, :, :, c] = dy[n, c] / (height width)";
  kind.attributes = {{"height", "of the input", std::int64_t{1}},
                     {"width", "of the input", std::int64_t{1}}};
  kind.outputs = [](const Call& call) -> std::vector<TensorType> {
    if (call.inputs.size() != 1 || call.inputs[0].shape.size() != 2) {
      throw Error("takes one tensor [batch, channels]. Reshape it.");
    }
    const std::int64_t height = call.integer("height"), width = call.integer("width");
    if (height < 1 || width < 1) {
      throw Error(
          fmt::format("an image of {} x {} pixels (1 x 1 is the least). Give its height "
                      "and width.",
                      height, width));
    }
    TensorType x = call.inputs[0];
    x.shape = {x.shape[0], height, width, x.shape[1]};
    return {x};
  };
  kind.work = [](const Call& call) {
    return streaming_work(call, double(call.inputs[0].elements()));
  };
  kind.reference = backward_reference;
  for (const Shape& x : shapes) {
    kind.examples.push_back({{{"height", x[1]}, {"width", x[2]}}, {{{x[0], x[3]}}}});
  }
  return kind;
}

const KindRegistration registration([] { return std::vector{forward(), backward()}; });

}  // namespace
}  // namespace motley::workloads
