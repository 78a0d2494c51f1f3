// How many work-items a work-group may have is known of the built kernel only: is an operator that
// wants more refused before anything runs?
#include "workloads/graph/bound_operator.hpp"

#include <gtest/gtest.h>
#include <regex>

#include "devices/machine.hpp"
#include "harness/error.hpp"
#include "workloads/graph/operator_trial.hpp"
#include "workloads/graph/plan.hpp"

namespace motley::workloads {
namespace {

/// relu on an OpenCL device, in one work-group of a million work-items.
class LargeGroups : public testing::Test {
 protected:
  void SetUp() override {
    try {
      device_ = machine_->open("opencl:0");
    } catch (const Unsupported& why) {
      GTEST_SKIP() << why.what();
    }
    in_large_groups_.name = "opencl/in_large_groups";
    in_large_groups_.lower = [](const Call& call, Processor& on, const schema::Parameters&) {
      const Choice first = first_choice("relu", call, on);
      Lowered lowered = first.implementation->lower(call, on, first.tuning);
      lowered.launches[0].range = range(1 << 20, 1 << 20);
      return lowered;
    };
    const TensorId x = graph_.add_tensor({"x", {{8, 20}}, Role::input, {}, no_tensor});
    graph_.tensor(graph_.add("relu", "bend", {x}).front()).role = Role::output;
  }
  Plan plan(const PlanOptions& options) {
    const Chooser chooser = [&](const std::string& kind, const Call& call, Processor& processor) {
      if (processor.members() == 0) return Choice{&in_large_groups_, {}};
      return first_choice(kind, call, processor);
    };
    return make_plan(graph_, {device_.get(), host_.get()}, chooser, options);
  }

  std::unique_ptr<Machine> machine_ = devices::real_machine();
  std::unique_ptr<Processor> host_ = machine_->open("cpu"), device_;
  Implementation in_large_groups_;
  Graph graph_;
};

TEST_F(LargeGroups, ArePlannedOnAnotherProcessorOnly) {
  try {
    plan({});
    FAIL() << "it was not refused";
  } catch (const Unsupported& why) {
    const std::regex numbers("bend .*of 1048576 work-items.*opencl:0.*with [1-9][0-9]* at most");
    EXPECT_TRUE(std::regex_search(why.what(), numbers)) << why.what();
  }
  PlanOptions options;
  options.fallback = true;
  EXPECT_EQ(plan(options).place_of, std::vector<std::size_t>{1});
}

TEST_F(LargeGroups, AreNoCandidate) {
  const auto queue = device_->queue();
  const OperatorKind& kind = operator_kind("relu");
  const Call call = make_call(kind, {}, {{{4}}});
  EXPECT_THROW(OperatorTrial(*device_, *queue, kind, call, in_large_groups_, {}, 5), Unsupported);
}

}  // namespace
}  // namespace motley::workloads
