// A fused network computes what the other does, with fewer operators and bytes; what somebody else
// sees stays.
#include "workloads/graph/fuse.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "devices/machine.hpp"
#include "harness/error.hpp"
#include "workloads/graph/differentiate.hpp"
#include "workloads/graph/execution.hpp"
#include "workloads/graph/interpret.hpp"
#include "workloads/inference.hpp"

namespace motley::workloads {
namespace {

constexpr std::uint64_t seed = 9;

/// Of parameters and statistics, as training might leave them: batch norms that do something.
Values trained(const Tensor& tensor) {
  Values values = initial_values(tensor, seed);
  if (tensor.initializer.kind == Initializer::Kind::uniform) return values;
  const bool one = tensor.initializer.kind == Initializer::Kind::one;
  const Values random = random_values(tensor.type, {}, seed, tensor.name.size());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = one + 0.5 * random[i];
  return values;
}

template <class Run>
void set_trained(Run&& set, const Graph& graph) {
  for (TensorId id = 0; id < graph.tensors().size(); ++id) {
    const Tensor& tensor = graph.tensor(id);
    const bool given = tensor.role == Role::parameter || tensor.role == Role::statistic;
    if (given && tensor.view_of == no_tensor) set(id, trained(tensor));
  }
}

Values interpreted(const Model& model) {
  Interpreter run(model.graph, seed);
  set_trained([&](TensorId id, const Values& values) { run.values(id) = values; }, model.graph);
  run.values(model.input) = random_input(model, seed);
  run.run(model.graph.scalars);
  return run.values(model.output);
}

std::size_t count(const Graph& graph, const std::string& kind) {
  return static_cast<std::size_t>(
      std::count_if(graph.operators().begin(), graph.operators().end(),
                    [&](const Operator& op) { return op.kind == kind; }));
}

/// Of what lies between operators: what a run writes and reads again.
std::size_t bytes_between(const Graph& graph) {
  std::size_t bytes = 0;
  for (const Operator& op : graph.operators()) {
    if (op.kind == "fold_batch_norm") continue;  // once
    for (const TensorId id : op.outputs) bytes += graph.tensor(id).type.bytes();
  }
  return bytes;
}

class FusedNetwork : public testing::TestWithParam<const char*> {
 protected:
  const Model plain_ = build_model(GetParam(), {2, false});
  const Model fused_ = inference_model({GetParam(), 2, seed});
};

TEST_P(FusedNetwork, ComputesTheSame) {
  EXPECT_LE(normalised_error(interpreted(fused_), interpreted(plain_)), 1e-5);
}

TEST_P(FusedNetwork, HasNoBatchNormOfItsOwn) {
  const std::size_t norms = count(plain_.graph, "batch_norm_inference");
  ASSERT_GT(norms, 0u);
  EXPECT_EQ(count(fused_.graph, "batch_norm_inference"), 0u);
  EXPECT_EQ(count(fused_.graph, "fold_batch_norm"), norms);
  EXPECT_LT(bytes_between(fused_.graph), 0.7 * double(bytes_between(plain_.graph)));
  EXPECT_EQ(counts(fused_.graph).parameters, counts(plain_.graph).parameters);
  EXPECT_EQ(counts(fused_.graph).forward_macs, counts(plain_.graph).forward_macs);
}

/// Twice: what is folded once must stay.
void check_on(const std::string& processor_id, const Model& model, const Values& expected) {
  const auto machine = devices::real_machine();
  std::unique_ptr<Processor> processor;
  try {
    processor = machine->open(processor_id);
  } catch (const Unsupported&) {
    return;
  }
  const auto queue = processor->queue();
  PlanOptions options;
  options.constant_parameters = true;
  // Under its own parameters' names: the state comes from another execution, as after training.
  Execution from(make_plan(model.graph, {processor.get()}, first_choice, options),
                 {processor.get()}, {queue.get()});
  Execution run(make_plan(model.graph, {processor.get()}, first_choice, options), {processor.get()},
                {queue.get()});
  set_trained([&](TensorId id, const Values& values) { from.set_values(id, values); }, model.graph);
  run.initialize(seed);
  run.copy_state(from);
  run.set_values(model.input, random_input(model, seed));
  for (const std::uint64_t i : {0, 1}) {
    run.run(model.graph.scalars, i);
    run.finish();
    EXPECT_LE(normalised_error(run.values(model.output), expected), 1e-4) << processor_id;
  }
  std::size_t launches = 0;
  for (const PlanStep& step : run.plan().steps) launches += step.action == PlanStep::Action::launch;
  EXPECT_EQ(launches, model.graph.operators().size() - count(model.graph, "fold_batch_norm"));
  std::string worst;
  EXPECT_LE(run.check(model.graph.scalars, worst), 1) << worst;
}

TEST_P(FusedNetwork, RunsOnProcessorsAsThePlainOneIsDefined) {
  const Values expected = interpreted(plain_);
  for (const char* id : {"cpu", "opencl:0"}) check_on(id, fused_, expected);
}

INSTANTIATE_TEST_SUITE_P(Networks, FusedNetwork,
                         testing::Values("resnet8", "ds_cnn",
                                         "mobilenet_v2:width=0.1,resolution=32", "autoencoder"),
                         [](const auto& one) {
                           const std::string spec = one.param;
                           return spec.substr(0, spec.find(':'));
                         });

/// A dense layer, `kind`, and a loss; perhaps somebody else who reads what lies between.
struct Small {
  Graph graph;
  TensorId input, target, dense, active, loss;
};
Small small(const std::string& kind, bool read_twice) {
  Small result;
  Graph& graph = result.graph;
  const auto add = [&](const char* name, Shape shape, Role role) {
    return graph.add_tensor(
        {name, {std::move(shape)}, role, {Initializer::Kind::uniform, 1}, no_tensor});
  };
  result.input = add("input", {5, 6}, Role::input);
  result.target = add("target", {5, 4}, Role::label);
  const TensorId weights = add("weights", {6, 4}, Role::parameter);
  result.dense = graph.add("dense", "dense", {result.input, weights}).front();
  result.active = graph.add(kind, "active", {result.dense}).front();
  TensorId y = result.active;
  if (read_twice) y = graph.add("add", "again", {y, result.dense}).front();
  result.loss = graph.add("mean_squared_error", "loss", {y, result.target}).front();
  graph.tensor(result.loss).role = Role::output;
  return result;
}

TEST(Fuse, LeavesWhatSomebodyElseSees) {
  Small twice = small("relu", true);
  fuse(twice.graph);
  EXPECT_EQ(count(twice.graph, "relu"), 1u);
  Small output = small("relu", false);
  output.graph.tensor(output.dense).role = Role::output;
  fuse(output.graph);
  EXPECT_EQ(count(output.graph, "relu"), 1u);
  Small tanh = small("tanh", false);
  fuse(tanh.graph);
  EXPECT_EQ(count(tanh.graph, "tanh"), 1u);
}

TEST(Fuse, LeavesBatchNormBehindAnActivation) {
  Graph graph = small("relu", false).graph;
  const auto table = [&](const char* name) {
    return graph.add_tensor({name, {{4}}, Role::parameter, {}, no_tensor});
  };
  const TensorId norm = graph
                            .add("batch_norm_inference", "norm",
                                 {graph.find("active"), table("gamma"), table("beta"),
                                  table("mean"), table("variance")})
                            .front();
  graph.tensor(norm).role = Role::output;
  std::vector<Operator> operators = graph.take_operators();
  operators.erase(operators.begin() + 2);  // the loss: what is active has one reader
  for (Operator& op : operators) graph.append(op);
  fuse(graph);
  EXPECT_EQ(graph.operators().size(), 2u);
  EXPECT_EQ(count(graph, "batch_norm_inference"), 1u);
}

/// A dense or convolutional layer or a batch norm in training, `kind` and a loss.
Small layer(const std::string& layer, const std::string& kind) {
  Small result;
  Graph& graph = result.graph;
  const auto add = [&](const std::string& name, Shape shape, Role role) {
    return graph.add_tensor(
        {name, {std::move(shape)}, role, {Initializer::Kind::uniform, 1}, no_tensor});
  };
  const bool dense = layer == "dense";
  result.input = add("input", dense ? Shape{7, 6} : Shape{2, 3, 3, 6}, Role::input);
  std::vector<TensorId> inputs = {result.input};
  if (layer == "batch_norm") {
    inputs.push_back(add("gamma", {6}, Role::parameter));
    inputs.push_back(add("beta", {6}, Role::parameter));
    inputs.push_back(add("mean", {6}, Role::statistic));
    inputs.push_back(add("variance", {6}, Role::statistic));
  } else {
    inputs.push_back(add("weights", dense ? Shape{6, 4} : Shape{2, 2, 6, 4}, Role::parameter));
    inputs.push_back(add("bias", {4}, Role::parameter));
  }
  result.dense = graph.add(layer, "layer", inputs).front();
  result.active = graph.add(kind, "active", {result.dense}).front();
  const TensorType seen = graph.tensor(result.active).type;
  result.target = graph.add_tensor({"target", seen, Role::label, {}, no_tensor});
  result.loss = graph.add("mean_squared_error", "loss", {result.active, result.target}).front();
  graph.tensor(result.loss).role = Role::output;
  return result;
}

Interpreter started(const Small& one) {
  Interpreter run(one.graph, seed);
  const Content wide{Content::Kind::uniform, -4, 4};
  run.values(one.input) = random_values(one.graph.tensor(one.input).type, wide, seed, 0);
  run.values(one.target) = random_values(one.graph.tensor(one.target).type, {}, seed, 1);
  return run;
}

TEST(Fuse, KeepsTheGradientThatFiniteDifferencesShow) {
  for (const char* const kind : {"dense", "conv2d", "batch_norm"}) {
    for (const char* const activation : {"relu", "relu6"}) {
      SCOPED_TRACE(std::string(kind) + " " + activation);
      Small one = layer(kind, activation);
      Interpreter plain = started(one);
      plain.run(one.graph.scalars);
      fuse(one.graph);
      ASSERT_EQ(one.graph.operators().size(), 2u);
      const auto gradients = differentiate(one.graph, one.loss);
      Interpreter whole = started(one);
      whole.run(one.graph.scalars);
      EXPECT_EQ(whole.values(one.loss), plain.values(one.loss));
      for (const auto& [parameter, gradient] : gradients) {
        const auto loss_moved = [&, id = parameter](double by) {
          Interpreter run = started(one);
          run.values(id)[1] += by;
          run.run(one.graph.scalars, 2);
          return run.values(one.loss)[0];
        };
        const double step = 1e-6;
        const double found = (loss_moved(step) - loss_moved(-step)) / (2 * step);
        EXPECT_NEAR(whole.values(gradient)[1], found, 1e-6);
      }
    }
  }
}

TEST(Fuse, TrainingKeepsItsBatchNorm) {
  Model model = build_model("resnet8", {2, true});
  const std::size_t norms = count(model.graph, "batch_norm");
  fuse(model.graph);
  EXPECT_EQ(count(model.graph, "batch_norm"), norms);
  EXPECT_EQ(count(model.graph, "fold_batch_norm"), 0u);
}

}  // namespace
}  // namespace motley::workloads
