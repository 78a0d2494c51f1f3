// A small network under every residency mode, on the CPU and on OpenCL: the same result, and the
// time of a run accounted for.
#include "workloads/graph/execution.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>
#include <string>

#include "devices/machine.hpp"
#include "harness/error.hpp"
#include "workloads/graph/differentiate.hpp"
#include "workloads/graph/interpret.hpp"
#include "workloads/graph/optimizer.hpp"
#include "workloads/graph/timeline.hpp"

namespace motley::workloads {
namespace {

constexpr std::uint64_t seed = 5;
constexpr int steps = 3;

struct Net {
  Graph graph;
  TensorId input = no_tensor, target = no_tensor, loss = no_tensor;
  std::vector<TensorId> parameters;
};

/// Two matrix products with a ReLU between them, one read twice: its gradient is a sum.
Net net(bool separate, double clip_norm = 0) {
  Net result;
  Graph& graph = result.graph;
  graph.name = "net";
  const auto add = [&](const char* name, Shape shape, Role role) {
    return graph.add_tensor(
        {name, {std::move(shape)}, role, {Initializer::Kind::uniform, 0.5}, no_tensor});
  };
  result.input = add("input", {8, 12}, Role::input);
  result.target = add("target", {8, 12}, Role::label);
  const TensorId w1 = add("w1", {12, 20}, Role::parameter),
                 w2 = add("w2", {20, 12}, Role::parameter);
  TensorId x = graph.add("matmul", "first", {result.input, w1}).front();
  x = graph.add("relu", "relu", {x}).front();
  const TensorId y = graph.add("matmul", "second", {x, w2}).front();
  const TensorId sum = graph.add("add", "residual", {y, result.input}).front();
  const TensorId seen = graph.view(sum, {8, 12});
  result.loss = graph.add("mean_squared_error", "loss", {seen, result.target}).front();
  graph.tensor(result.loss).role = Role::output;
  result.parameters = {w1, w2};
  OptimizerOptions options;
  options.weight_decay = 0.01;
  options.separate = separate;
  options.clip_norm = clip_norm;
  add_optimizer(graph, differentiate(graph, result.loss), options, 0.1);
  return result;
}

Values content(const Net& one, TensorId id) {
  return random_values(one.graph.tensor(id).type, {}, seed, 100 + id);
}

std::vector<Values> interpreted(const Net& one) {
  Interpreter run(one.graph, seed);
  run.values(one.input) = content(one, one.input);
  run.values(one.target) = content(one, one.target);
  for (int i = 0; i < steps; ++i) run.run(one.graph.scalars);
  return {run.values(one.parameters[0]), run.values(one.parameters[1]), run.values(one.loss)};
}

class OnProcessor : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    machine_ = devices::real_machine();
    host_ = machine_->open("cpu");
    try {
      processor_ = machine_->open(GetParam());
    } catch (const Unsupported& why) {
      GTEST_SKIP() << why.what();
    }
    queue_ = processor_->queue();
    host_queue_ = host_->queue();
  }

  std::unique_ptr<Execution> start(const Net& one, Residency residency,
                                   PlanOptions options = PlanOptions(),
                                   const Chooser& chooser = first_choice) {
    std::vector<Processor*> processors = {processor_.get()};
    std::vector<Queue*> queues = {queue_.get()};
    const bool left_to_host = options.fallback || !options.on_host.empty();
    if ((residency == Residency::shared || left_to_host) && processor_->members() == 0) {
      processors.push_back(host_.get());
      queues.push_back(host_queue_.get());
    }
    options.residency = residency;
    auto execution = std::make_unique<Execution>(make_plan(one.graph, processors, chooser, options),
                                                 processors, queues);
    execution->initialize(seed);
    execution->set_values(one.input, content(one, one.input));
    execution->set_values(one.target, content(one, one.target));
    return execution;
  }

  std::unique_ptr<Machine> machine_;
  std::unique_ptr<Processor> processor_, host_;
  std::unique_ptr<Queue> queue_, host_queue_;
};

