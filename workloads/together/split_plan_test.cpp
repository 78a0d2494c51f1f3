// What does a plan for two processors move, and who waits for whom? Only what the other needs, and
// nothing twice.
#include <gtest/gtest.h>

#include "devices/machine.hpp"
#include "harness/error.hpp"
#include "workloads/graph/plan.hpp"
#include "workloads/together/one_layer.hpp"
#include "workloads/together/split.hpp"

namespace motley::workloads {
namespace {

using Action = PlanStep::Action;

class SplitPlan : public testing::Test {
 protected:
  void SetUp() override {
    machine_ = devices::real_machine();
    cpu_ = machine_->open("cpu:0");
    try {
      device_ = machine_->open("opencl:0/1of2");
    } catch (const Unsupported& why) {
      GTEST_SKIP() << why.what();
    }
  }

  /// Two convolutions of 13 x 13 pixels and 1024 channels, the second one split; place 0 is the
  /// CPU unless `device_first`.
  Plan plan(SplitAxis axis, bool device_first = false) {
    Model model = network("op/conv2d:shape=yolov2/3x3x1024-1024@13,count=2", 1, 1);
    std::map<std::string, std::size_t> places;
    split(model.graph, {{"layer2"}, axis, 6.0 / 13, {0, 1}, 0}, places);
    PlanOptions options;
    options.constant_parameters = true;
    options.places = places;
    std::vector<Processor*> processors = {cpu_.get(), device_.get()};
    if (device_first) std::swap(processors[0], processors[1]);
    return make_plan(model.graph, processors, first_choice, options);
  }

  static std::vector<PlanStep> all(const Plan& plan, Action action) {
    std::vector<PlanStep> result;
    for (const PlanStep& step : plan.steps) {
      if (step.action == action) result.push_back(step);
    }
    return result;
  }
  static double bytes(const Plan& plan, Action action) {
    double sum = 0;
    for (const PlanStep& step : all(plan, action)) {
      sum += double(plan.graph.tensor(step.tensor).type.bytes());
    }
    return sum;
  }

  static constexpr double row = 13 * 1024 * 4;
  std::unique_ptr<Machine> machine_;
  std::unique_ptr<Processor> cpu_, device_;
};

TEST_F(SplitPlan, OfRowsMovesTheRowsAloneAndCopiesNothing) {
  const Plan one = plan(SplitAxis::height);
  EXPECT_EQ(one.elided.size(), 3u) << "both slices and the join are addresses";
  EXPECT_EQ(bytes(one, Action::send), 7 * row) << "6 rows and one of halo";
  EXPECT_EQ(bytes(one, Action::fetch), 6 * row);
  ASSERT_EQ(all(one, Action::send).size(), 1u);
  const PlanStep sent = all(one, Action::send).front();
  ASSERT_EQ(sent.waits.size(), 1u) << "for the first layer";
  EXPECT_EQ(one.graph.operators()[one.steps[sent.waits[0]].op].name, "layer1");
  EXPECT_EQ(all(one, Action::download).back().waits.size(), 1u) << "the output, for the fetch";
  double waits = 0;
  for (const PlanStep& step : one.steps) waits += double(step.waits.size());
  EXPECT_EQ(waits, 2);
}

TEST_F(SplitPlan, OfRowsCopiesNothingOnADeviceThatHasTheFirstRows) {
  const Plan one = plan(SplitAxis::height, true);
  EXPECT_EQ(one.elided.size(), 3u);
  EXPECT_EQ(bytes(one, Action::fetch), 7 * row);
  EXPECT_EQ(bytes(one, Action::send), 6 * row);
}

TEST_F(SplitPlan, OfChannelsMovesTheImageAndJoinsByACopy) {
  const Plan one = plan(SplitAxis::channels);
  EXPECT_TRUE(one.elided.empty());
  EXPECT_EQ(bytes(one, Action::send), 13 * row);
  EXPECT_NEAR(bytes(one, Action::fetch), 13 * row * 473 / 1024, 1);
}

/// One convolution whose image comes from outside: each is given what it computes with.
TEST_F(SplitPlan, OfTheInputUploadsItsRowsAlone) {
  Model model = network("op/conv2d:shape=yolov2/3x3x1024-1024@13", 1, 1);
  std::map<std::string, std::size_t> places;
  split(model.graph, {{"layer1"}, SplitAxis::height, 6.0 / 13, {0, 1}, 0}, places);
  PlanOptions options;
  options.constant_parameters = true;
  options.places = places;
  for (const bool device_first : {false, true}) {
    std::vector<Processor*> processors = {cpu_.get(), device_.get()};
    if (device_first) std::swap(processors[0], processors[1]);
    const Plan one = make_plan(model.graph, processors, first_choice, options);
    const std::size_t device = device_first ? 0 : 1;
    double uploaded = 0;
    for (const PlanStep& step : all(one, Action::upload)) {
      if (step.place == device) uploaded += double(one.graph.tensor(step.tensor).type.bytes());
    }
    EXPECT_EQ(uploaded, (device_first ? 8 : 7) * row) << "with one row of halo";
    EXPECT_FALSE(one.slot_of.contains({device, model.input})) << "it has no memory for all of it";
  }
}

TEST_F(SplitPlan, OfTwoCpusMovesNothing) {
  device_ = machine_->open("cpu:1");
  for (const SplitAxis axis : {SplitAxis::height, SplitAxis::channels}) {
    const Plan one = plan(axis);
    EXPECT_EQ(bytes(one, Action::send) + bytes(one, Action::fetch), 0);
    EXPECT_EQ(one.memory_of, (std::vector<std::size_t>{0, 0}));
  }
}

/// Lifetimes are counted in operators, which two places do not run one after another.
TEST_F(SplitPlan, TensorsOfTwoPlacesShareMemoryWithNone) {
  device_ = machine_->open("cpu:1");
  Graph graph;
  TensorId x = graph.add_tensor({"x", {{4, 4}}, Role::input, {}, no_tensor});
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) x = graph.add("relu", name, {x}).front();
  graph.tensor(x).role = Role::output;
  const auto slots = [&](std::map<std::string, std::size_t> places) {
    PlanOptions options;
    options.places = std::move(places);
    const Plan one = make_plan(graph, {cpu_.get(), device_.get()}, first_choice, options);
    std::set<std::size_t> all;
    for (const auto& [key, slot] : one.slot_of) all.insert(slot);
    return all.size();
  };
  EXPECT_EQ(slots({}), 4u) << "x and f, two for all others";
  EXPECT_EQ(slots({{"b", 1}, {"d", 1}, {"f", 1}}), 7u);
}

}  // namespace
}  // namespace motley::workloads
