// What elementwise, row and shape operators refuse when the graph is built, with both numbers in
// the message; and that a label or an index outside its range shows as NaN, not as a wild read.
#include <cmath>
#include <gtest/gtest.h>

#include "devices/machine.hpp"
#include "harness/error.hpp"
#include "workloads/graph/bound_operator.hpp"
#include "workloads/graph/values.hpp"

namespace motley::workloads {
namespace {

std::string refusal(const std::string& kind, const Attributes& attributes,
                    const std::vector<TensorType>& inputs) {
  try {
    make_call(operator_kind(kind), attributes, inputs);
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

void expect_refusal(const std::string& kind, const Attributes& attributes,
                    const std::vector<TensorType>& inputs, const std::vector<std::string>& words) {
  const std::string message = refusal(kind, attributes, inputs);
  EXPECT_TRUE(message.starts_with(kind + ": ")) << message;
  for (const std::string& word : words) {
    EXPECT_NE(message.find(word), std::string::npos) << message << "\nlacks " << word;
  }
}

TEST(Refusals, NameBothShapesOfElementwiseOperators) {
  expect_refusal("add", {}, {{{2, 3}}, {{2}}}, {"f32[2,3]", "f32[2]", "3 columns"});
  expect_refusal("relu_backward", {}, {{{2, 3}}, {{3, 2}}}, {"f32[2,3]", "f32[3,2]"});
  expect_refusal("momentum", {}, {{{2}}, {{2}}}, {"3", "2"});
  expect_refusal("gelu", {{"form", std::string("exact")}}, {{{2}}}, {"exact", "erf"});
  expect_refusal("dropout", {{"rate", 1.0}}, {{{2}}}, {"rate 1"});
  expect_refusal("clip_by_norm", {{"limit", 0.0}}, {{{2}}, {{1}}}, {"limit 0"});
}

TEST(Refusals, NameBothShapesOfRowOperators) {
  expect_refusal("softmax", {{"causal", std::int64_t{1}}}, {{{4, 5}}}, {"4", "5"});
  const TensorType labels = {{7}, DataType::i32}, float_labels = {{6}};
  expect_refusal("cross_entropy", {}, {{{6, 10}}, labels}, {"i32[7]", "i32[6]"});
  expect_refusal("cross_entropy", {}, {{{6, 10}}, float_labels}, {"f32[6]", "i32[6]"});
  expect_refusal("layer_norm", {}, {{{6, 10}}, {{10}}, {{9}}}, {"f32[9]", "f32[10]"});
  expect_refusal("embedding_backward", {{"rows", std::int64_t{0}}},
                 {{{2, 3}}, {{2}, DataType::i32}}, {"rows 0"});
}

TEST(Refusals, NameBothNumbersOfShapeOperators) {
  const auto margins = [](const char* text) { return Attributes{{"margins", std::string(text)}}; };
  expect_refusal("slice", margins("0,0;2,3"), {{{2, 5}}}, {"5", "axis 1"});
  expect_refusal("pad", margins("0,0"), {{{2, 5}}}, {"2 axes", "not 2"});
  expect_refusal("pad", margins("0,0;-1,0"), {{{2, 5}}}, {"-1"});
  expect_refusal("pad", margins("0,0;1,x"), {{{2, 5}}}, {"0,0,1,x"});
  expect_refusal("transpose", {{"order", std::string("0,0")}}, {{{2, 5}}}, {"0,0", "f32[2,5]"});
  expect_refusal("transpose", {{"order", std::string("0,1,2")}}, {{{2, 5}}}, {"0,1,2", "f32[2,5]"});
  expect_refusal("concatenate", {}, {{{2, 5}}, {{3, 5}}}, {"f32[2,5]", "f32[3,5]"});
  expect_refusal("concatenate", {{"axis", std::int64_t{2}}}, {{{2, 5}}}, {"axis 2", "2 axes"});
  expect_refusal("subsample_backward", {{"height", std::int64_t{7}}, {"width", std::int64_t{4}}},
                 {{{1, 3, 2, 1}}}, {"3 from 7", "4"});
}

TEST(Refusals, CopiesOfTooManyAxesAreRefusedBeforeTheyAreLowered) {
  const Shape six = {3, 3, 3, 3, 3, 3};
  const auto call = [&](const char* kind, const char* attribute, const std::string& text) {
    return make_call(operator_kind(kind), {{attribute, text}}, {{six}});
  };
  const auto machine = devices::real_machine();
  const auto cpu = machine->open("cpu");
  const auto expect = [&](const char* kind, const Call& of, bool refused) {
    for (const Implementation& one : implementations(kind)) {
      if (one.name == "reference") continue;
      const std::string reason = one.unsupported(of, *cpu);
      EXPECT_EQ(reason.find("6 axes") != std::string::npos, refused) << one.name << reason;
      EXPECT_EQ(reason.empty(), !refused) << one.name << reason;
    }
  };
  const char* all_sides = "0,1;1,0;0,1;1,0;0,1;1,0";
  expect("pad", call("pad", "margins", all_sides), true);
  expect("slice", call("slice", "margins", all_sides), true);
  expect("pad", call("pad", "margins", "0,0;0,0;0,1;0,0;0,1;0,0"), false);
  expect("transpose", call("transpose", "order", "5,2,4,1,3,0"), true);
  expect("transpose", call("transpose", "order", "4,5,2,3,0,1"), false);
}

/// The first element of output 0 after one run of a call without state.
float first_element(Processor& on, const Implementation& implementation, const Call& call,
                    const std::vector<Values>& inputs) {
  const auto tuning = implementation.tunings ? implementation.tunings(call, on, Tier::smoke).front()
                                             : schema::Parameters{};
  const Lowered lowered = implementation.lower(call, on, tuning);
  const auto queue = on.queue();
  std::vector<std::unique_ptr<Buffer>> buffers;
  const auto buffer = [&](const MemoryNeed& need) {
    BufferOptions options;
    options.image = need.image;
    buffers.push_back(on.allocate(std::max<std::size_t>(need.bytes, 4), options));
    return buffers.back().get();
  };
  Operands operands;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    operands.inputs.push_back(buffer(call.inputs[i].bytes()));
    const auto bytes = to_bytes(call.inputs[i], inputs[i]);
    queue->write(*operands.inputs.back(), bytes.data(), bytes.size());
    queue->finish();
  }
  for (const TensorType& type : call.outputs) {
    operands.outputs.push_back(buffer(type.bytes()));
    queue->fill(*operands.outputs.back(), 0);
  }
  for (const MemoryNeed& need : lowered.workspaces) {
    operands.workspaces.push_back(buffer(need));
  }
  BoundOperator(on, lowered, operands).give(*queue, {});
  float first = 0;
  queue->read(*operands.outputs[0], &first, sizeof first);
  queue->finish();
  return first;
}

class OutOfRange : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    try {
      on_ = machine_->open(GetParam());
      on_->wake();
    } catch (const Unsupported& error) {
      GTEST_SKIP() << error.what();
    }
  }
  /// Of input 0 [2, 3] and two whole numbers, on each implementation.
  void expect_nan(const std::string& name, double first, double second,
                  const Attributes& attributes = {}) {
    const Call call = make_call(operator_kind(name), attributes, {{{2, 3}}, {{2}, DataType::i32}});
    for (const Implementation* one : usable_implementations(name, call, *on_)) {
      EXPECT_TRUE(std::isnan(first_element(*on_, *one, call, {Values(6, 0.5), {first, second}})))
          << name << " " << one->name << " of " << first << ", " << second;
    }
  }

