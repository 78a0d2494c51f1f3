// What the ladder of matrix products promises besides right results, which operators_test.cpp
// checks: constants are packed once, few programs are built, and no work-group needs more than
// small GPUs have.
#include <algorithm>
#include <gtest/gtest.h>

#include "devices/machine.hpp"
#include "harness/error.hpp"
#include "workloads/graph/execution.hpp"
#include "workloads/graph/operator_trial.hpp"

namespace motley::workloads {
namespace {

class MatmulLadder : public testing::Test {
 protected:
  void SetUp() override {
    try {
      processor_ = devices::real_machine()->open("opencl:0");
    } catch (const Unsupported& error) {
      GTEST_SKIP() << error.what();
    }
  }
  static const Implementation& rung_named(const std::string& name) {
    for (const Implementation& one : implementations("matmul")) {
      if (one.name == name) return one;
    }
    throw Error("no rung " + name);
  }
  static Call call_of(std::int64_t m, std::int64_t k, std::int64_t n) {
    return make_call(operator_kind("matmul"), {}, {{{m, k}}, {{k, n}}});
  }
  std::vector<const Implementation*> rungs() const {
    std::vector<const Implementation*> all;
    for (const Implementation& one : implementations("matmul")) {
      if (one.name.starts_with("opencl/")) all.push_back(&one);
    }
    return all;
  }
  static std::vector<schema::Parameters> tunings_of(const Implementation& rung, const Call& call,
                                                    Processor& processor, Tier tier) {
    if (!rung.tunings) return {{}};
    return rung.tunings(call, processor, tier);
  }
  std::unique_ptr<Processor> processor_;
};

TEST_F(MatmulLadder, HasFewSetsOfParametersBeforeTheFullTier) {
  for (const Call& call : {call_of(1, 64, 64), call_of(3, 7, 1), call_of(1000, 64, 1000)}) {
    for (const Implementation* rung : rungs()) {
      const auto sets = tunings_of(*rung, call, *processor_, Tier::standard);
      EXPECT_GE(sets.size(), 1u) << rung->name;
      EXPECT_LE(sets.size(), 6u) << rung->name;
    }
  }
}

TEST_F(MatmulLadder, NeedsNoLargerWorkGroupsThanSmallGpusHave) {
  const Call call = call_of(100, 300, 70);
  for (const Implementation* rung : rungs()) {
    for (const auto& tuning : tunings_of(*rung, call, *processor_, Tier::full)) {
      for (const Launch& launch : rung->lower(call, *processor_, tuning).launches) {
        const auto& local = launch.range.local;
        EXPECT_LE(local[0] * std::max<std::size_t>(local[1], 1), 128u) << rung->name;
        for (unsigned i = 0; i < launch.range.dimensions; ++i) {
          EXPECT_EQ(launch.range.global[i] % std::max<std::size_t>(local[i], 1), 0u) << rung->name;
        }
      }
    }
  }
}

TEST_F(MatmulLadder, PacksConstantsOnce) {
  Call call = call_of(30, 40, 50);
  call.constant_inputs = {false, true};
  for (const char* name : {"opencl/packed", "opencl/image"}) {
    const Implementation& rung = rung_named(name);
    if (!rung.unsupported(call, *processor_).empty()) continue;
    const auto tuning = tunings_of(rung, call, *processor_, Tier::smoke).front();
    const Lowered lowered = rung.lower(call, *processor_, tuning);
    ASSERT_EQ(lowered.launches.size(), 3u);
    EXPECT_FALSE(lowered.launches[0].once);
    EXPECT_TRUE(lowered.launches[1].once);
    EXPECT_EQ(lowered.workspaces.size(), 1u);
    EXPECT_EQ(lowered.kept.size(), 1u);
    const auto queue = processor_->queue();
    OperatorTrial trial(*processor_, *queue, operator_kind("matmul"), call, rung, tuning, 5);
    for (int run = 0; run < 2; ++run) {
      trial.reset(*queue);
      trial.give(*queue);
      EXPECT_LE(trial.error(*queue), trial.tolerance());
    }
  }
}

TEST_F(MatmulLadder, AddsUpALongDepthInParts) {
  const Implementation& rung = rung_named("opencl/packed");
  for (const std::int64_t depth : {2048, 2309}) {  // one part; two, not of whole fours of steps
    const Call call = call_of(20, depth, 50);
    for (const auto& tuning : tunings_of(rung, call, *processor_, Tier::full)) {
      ASSERT_EQ(rung.lower(call, *processor_, tuning).launches.size(), depth == 2048 ? 3u : 4u);
      const auto queue = processor_->queue();
      OperatorTrial trial(*processor_, *queue, operator_kind("matmul"), call, rung, tuning, 5);
      trial.reset(*queue);
      trial.give(*queue);
      EXPECT_LE(trial.error(*queue), trial.tolerance());
    }
  }
}

TEST_F(MatmulLadder, RefusesOperandsThatNoImageHolds) {
  const Implementation& rung = rung_named("opencl/image");
  if (!rung.unsupported(call_of(1, 1, 1), *processor_).empty()) GTEST_SKIP() << "no images";
  const schema::Facts& facts = processor_->description().facts;
  const auto width = std::get<std::int64_t>(facts.at("image2d_maximum_width"));
  const auto height = std::get<std::int64_t>(facts.at("image2d_maximum_height"));
  EXPECT_EQ(rung.unsupported(call_of(4 * height, 1, 1), *processor_), "");
  EXPECT_EQ(rung.unsupported(call_of(1, width, 1), *processor_), "");
  const std::string deep = rung.unsupported(call_of(1, width + 1, 1), *processor_);
  EXPECT_NE(deep.find(std::to_string(width + 1) + " x 1 texels"), std::string::npos) << deep;
  EXPECT_NE(deep.find("A would"), std::string::npos) << deep;
  const std::string wide = rung.unsupported(call_of(1, 1, 4 * height + 1), *processor_);
  EXPECT_NE(wide.find("1 x " + std::to_string(height + 1)), std::string::npos) << wide;
  EXPECT_NE(wide.find("B would"), std::string::npos) << wide;
}

TEST_F(MatmulLadder, SharesImagesOfOneSizeBetweenOperators) {
  if (!rung_named("opencl/image").unsupported(call_of(1, 1, 1), *processor_).empty()) {
    GTEST_SKIP() << "no images";
  }
  Graph graph;
  const auto add = [&](const char* name, Shape shape, Role role) {
    return graph.add_tensor({name, {std::move(shape)}, role, {}, no_tensor});
  };
  const TensorId x = add("x", {8, 8}, Role::input), wide = add("wide", {8, 16}, Role::input);
  const TensorId first = graph.add("matmul", "first", {x, x}).front();
  const TensorId second = graph.add("matmul", "second", {first, x}).front();
  const TensorId third = graph.add("matmul", "third", {second, wide}).front();
  graph.tensor(third).role = Role::output;
  const auto queue = processor_->queue();
  const Execution execution(make_plan(graph, {processor_.get()}, prefer("opencl/image"), {}),
                            {processor_.get()}, {queue.get()});
  const Plan& plan = execution.plan();
  EXPECT_EQ(plan.workspace_slots[0], plan.workspace_slots[1]);
  EXPECT_EQ(plan.workspace_slots[0][0], plan.workspace_slots[2][0]) << "A is as large";
  EXPECT_NE(plan.workspace_slots[0][1], plan.workspace_slots[2][1]) << "B is larger";
  EXPECT_EQ(plan.memory().at("workspace"), 8 * 8 * 4 + 8 * 8 * 4 + 8 * 16 * 4);
}

TEST_F(MatmulLadder, BeginsWithTheBestGuess) {
  const auto usable = usable_implementations("matmul", call_of(64, 64, 64), *processor_);
  ASSERT_FALSE(usable.empty());
  EXPECT_EQ(usable.front()->name, "opencl/packed");
}

}  // namespace
}  // namespace motley::workloads
