#include "workloads/graph/one_member.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "devices/machine.hpp"
#include "workloads/graph/choice.hpp"
#include "workloads/graph/differentiate.hpp"
#include "workloads/graph/optimizer.hpp"
#include "workloads/graph/plan.hpp"

namespace motley::workloads {
namespace {

/// A matrix product of weights [width, width].
Graph product(std::int64_t batch, std::int64_t width, bool trains) {
  Graph graph;
  const auto add = [&](const char* name, Shape shape, Role role) {
    return graph.add_tensor(
        {name, {std::move(shape)}, role, {Initializer::Kind::uniform, 0.5}, no_tensor});
  };
  const TensorId input = add("input", {batch, width}, Role::input);
  const TensorId target = add("target", {batch, width}, Role::label);
  const TensorId weights = add("weights", {width, width}, Role::parameter);
  const TensorId y = graph.add("matmul", "product", {input, weights}).front();
  const TensorId loss = graph.add("mean_squared_error", "loss", {y, target}).front();
  graph.tensor(loss).role = Role::output;
  if (trains) add_optimizer(graph, differentiate(graph, loss), {}, 0.1);
  return graph;
}

TEST(OneMember, SmallStepsOfTrainingAreBestOnOneCore) {
  EXPECT_TRUE(trains_best_on_one_core(product(8, 256, true)));
  EXPECT_FALSE(trains_best_on_one_core(product(8, 256, false))) << "nothing is updated";
  EXPECT_FALSE(trains_best_on_one_core(product(64, 256, true))) << "much to compute";
  EXPECT_FALSE(trains_best_on_one_core(product(1, 1024, true))) << "more than its caches hold";
}

TEST(OneMember, ThenNoLaunchWakesTheTeam) {
  const auto machine = devices::real_machine();
  const auto processor = machine->open("cpu");
  if (processor->members() < 2) GTEST_SKIP() << "a team of one";
  for (const bool small : {true, false}) {
    const Plan plan =
        make_plan(product(small ? 8 : 64, 256, true), {processor.get()}, first_choice, {});
    EXPECT_EQ(plan.on_one_core, small);
    const bool alone =
        std::all_of(plan.lowered.begin(), plan.lowered.end(), [](const Lowered& lowered) {
          return std::all_of(lowered.launches.begin(), lowered.launches.end(),
                             [](const Launch& one) { return one.kernel.cpu_members == 1; });
        });
    EXPECT_EQ(alone, small);
  }
}

TEST(OneMember, KernelsAreLoweredForTeamsOfOne) {
  const auto machine = devices::real_machine();
  const auto processor = machine->open("cpu");
  OneMember lone(*processor);
  EXPECT_EQ(lone.members(), 1u);
  EXPECT_EQ(lone.description().id, processor->description().id);
  EXPECT_EQ(lone.last_level_cache_bytes(), processor->last_level_cache_bytes());
}

}  // namespace
}  // namespace motley::workloads