  std::unique_ptr<devices::LocalMachine> machine_ = devices::real_machine();
  std::unique_ptr<Processor> on_;
};

TEST_P(OutOfRange, LabelsMakeTheLossNaN) {
  for (const double label : {3.0, -1.0, 1e9, -1e9}) expect_nan("cross_entropy", 1, label);
  for (const double label : {3.0, -2.0, 1e9}) {
    expect_nan("cross_entropy", 1, label, {{"ignore_unlabelled", std::int64_t{1}}});
  }
}

TEST_P(OutOfRange, IndicesMakeTheRowNaN) {
  for (const double index : {2.0, -1.0, 1e9, -1e9}) expect_nan("embedding", index, 1);
}

struct Seen {
  const char* kind;
  Attributes attributes;
  std::vector<TensorType> inputs;
};

/// Operators whose first output sees the first element of their first input.
std::vector<Seen> that_see_the_first_element() {
  std::vector<Seen> all;
  const auto pads = [](Attributes attributes) {
    for (const char* const side : {"pad_top", "pad_left", "pad_bottom", "pad_right"}) {
      attributes[side] = std::int64_t{1};
    }
    return attributes;
  };
  for (const char* const kind : {"relu", "relu6", "sigmoid", "tanh", "silu", "gelu", "softmax"}) {
    all.push_back({kind, {}, {{{2, 40}}}});
  }
  all.push_back({"gelu", {{"form", std::string("erf")}}, {{{2, 40}}}});
  for (const char* const kind : {"max_pool", "average_pool", "global_average_pool"}) {
    all.push_back({kind, {}, {{{1, 4, 4, 20}}}});
  }
  all.push_back({"layer_norm", {}, {{{2, 40}}, {{40}}, {{40}}}});
  for (const char* const activation : {"none", "relu", "relu6"}) {
    const Attributes with = {{"activation", std::string(activation)}};
    all.push_back({"dense", with, {{{8, 40}}, {{40, 20}}, {{20}}}});
    for (const char* const kind : {"batch_norm", "batch_norm_inference"}) {
      all.push_back({kind, with, {{{2, 3, 3, 20}}, {{20}}, {{20}}, {{20}}, {{20}}}});
    }
    for (const std::int64_t channels : {3, 20}) {
      all.push_back({"conv2d", pads(with), {{{1, 9, 9, channels}}, {{3, 3, channels, 20}}}});
    }
    Attributes depthwise = pads(with);
    depthwise["groups"] = std::int64_t{20};
    all.push_back({"conv2d", depthwise, {{{1, 9, 9, 20}}, {{3, 3, 1, 20}}}});
  }
  return all;
}

/// A network whose values are no numbers any more must not look sound.
TEST_P(OutOfRange, NotANumberStaysVisible) {
  for (const Seen& one : that_see_the_first_element()) {
    const Call call = make_call(operator_kind(one.kind), one.attributes, one.inputs);
    std::vector<Values> inputs = random_inputs(operator_kind(one.kind), call, 3);
    inputs[0][0] = std::numeric_limits<double>::quiet_NaN();
    for (const Implementation* by : usable_implementations(one.kind, call, *on_)) {
      if (by->name == "onednn") continue;  // its relu makes 0 of a NaN; auto does not choose it
      const auto activation = call.attributes.find("activation");
      EXPECT_TRUE(std::isnan(first_element(*on_, *by, call, inputs)))
          << one.kind << " " << by->name << " "
          << (activation == call.attributes.end() ? "" : schema::to_string(activation->second));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Processors, OutOfRange, testing::Values("cpu", "opencl:0"),
                         [](const auto& one) { return one.param.substr(0, 3); });

}  // namespace
}  // namespace motley::workloads
