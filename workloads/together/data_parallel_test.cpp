// Does training with a split batch go where training on one processor goes?
#include "workloads/together/data_parallel.hpp"

#include <gtest/gtest.h>

#include "devices/machine.hpp"
#include "harness/error.hpp"

namespace motley::workloads {
namespace {

constexpr int steps = 3;

class SplitBatch : public testing::TestWithParam<std::vector<std::string>> {
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

  void expect_same(const DataParallelOptions& options) {
    const auto queue = processors_.front()->queue();
    Training alone(options.training, {*processors_.front(), *queue, nullptr, nullptr},
                   first_choice);
    DataParallel both(options, {{*processors_[0], first_choice}, {*processors_[1], first_choice}});
    for (int step = 0; step < steps; ++step) {
      alone.step();
      both.step();
      EXPECT_NEAR(both.loss(), alone.loss(), 1e-4 * std::abs(alone.loss()) + 1e-6) << step;
    }
    for (const Tensor& tensor : alone.model().graph.tensors()) {
      if (tensor.role != Role::parameter || tensor.view_of != no_tensor) continue;
      const TensorId id = alone.model().graph.find(tensor.name);
      EXPECT_LE(normalised_error(both.parameter(tensor.name), alone.execution().values(id)), 1e-3)
          << tensor.name;
    }
  }

  std::unique_ptr<Machine> machine_;
  std::vector<std::unique_ptr<Processor>> processors_;
};

TEST_P(SplitBatch, LearnsAsOneProcessorDoes) {
  for (const char* model : {"lenet5", "mlp:widths=20-16-5"}) {
    for (const double ratio : {0.0, 0.3, 0.5, 1.0}) {
      for (const char* optimizer : {"momentum", "adam"}) {
        SCOPED_TRACE(std::string(model) + " " + optimizer + std::to_string(ratio));
        DataParallelOptions options;
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

TEST_P(SplitBatch, TakesTheBatchThatItIsGiven) {
  DataParallelOptions options;
  options.training.model = "mlp:widths=6-4-3";
  options.training.batch = 4;
  options.ratio = 0.25;
  DataParallel both(options, {{*processors_[0], first_choice}, {*processors_[1], first_choice}});
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
      DataParallel(options, {{*processors_[0], first_choice}, {*processors_[1], first_choice}}),
      BadArgument);
}

INSTANTIATE_TEST_SUITE_P(Networks, SplitBatch,
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
