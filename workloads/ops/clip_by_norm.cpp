// Clipping by the global norm (Pascanu et al., 2013): all gradients are scaled alike so that
// together they are no longer than a limit. One operator sums all squares, one for each gradient
// scales it in place.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "harness/error.hpp"
#include "workloads/ops/rows.hpp"

namespace motley::workloads {
namespace {

OperatorKind squared_norm() {
  OperatorKind kind;
  kind.name = "squared_norm";
  kind.summary = "the sum of the squares of all elements of all inputs";
  kind.outputs = [](const Call& call) -> std::vector<TensorType> {
    if (call.inputs.empty()) throw Error("takes at least one tensor, not 0. Give one.");
    return {{{1}, call.inputs[0].dtype}};
  };
  kind.work = [](const Call& call) {
    double elements = 0;
    for (const TensorType& input : call.inputs) elements += double(input.elements());
    return streaming_work(call, 2 * elements);
  };
  kind.reference = [](const Call&, const RunScalars&, std::span<const Values> inputs,
                      std::span<Values> results) {
    for (const Values& input : inputs) {
      for (const double value : input) results[0][0] += value * value;
    }
  };
  kind.examples = {{{}, {{{1}}}}, {{}, {{{3, 5}}, {{17}}, {{2, 5000}}}}, {{}, {{{64, 1031}}}}};
  return kind;
}

OperatorKind clip_by_norm() {
  OperatorKind kind;
  kind.name = "clip_by_norm";
  kind.summary = "g *= min(1, limit / sqrt(squared norm))";
  kind.attributes = {{"limit", "largest norm", 1.0}};
  kind.in_place = {{0, 0}};
  kind.outputs = [](const Call& call) -> std::vector<TensorType> {
    if (call.inputs.size() != 2 || call.inputs[1].elements() != 1) {
      throw Error("takes a gradient and one squared norm. Give the output of squared_norm.");
    }
    if (!(call.number("limit") > 0)) {
      throw Error(fmt::format("limit {} (every gradient would vanish or turn). Give more than 0.",
                              call.number("limit")));
    }
    return {call.inputs[0]};
  };
  kind.work = [](const Call& call) {
    return streaming_work(call, double(call.inputs[0].elements()));
  };
  kind.reference = [](const Call& call, const RunScalars&, std::span<const Values> inputs,
                      std::span<Values> results) {
    const double norm = std::sqrt(inputs[1][0]);
    const double factor = std::min(1.0, call.number("limit") / norm);
    for (std::size_t i = 0; i < inputs[0].size(); ++i) results[0][i] = factor * inputs[0][i];
  };
  kind.content = [](const Call&, std::size_t input) {
    return input == 0 ? Content{} : Content{Content::Kind::uniform, 1, 4};
  };
  for (const double limit : {0.5, 2.5}) {
    for (const Shape& shape : {Shape{1}, Shape{3, 17}, Shape{64, 1031}}) {
      kind.examples.push_back({{{"limit", limit}}, {{shape}, {{1}}}});
    }
  }
  return kind;
}

const KindRegistration registration([] { return std::vector{squared_norm(), clip_by_norm()}; });

const BothRegistration norm("squared_norm", [](const Call& call, Processor& processor,
                                               const schema::Parameters& tuning) {
  Lowered lowered;
  Reduction(lowered, processor, tuning).sum_squares(call.inputs, Output{0});
  return lowered;
});

const ElementwiseRegistration clip("clip_by_norm", [](const Call& call) {
  return Elementwise{"clip_by_norm", {Input{0}, Input{1}, single(call.number("limit"))}};
});

}  // namespace
}  // namespace motley::workloads
