// Does training with a split batch, or as a pipeline, go where training on one processor goes?
#include "workloads/together/divided_training.hpp"

#include <gtest/gtest.h>

#include "devices/machine.hpp"
#include "harness/error.hpp"

namespace motley::workloads {
namespace {

constexpr int steps = 3;

class TrainingOnPair : public testing::TestWithParam<std::vector<std::string>> {
 protected:
  void SetUp() override {
    machine_ = devices::real_machine();
    for (const std::string& id : GetParam()) {
      try {
        processors_.push_back(machine_->open(id));
      } catch (const Unsupported& why) {
        GTEST_SKIP() << why.what();
      }
    }
  }

  void expect_same(const DividedTrainingOptions& options) {
    const auto queue = processors_.front()->queue();
    Training alone(options.training, {*processors_.front(), *queue, nullptr, nullptr},
                   first_choice);
    DividedTraining both(options,
                         {{*processors_[0], first_choice}, {*processors_[1], first_choice}});
    int step = 0;
    both.repeat([&](double) {
      alone.step();
      EXPECT_NEAR(both.loss(), alone.loss(), 1e-4 * std::abs(alone.loss()) + 1e-6) << step;
      return ++step < steps;
    });
    for (const Tensor& tensor : alone.model().graph.tensors()) {
      if (tensor.role != Role::parameter || tensor.view_of != no_tensor) continue;
      const TensorId id = alone.model().graph.find(tensor.name);
      EXPECT_LE(normalised_error(both.parameter(tensor.name), alone.execution().values(id)), 1e-3)
          << tensor.name;
    }
  }

  /// Of a batch of 8 in four parts.
  Plan two_stages() {
    DividedTrainingOptions options;
    options.training.model = "lenet5";
    options.training.batch = 8;
    options.cuts = {"pool2"};
    DividedTraining both(options,
                         {{*processors_[0], first_choice}, {*processors_[1], first_choice}});
    return both.execution().plan();
  }

