// Does a device keep nothing of constant weights but the panels that it reads in each run? What
// they are packed from lies in memory that the network's operators share.
#include <algorithm>
#include <gtest/gtest.h>

#include "devices/machine.hpp"
#include "harness/error.hpp"
#include "workloads/graph/execution.hpp"

namespace motley::workloads {
namespace {

constexpr std::int64_t channels = 64;

/// Two layers of different weights, which become panels one behind the other.
Graph two_layers() {
  Graph graph;
  const auto add = [&](const char* name, Shape shape, Role role) {
    return graph.add_tensor(
        {name, {std::move(shape)}, role, {Initializer::Kind::uniform, 0.5}, no_tensor});
  };
  TensorId x = add("x", {1, 8, 8, channels}, Role::input);
  for (const char* const name : {"first", "second"}) {
    const TensorId w = add(name, {3, 3, channels, channels}, Role::parameter);
    const std::int64_t one = 1;
    x = graph
            .add("conv2d", name, {x, w},
                 {{"pad_top", one}, {"pad_left", one}, {"pad_bottom", one}, {"pad_right", one}})
            .front();
  }
  graph.tensor(x).role = Role::output;
  return graph;
}

TEST(WinogradOnADevice, OfConstantWeightsOnlyPanelsAreKept) {
  std::unique_ptr<Processor> device;
  try {
    device = devices::real_machine()->open("opencl:0");
  } catch (const Unsupported& why) {
    GTEST_SKIP() << why.what();
  }
  PlanOptions options;
  options.constant_parameters = true;
  const auto queue = device->queue();
  Execution execution(
      make_plan(two_layers(), {device.get()}, prefer("opencl/winograd_4x3"), options),
      {device.get()}, {queue.get()});
  execution.initialize(5);
  const Graph& graph = execution.graph();
  execution.set_values(0, random_values(graph.tensor(0).type, {}, 5, 1));
  std::string worst;
  for (int run = 0; run < 2; ++run) EXPECT_LE(execution.check({}, worst), 1) << worst;
  const Plan& plan = execution.plan();
  for (std::size_t op = 0; op < 2; ++op) {
    EXPECT_EQ(plan.choices[op].implementation->name, "opencl/winograd_4x3");
    EXPECT_EQ(plan.kept_slots[op].size(), 1u);
  }
  EXPECT_EQ(plan.workspace_slots[0], plan.workspace_slots[1]);
}

}  // namespace
}  // namespace motley::workloads
