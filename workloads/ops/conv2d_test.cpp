// What the examples of operators_test.cpp do not reach: projections of references, constant weights
// that are packed once, and calls that must be refused.
#include "workloads/ops/conv2d.hpp"

#include <gtest/gtest.h>
#include <map>

#include "devices/machine.hpp"
#include "harness/error.hpp"
#include "workloads/graph/operator_trial.hpp"

namespace motley::workloads {
namespace {

TEST(Projection, IsTheReferenceContractedOverItsLastAxis) {
  for (const OperatorKind& kind : operator_kinds()) {
    if (!kind.projected) continue;
    for (const Example& example : kind.examples) {
      const Call call = make_call(kind, example.attributes, example.inputs);
      SCOPED_TRACE(kind.name + " " + to_string(call.inputs[0]) + " " + to_string(call.inputs[1]));
      const std::vector<Values> inputs = random_inputs(kind, call, 3);
      std::vector<Values> whole = {Values(std::size_t(call.outputs[0].elements()))};
      kind.reference(call, {}, inputs, whole);
      const Values weights = random_values({{call.outputs[0].shape.back()}}, {}, 4, 0);
      Values expected(whole[0].size() / weights.size());
      for (std::size_t i = 0; i < whole[0].size(); ++i) {
        expected[i / weights.size()] += whole[0][i] * weights[i % weights.size()];
      }
      EXPECT_LT(normalised_error(kind.projected(call, inputs, weights), expected), 1e-12);
    }
  }
}

/// All implementations with the weights packed once: of as many examples as `most` for each,
/// because a driver may compile each anew.
void check_with_constant_weights(Processor& on, const OperatorKind& kind, int most) {
  const auto queue = on.queue();
  std::map<std::string, int> checked;
  for (const Example& example : kind.examples) {
    Call call = make_call(kind, example.attributes, example.inputs);
    call.constant_inputs = {false, true};
    for (const Implementation* one : usable_implementations(kind.name, call, on)) {
      if (++checked[one->name] > most) continue;
      SCOPED_TRACE(on.description().id + " " + kind.name + " " + one->name + " " +
                   to_string(call.inputs[0]) + " " + to_string(call.inputs[1]));
      schema::Parameters tuning;
      if (one->tunings) tuning = one->tunings(call, on, Tier::smoke).front();
      OperatorTrial trial(on, *queue, kind, call, *one, tuning, 5);
      for (int run = 0; run < 2; ++run) {
        trial.reset(*queue);
        trial.give(*queue);
        EXPECT_LE(trial.error(*queue), trial.tolerance()) << "run " << run;
      }
    }
  }
}

TEST(ConstantWeights, ArePackedOnceForManyRuns) {
  const auto machine = devices::real_machine();
  for (const std::string id : {"cpu", "opencl:0"}) {
    std::unique_ptr<Processor> processor;
    try {
      processor = machine->open(id);
    } catch (const Unsupported&) {
      continue;
    }
    processor->wake();
    for (const std::string kind :
         {"conv2d", "conv2d_backward_data", "conv2d_int8", "dense", "matmul", "matmul_int8"}) {
      check_with_constant_weights(*processor, operator_kind(kind), id == "cpu" ? 1000 : 2);
    }
    processor->park();
  }
}

std::string refusal(const std::string& kind, const Attributes& attributes,
                    const std::vector<Shape>& shapes) {
  std::vector<TensorType> inputs;
  for (const Shape& shape : shapes) inputs.push_back({shape});
  try {
    make_call(operator_kind(kind), attributes, inputs);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Conv2d, RefusesWhatCannotBeWithBothNumbers) {
  const Shape x = {1, 4, 4, 3}, weights = {5, 3, 3, 8};
  EXPECT_NE(refusal("conv2d", {}, {x, weights}).find("5 pixels on 4"), std::string::npos);
  EXPECT_NE(refusal("conv2d", {}, {x, {3, 3, 4, 8}}).find("4 x 1 = 4"), std::string::npos);
  EXPECT_NE(refusal("conv2d", {{"groups", std::int64_t{3}}}, {x, {3, 3, 1, 8}}).find("8"),
            std::string::npos);
  EXPECT_NE(refusal("conv2d", {{"stride", std::int64_t{0}}}, {x, {3, 3, 3, 8}}).find("stride is 0"),
            std::string::npos);
  EXPECT_NE(refusal("conv2d", {{"pad_top", std::int64_t{-1}}}, {x, {3, 3, 3, 8}}).find("-1"),
            std::string::npos);
  EXPECT_NE(refusal("conv2d", {}, {x, {3, 3, 3, 8}, {7}}).find("f32[7]"), std::string::npos);
  EXPECT_NE(
      refusal("conv2d", {{"activation", std::string("selu")}}, {x, {3, 3, 3, 8}}).find("selu"),
      std::string::npos);
  EXPECT_NE(refusal("conv2d_backward_weights",
                    {{"kernel_height", std::int64_t{3}}, {"kernel_width", std::int64_t{3}}},
                    {x, {1, 3, 2, 8}})
                .find("f32[1,2,2,8]"),
            std::string::npos);
  EXPECT_EQ(refusal("conv2d", {}, {x, {3, 3, 3, 8}, {8}}), "");
}

}  // namespace
}  // namespace motley::workloads
