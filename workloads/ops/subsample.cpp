// Every stride-th row and column of an image, without a filter: the shortcut of ResNet's option A
// (He et al., 2015). Its gradient spreads them again, with zeros between.
#include <algorithm>
#include <fmt/format.h>

#include "harness/error.hpp"
#include "workloads/graph/differentiate.hpp"
#include "workloads/ops/strided_copy.hpp"

namespace motley::workloads {
namespace {

TensorType checked(const Call& call) {
  if (call.inputs.size() != 1 || call.inputs[0].shape.size() != 4) {
    throw Error("takes one image [batch, height, width, channels]. Reshape the tensor.");
  }
  if (call.integer("stride") < 1) {
    throw Error(
        fmt::format("stride {} (it would not advance). Give at least 1.", call.integer("stride")));
  }
  return call.inputs[0];
}

std::vector<TensorType> outputs(const Call& call) {
  TensorType result = checked(call);
  for (const std::size_t k : {1, 2}) {
    result.shape[k] = divide_up(result.shape[k], call.integer("stride"));
  }
  return {result};
}

std::vector<TensorType> backward_outputs(const Call& call) {
  TensorType result = checked(call);
  const std::int64_t stride = call.integer("stride");
  const Shape small = result.shape;
  result.shape[1] = call.integer("height");
  result.shape[2] = call.integer("width");
  for (const std::size_t k : {1, 2}) {
    if (divide_up(result.shape[k], stride) == small[k]) continue;
    throw Error(
        fmt::format("{} from {} with stride {} (it would be {}). Give the forward input's "
                    "height and width.",
                    small[k], result.shape[k], stride, divide_up(result.shape[k], stride)));
  }
  return {result};
}

/// Calls f(index in the small image, in the large one).
void for_each_pair(const Shape& small, std::int64_t stride,
                   const std::function<void(const Shape&, const Shape&)>& f) {
  for_each_index(small, [&](const Shape& index) {
    f(index, {index[0], index[1] * stride, index[2] * stride, index[3]});
  });
}

void gradient(GradientRule& rule) {
  if (!rule.wanted(0)) return;
  const Shape& shape = rule.call().inputs[0].shape;
  rule.set(0, rule.add("subsample_backward", "backward", {rule.output_gradient()},
                       {{"stride", rule.call().integer("stride")},
                        {"height", shape[1]},
                        {"width", shape[2]}},
                       Phase::backward_data)
                  .front());
}

OperatorKind make_kind(bool backward) {
  OperatorKind kind;
  kind.name = backward ? "subsample_backward" : "subsample";
  kind.summary = backward ? "y[b, s i, s j, c] = x[b, i, j, c], 0 elsewhere"
                          : "y[b, i, j, c] = x[b, s i, s j, c]";
  kind.attributes = {{"stride", "s", std::int64_t{2}}};
  if (backward) {
    kind.attributes.push_back({"height", "of the output", std::int64_t{1}});
    kind.attributes.push_back({"width", "of the output", std::int64_t{1}});
  }
  kind.outputs = backward ? backward_outputs : outputs;
  kind.work = [](const Call& call) {
    schema::Work work;  // what is left out is not read
    work.bytes_written = double(call.outputs[0].bytes());
    work.bytes_read = double(std::min(call.inputs[0].bytes(), call.outputs[0].bytes()));
    return work;
  };
  kind.reference = [backward](const Call& call, const RunScalars&, std::span<const Values> inputs,
                              std::span<Values> results) {
    const Shape &in = call.inputs[0].shape, &out = call.outputs[0].shape;
    std::fill(results[0].begin(), results[0].end(), 0);
    for_each_pair(backward ? in : out, call.integer("stride"),
                  [&](const Shape& small, const Shape& large) {
                    results[0][place_of(out, backward ? large : small)] =
                        inputs[0][place_of(in, backward ? small : large)];
                  });
  };
  if (!backward) {
    kind.gradient = gradient;
    kind.differentiable = {0};
  }
  for (const std::int64_t stride : {1, 2, 3}) {
    for (const Shape& shape : {Shape{1, 1, 1, 1}, Shape{2, 6, 5, 16}, Shape{1, 7, 8, 3}}) {
      Example example{{{"stride", stride}}, {{shape}}};
      if (backward) {
        example.attributes["height"] = shape[1];
        example.attributes["width"] = shape[2];
        for (const std::size_t k : {1, 2}) {
          example.inputs[0].shape[k] = divide_up(shape[k], stride);
        }
      }
      kind.examples.push_back(std::move(example));
    }
  }
  return kind;
}

const KindRegistration registration([] { return std::vector{make_kind(false), make_kind(true)}; });

Lowered lower(const Call& call, const Processor& processor, const schema::Parameters& tuning,
              bool backward) {
  const Shape &in = call.inputs[0].shape, &out = call.outputs[0].shape;
  StridedCopy copy{backward ? in : out, strides_of(in), strides_of(out)};
  Shape& large = backward ? copy.to_strides : copy.from_strides;
  for (const std::size_t k : {1, 2}) large[k] *= call.integer("stride");
  Lowered lowered;
  if (backward) fill_zero(lowered, processor, tuning, Output{0}, call.outputs[0].elements());
  copy_strided(lowered, processor, tuning, Input{0}, Output{0}, copy);
  return lowered;
}

const BothRegistration forward("subsample", [](const Call& call, Processor& processor,
                                               const schema::Parameters& tuning) {
  return lower(call, processor, tuning, false);
});
const BothRegistration backward("subsample_backward", [](const Call& call, Processor& processor,
                                                         const schema::Parameters& tuning) {
  return lower(call, processor, tuning, true);
});

}  // namespace
}  // namespace motley::workloads