  std::unique_ptr<Machine> machine_;
  std::vector<std::unique_ptr<Processor>> processors_;
};

TEST_P(TrainingOnPair, LearnsAsOneProcessorDoes) {
  for (const char* model : {"lenet5", "mlp:widths=20-16-5"}) {
    for (const double ratio : {0.0, 0.3, 0.5, 1.0}) {
      for (const char* optimizer : {"momentum", "adam"}) {
        SCOPED_TRACE(std::string(model) + " " + optimizer + std::to_string(ratio));
        DividedTrainingOptions options;
        options.training.model = model;
        options.training.batch = 10;
        options.training.optimizer.kind = optimizer;
        options.training.optimizer.weight_decay = 0.01;
        options.ratio = ratio;
        expect_same(options);
      }
    }
  }
}

TEST_P(TrainingOnPair, LearnsAsAPipelineWhereverItIsCut) {
  struct Cut {
    const char *model, *behind;
  };
  for (const Cut cut :
       {Cut{"lenet5", "pool1"}, Cut{"lenet5", "dense1"}, Cut{"mlp:widths=20-16-5", "dense1"}}) {
    for (const std::size_t parts : {1, 2, 3, 5}) {  // 3: of 3, 3 and 4 samples
      SCOPED_TRACE(std::string(cut.model) + " " + cut.behind + std::to_string(parts));
      DividedTrainingOptions options;
      options.training.model = cut.model;
      options.training.batch = 10;
      options.training.optimizer.clip_norm = parts == 2 ? 0.1 : 0;
      options.cuts = {cut.behind};
      options.micro_batches = parts;
      expect_same(options);
    }
  }
}

/// One forward, one back: no stage waits for what lies behind it in its own order.
TEST_P(TrainingOnPair, StagesTakeTurns) {
  const Plan plan = two_stages();
  std::vector<std::string> turns[2];
  for (std::size_t op = 0; op < plan.place_of.size(); ++op) {
    const std::string& name = plan.graph.operators()[op].name;
    const bool back = name.starts_with("conv1.") || name.starts_with("dense1.");
    if (name != "conv1" && !name.starts_with("conv1/") && name != "dense1" &&
        !name.starts_with("dense1/") && !back) {
      continue;
    }
    const std::size_t slash = name.rfind('/');
    const std::string turn =
        (back ? "B" : "F") + (slash == std::string::npos ? "0" : name.substr(slash + 1));
    auto& own = turns[plan.place_of[op]];
    if (name.find("sum") == std::string::npos && name.find("weighted") == std::string::npos &&
        plan.graph.operators()[op].phase != Phase::update && (own.empty() || own.back() != turn)) {
      own.push_back(turn);
    }
  }
  EXPECT_EQ(turns[0], (std::vector<std::string>{"F0", "F1", "B0", "F2", "B1", "F3", "B2", "B3"}));
  EXPECT_EQ(turns[1], (std::vector<std::string>{"F0", "B0", "F1", "B1", "F2", "B2", "F3", "B3"}));
}

TEST_P(TrainingOnPair, OneProcessorTakesAll) {
  DividedTrainingOptions options;
  options.training.model = "lenet5";
  options.training.batch = 4;
  options.cuts = {"pool2", "dense1"};
  DividedTraining one(options, {{*processors_[1], first_choice}});
  EXPECT_EQ(one.replicas().size(), 1u);
  std::string worst;
  EXPECT_LE(one.check_step(worst), 1) << worst;
  EXPECT_FALSE(one.differs_by_part());
  options.training.model = "resnet8";
  options.cuts = {};
  EXPECT_TRUE(DividedTraining(options, {{*processors_[1], first_choice}}).differs_by_part());
}

/// Each stage computes what is its own, and nothing of the parameters is ever moved.
TEST_P(TrainingOnPair, StagesKeepTheirParameters) {
  const Plan plan = two_stages();
  const std::size_t forward_bytes = 2 * 16 * 5 * 5 * 4;  // of two samples behind pool2
  for (const PlanStep& step : plan.steps) {
    const bool moves =
        step.action == PlanStep::Action::fetch || step.action == PlanStep::Action::send;
    if (moves) {
      EXPECT_EQ(plan.graph.tensor(step.tensor).type.bytes(), forward_bytes);
    }
  }
  for (std::size_t op = 0; op < plan.place_of.size(); ++op) {
    const std::string& name = plan.graph.operators()[op].name;
    if (name.starts_with("conv") || name.starts_with("dense")) {
      EXPECT_EQ(plan.place_of[op], name.starts_with("conv") ? 0u : 1u) << name;
    }
  }
}

TEST_P(TrainingOnPair, RefusesPipelinesThatCannotBe) {
  const auto refused = [&](std::vector<std::string> cuts, std::size_t parts) {
    DividedTrainingOptions options;
    options.training.batch = 4;
    options.cuts = std::move(cuts);
    options.micro_batches = parts;
    return DividedTraining(options,
                           {{*processors_[0], first_choice}, {*processors_[1], first_choice}});
  };
  EXPECT_THROW(refused({"pool1"}, 5), BadArgument);
  EXPECT_THROW(refused({"pool1"}, 0), BadArgument);
  EXPECT_THROW(refused({"pool1", "pool2"}, 2), BadArgument);
  EXPECT_THROW(refused({"nothing"}, 2), UnknownName);
}

TEST_P(TrainingOnPair, TakesTheBatchThatItIsGiven) {
  DividedTrainingOptions options;
  options.training.model = "mlp:widths=6-4-3";
  options.training.batch = 4;
  options.ratio = 0.25;
  DividedTraining both(options, {{*processors_[0], first_choice}, {*processors_[1], first_choice}});
  ASSERT_EQ(both.replicas().size(), 2u);
  EXPECT_EQ(both.replicas()[0].batch, 3);
  both.step();
  const double first = both.loss();
  both.set_batch(Values(4 * 6, 0.5), Values(4, 1));
  both.step();
  EXPECT_NE(both.loss(), first);
  EXPECT_GT(both.step_timed().crossings, 0);
  options.ratio = 2;
  EXPECT_THROW(
      DividedTraining(options, {{*processors_[0], first_choice}, {*processors_[1], first_choice}}),
      BadArgument);
}

INSTANTIATE_TEST_SUITE_P(Networks, TrainingOnPair,
                         testing::Values(std::vector<std::string>{"cpu:0", "cpu:1"},
                                         std::vector<std::string>{"cpu:1", "opencl:0/0of2"},
                                         std::vector<std::string>{"opencl:0/0of2", "cpu:1"}),
                         [](const auto& one) {
                           std::string name;
                           for (const std::string& id : one.param) {
                             for (const char c : id) name += c == ':' || c == '/' ? '_' : c;
                             name += "_";
                           }
                           return name;
                         });

}  // namespace
}  // namespace motley::workloads