TEST_P(OnProcessor, EveryResidencyModeComputesWhatTheReferenceDoes) {
  for (const std::string& name : residency_names()) {
    SCOPED_TRACE(name);
    const Residency residency = residency_from(name);
    const Net one = net(residency == Residency::framework);
    const auto execution = start(one, residency);
    for (std::uint64_t i = 0; i < steps; ++i) execution->run(one.graph.scalars, i);
    execution->finish();
    const std::vector<Values> expected = interpreted(one);
    EXPECT_LE(normalised_error(execution->values(one.parameters[0]), expected[0]), 1e-5);
    EXPECT_LE(normalised_error(execution->values(one.parameters[1]), expected[1]), 1e-5);
    EXPECT_LE(normalised_error(execution->values(one.loss), expected[2]), 1e-5);
  }
}

/// A CPU computes with what it was given where it lies: what was lent must not stay behind.
TEST_P(OnProcessor, WhatWasSetIsThereAgainBehindWhatWasLent) {
  for (const Residency residency : {Residency::resident, Residency::staged}) {
    const Net one = net(false);
    const auto execution = start(one, residency);
    const Values input = execution->values(one.input);
    const TensorType& type = one.graph.tensor(one.input).type;
    const std::vector<std::byte> lent = to_bytes(type, random_values(type, {}, seed, 1));
    std::vector<std::byte> loss(one.graph.tensor(one.loss).type.bytes());
    execution->set_input(one.input, lent.data());
    execution->set_output(one.loss, loss.data());
    execution->run(one.graph.scalars, 0);
    execution->finish();
    EXPECT_EQ(to_values(one.graph.tensor(one.loss).type, loss), execution->values(one.loss));
    execution->set_input(one.input, nullptr);
    execution->set_output(one.loss, nullptr);
    execution->run(one.graph.scalars, 0);
    execution->finish();
    EXPECT_EQ(execution->values(one.input), input);
    EXPECT_EQ(execution->downloaded(one.loss), execution->values(one.loss));
  }
}

TEST_P(OnProcessor, EveryResidencyModeGivesTheSameBits) {
  std::vector<Values> first;
  for (const std::string& name : residency_names()) {
    SCOPED_TRACE(name);
    const Residency residency = residency_from(name);
    if (residency == Residency::shared) continue;  // the host's own arithmetic
    const Net one = net(residency == Residency::framework);
    const auto execution = start(one, residency);
    for (std::uint64_t i = 0; i < steps; ++i) execution->run(one.graph.scalars, i);
    execution->finish();
    const std::vector<Values> got = {execution->values(one.parameters[0]),
                                     execution->values(one.parameters[1])};
    if (first.empty()) first = got;
    EXPECT_EQ(got, first);
  }
}

TEST_P(OnProcessor, ALibraryThatKnowsNoSharedMemoryComputesInEveryResidencyMode) {
  // One product of three: others use tensors that the library does not.
  const Chooser chooser = [](const std::string& kind, const Call& call, Processor& processor) {
    const bool second = kind == "matmul" && call.inputs[0].shape == Shape{8, 20};
    return second ? prefer("opencl/clblast")(kind, call, processor)
                  : first_choice(kind, call, processor);
  };
  for (const std::string& name : residency_names()) {
    SCOPED_TRACE(name);
    const Residency residency = residency_from(name);
    const Net one = net(residency == Residency::framework);
    const auto execution = start(one, residency, {}, chooser);
    const auto& choices = execution->plan().choices;
    const bool chosen = std::any_of(choices.begin(), choices.end(), [](const Choice& choice) {
      return choice.implementation->name == "opencl/clblast";
    });
    if (!chosen) GTEST_SKIP() << "no CLBlast here";
    for (std::uint64_t i = 0; i < steps; ++i) execution->run(one.graph.scalars, i);
    execution->finish();
    const std::vector<Values> expected = interpreted(one);
    EXPECT_LE(normalised_error(execution->values(one.parameters[0]), expected[0]), 1e-5);
    EXPECT_LE(normalised_error(execution->values(one.loss), expected[2]), 1e-5);
    const auto times = execution->run_profiled(one.graph.scalars, 0, 1, steady_clock());
    EXPECT_FALSE(timeline(execution->plan(), times, true).device.empty());
  }
}

TEST_P(OnProcessor, ChecksEachOperatorOnItsOwnInputs) {
  for (const std::string& name : residency_names()) {
    SCOPED_TRACE(name);
    const Net one = net(false);
    const auto execution = start(one, residency_from(name));
    std::string worst;
    EXPECT_LE(execution->check(one.graph.scalars, worst), 1) << worst;
    EXPECT_FALSE(worst.empty());
  }
}

TEST_P(OnProcessor, NamesTheFirstOperatorWhoseResultIsNotFinite) {
  const Net one = net(false);
  const auto execution = start(one, Residency::resident);
  EXPECT_EQ(execution->first_not_finite(one.graph.scalars), "");
  Values weights = execution->values(one.parameters[1]);
  weights[7] = std::numeric_limits<double>::infinity();
  execution->set_values(one.parameters[1], weights);
  EXPECT_EQ(execution->first_not_finite(one.graph.scalars), "second");
}

TEST_P(OnProcessor, ClipsInEveryResidencyMode) {
  for (const std::string& name : residency_names()) {
    SCOPED_TRACE(name);
    const Residency residency = residency_from(name);
    const Net one = net(residency == Residency::framework, 0.01);
    const auto execution = start(one, residency);
    for (std::uint64_t i = 0; i < steps; ++i) execution->run(one.graph.scalars, i);
    execution->finish();
    const std::vector<Values> expected = interpreted(one);
    EXPECT_LE(normalised_error(execution->values(one.parameters[0]), expected[0]), 1e-5);
    EXPECT_LE(normalised_error(execution->values(one.parameters[1]), expected[1]), 1e-5);
  }
}

TEST_P(OnProcessor, GoesOnWhereAnUpdateWasNotFinite) {
  for (const std::string& name : residency_names()) {
    SCOPED_TRACE(name);
    const Net one = net(false);
    const auto execution = start(one, residency_from(name));
    RunScalars scalars = one.graph.scalars;
    scalars["learning_rate"] = 1e39;
    EXPECT_NE(execution->first_not_finite(scalars), "");
    execution->initialize(seed);
    for (std::uint64_t i = 0; i < steps; ++i) execution->run(one.graph.scalars, i);
    execution->finish();
    EXPECT_LE(normalised_error(execution->values(one.parameters[0]), interpreted(one)[0]), 1e-5);
  }
}

TEST_P(OnProcessor, CountsWhatRoundTripsMoveAndMapsApart) {
  if (processor_->members() > 0) GTEST_SKIP() << "nothing is moved";
  const auto counted = [&](Residency residency) {
    const auto execution = start(net(residency == Residency::framework), residency);
    const auto times = execution->run_profiled(execution->graph().scalars, 0, 1, steady_clock());
    return timeline(execution->plan(), times, true).counts;
  };
  const auto resident = counted(Residency::resident), framework = counted(Residency::framework),
             shared = counted(Residency::shared);
  const auto more = [&](const char* what) { return framework.at(what) - resident.at(what); };
  EXPECT_EQ(more("bytes_to_host"), more("bytes_to_device"));
  // Four tensors of 12 x 20 and as many of 20 x 12 floats; in fours of channels none is smaller.
  EXPECT_GE(more("bytes_to_host"), 8 * 12 * 20 * 4);
  EXPECT_EQ(shared.at("maps"), 2 * 4) << "two weights and two gradients, there and back";
  EXPECT_FALSE(framework.contains("maps"));
}

TEST_P(OnProcessor, WithoutTimesOfADevicesCommandsNothingIsAttributed) {
  const Net one = net(false);
  const auto execution = start(one, Residency::resident);
  if (!execution->device_at_0()) GTEST_SKIP() << "it has no clock of its own";
  auto times = execution->run_profiled(one.graph.scalars, 0, 1, steady_clock());
  for (StepTime& time : times) time.commands.clear();
  const Timeline all = timeline(execution->plan(), times, true);
  EXPECT_TRUE(all.device.empty());
  EXPECT_EQ(all.unattributed_seconds, all.wall_seconds);
}

/// The first run's upload of the input waits behind a slow kernel, its host copy is written anew.
TEST_P(OnProcessor, ValuesThatAreSetCountFromTheNextRunOn) {
  if (processor_->members() > 0) GTEST_SKIP() << "nothing is queued";
  const Net one = net(false);
  const auto execution = start(one, Residency::resident_async);
  Kernel slow;
  slow.name = "slow";
  slow.opencl.source =
      "kernel void slow(global uint* a) {"
      "  uint x = a[0]; for (uint i = 0; i < 20000000; ++i) x = x * 1664525u + 1013904223u;"
      "  a[0] = x; }";
  slow.opencl.entry = "slow";
  const auto loaded = processor_->load(slow);
  const auto state = processor_->allocate(4);
  queue_->launch(*loaded, range(1, 1), {state.get()});
  execution->run(one.graph.scalars, 0);
  execution->set_values(one.input, Values(8 * 12, 1e3));
  Interpreter reference(one.graph, seed);
  reference.values(one.input) = content(one, one.input);
  reference.values(one.target) = content(one, one.target);
  reference.run(one.graph.scalars);
  const Values expected = reference.values(one.parameters[0]);
  EXPECT_LE(normalised_error(execution->values(one.parameters[0]), expected), 1e-5);
}

TEST_P(OnProcessor, RefusesWhatCannotBeMeant) {
  Graph graph = net(false).graph;
  OptimizerOptions options;
  options.clip_norm = -1;
  EXPECT_THROW(add_optimizer(graph, {}, options, 0.1), BadArgument);
  options = {};
  options.momentum = 1;
  EXPECT_THROW(add_optimizer(graph, {}, options, 0.1), BadArgument);
  try {
    make_call(operator_kind("matmul"), {}, {{{3, 0}}, {{0, 5}}});
    FAIL() << "it was not refused";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("matmul: input 0"), std::string::npos);
  }
}

TEST_P(OnProcessor, PlansMemoryByCategory) {
  for (const std::string& name : residency_names()) {
    const auto execution = start(net(true), residency_from(name));
    const auto memory = execution->plan().memory();
    EXPECT_EQ(memory.at("weights"), 2 * 12 * 20 * 4);
    EXPECT_EQ(memory.at("optimizer_state"), 2 * 12 * 20 * 4);
  }
}

TEST_P(OnProcessor, AccountsForTheTimeOfARun) {
  for (const std::string& name : residency_names()) {
    SCOPED_TRACE(name);
    const Net one = net(false);
    const auto execution = start(one, residency_from(name));
    execution->run(one.graph.scalars, 0);
    const auto times = execution->run_profiled(one.graph.scalars, 1, 2, steady_clock());
    const Timeline all = timeline(execution->plan(), times, execution->device_at_0());
    double host = 0, device = 0, gap = 0;
    for (const auto& [what, seconds] : all.host) host += seconds;
    for (const auto& [what, seconds] : all.device) device += seconds;
    for (const auto& [what, seconds] : all.gap) gap += seconds;
    std::size_t launches = 0;  // an operator may need several
    for (const Lowered& lowered : execution->plan().lowered) launches += lowered.launches.size();
    EXPECT_EQ(all.counts.at("launches"), double(launches));
    EXPECT_NEAR(host, all.wall_seconds, 1e-9);
    if (!execution->device_at_0()) continue;
    EXPECT_NEAR(device, all.wall_seconds, 1e-6);
    EXPECT_NEAR(gap, all.device.at("gap"), 1e-9);
    EXPECT_GT(all.device.at("forward"), 0);
  }
}

/// Every operator alone, then every second one, then all.
std::vector<std::set<std::string>> selections(const Graph& graph) {
  std::vector<std::set<std::string>> result(2);
  for (std::size_t op = 0; op < graph.operators().size(); ++op) {
    const std::string& name = graph.operators()[op].name;
    result.push_back({name});
    if (op % 2 == 0) result[0].insert(name);
    result[1].insert(name);
  }
  return result;
}

TEST_P(OnProcessor, OperatorsOnTheHostComputeTheSame) {
  if (processor_->members() > 0) GTEST_SKIP() << "the host itself";
  for (const std::string& name : residency_names()) {
    const Residency residency = residency_from(name);
    if (residency == Residency::shared) continue;
    const Net one = net(residency == Residency::framework);
    const std::vector<Values> expected = interpreted(one);
    for (const std::set<std::string>& on_host : selections(one.graph)) {
      SCOPED_TRACE(name + ": " + *on_host.begin());
      PlanOptions options;
      options.on_host = on_host;
      const auto execution = start(one, residency, options);
      EXPECT_EQ(execution->plan().placed_on_host.size(), on_host.size());
      for (std::uint64_t i = 0; i < steps; ++i) execution->run(one.graph.scalars, i);
      execution->finish();
      EXPECT_LE(normalised_error(execution->values(one.parameters[0]), expected[0]), 1e-5);
      EXPECT_LE(normalised_error(execution->values(one.parameters[1]), expected[1]), 1e-5);
      EXPECT_LE(normalised_error(execution->values(one.loss), expected[2]), 1e-5);
      std::string worst;
      EXPECT_LE(execution->check(one.graph.scalars, worst), 1) << worst;
    }
  }
}

TEST_P(OnProcessor, WhatGoesToTheHostIsCountedInBothTimelines) {
  if (processor_->members() > 0) GTEST_SKIP() << "the host itself";
  const Net one = net(false);
  const auto counted = [&](std::set<std::string> on_host) {
    PlanOptions options;
    options.on_host = std::move(on_host);
    const auto execution = start(one, Residency::resident, options);
    const auto times = execution->run_profiled(one.graph.scalars, 0, 1, steady_clock());
    return timeline(execution->plan(), times, execution->device_at_0());
  };
  const Timeline without = counted({}), with = counted({"relu"});
  // The first product comes, the activation goes back: 8 x 20 floats each way.
  EXPECT_EQ(with.counts.at("copies"), without.counts.at("copies") + 2);
  EXPECT_EQ(with.counts.at("bytes_to_host"), without.counts.at("bytes_to_host") + 8 * 20 * 4);
  EXPECT_EQ(with.counts.at("bytes_to_device"), without.counts.at("bytes_to_device") + 8 * 20 * 4);
  EXPECT_GT(with.host.at("compute"), 0);
  EXPECT_GT(with.gap.at("compute"), 0);
}

TEST_P(OnProcessor, AnOperatorWithoutImplementationFallsBackOnRequestOnly) {
  if (processor_->members() > 0) GTEST_SKIP() << "the host itself";
  const Chooser no_relu = [](const std::string& kind, const Call& call, Processor& processor) {
    if (kind == "relu" && processor.members() == 0) throw Unsupported("relu is not there.");
    return first_choice(kind, call, processor);
  };
  const Net one = net(false);
  try {
    start(one, Residency::resident, {}, no_relu);
    FAIL() << "it was not refused";
  } catch (const Unsupported& why) {
    for (const char* part : {"relu (relu)", "opencl:0", "relu is not there", "--fallback cpu"}) {
      EXPECT_NE(std::string(why.what()).find(part), std::string::npos) << why.what();
    }
  }
  PlanOptions options;
  options.fallback = true;
  const auto execution = start(one, Residency::resident, options, no_relu);
  ASSERT_EQ(execution->plan().placed_on_host.size(), 1u);
  const std::size_t op = execution->plan().placed_on_host.begin()->first;
  EXPECT_EQ(one.graph.operators()[op].name, "relu");
  for (std::uint64_t i = 0; i < steps; ++i) execution->run(one.graph.scalars, i);
  execution->finish();
  EXPECT_LE(normalised_error(execution->values(one.parameters[0]), interpreted(one)[0]), 1e-5);
}

TEST_P(OnProcessor, AnUnknownOperatorCannotBePlaced) {
  if (processor_->members() > 0) GTEST_SKIP() << "the host itself";
  PlanOptions options;
  options.on_host = {"reulu"};
  EXPECT_THROW(start(net(false), Residency::resident, options), UnknownName);
  options.on_host = {"relu"};
  EXPECT_THROW(start(net(false), Residency::shared, options), BadArgument);
}

INSTANTIATE_TEST_SUITE_P(Networks, OnProcessor, testing::Values("cpu", "opencl:0"),
                         [](const auto& one) {
                           return std::string(one.param).substr(0,
                                                                std::string(one.param).find(':'));
                         });

}  // namespace
}  // namespace motley::workloads
