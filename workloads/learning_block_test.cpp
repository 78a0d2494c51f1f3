// Does a training end with what was asked for, whatever the size of its data and its length?
#include "workloads/learning_block.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <memory>
#include <utility>

#include "devices/machine.hpp"
#include "harness/error.hpp"

namespace motley::workloads {
namespace {

/// The class is the sign of the first value.
class Signs : public DataSet {
 public:
  Signs(std::int64_t width, std::uint64_t test_samples) : DataSet(describe(width, test_samples)) {}

 private:
  static DataDescription describe(std::int64_t width, std::uint64_t test_samples) {
    DataDescription description;
    description.name = "signs";
    description.sample.shape = {width};
    description.classes = 2;
    description.train_samples = 28;
    description.test_samples = test_samples;
    return description;
  }
  void sample(Split split, std::uint64_t index, std::span<float> values,
              std::span<std::int32_t> label) const override {
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = float((index * 7 + i * 3 + (split == Split::test ? 5 : 0)) % 11) / 5 - 1;
    }
    label[0] = values[0] < 0;
  }
};

class LearningOnCpu : public testing::Test {
 protected:
  std::unique_ptr<Learning> learning(const DataSet& data) {
    return std::make_unique<Learning>(options_, Places{*processor_, *queue_, nullptr, nullptr},
                                      first_choice, data, steady_clock());
  }
  double loss_of_autoencoder(std::int64_t batch) {
    const std::string model = std::exchange(options_.model, "autoencoder");
    const std::int64_t before = std::exchange(options_.batch, batch);
    const Signs data(640, 7);
    const double loss = learning(data)->test(2000).loss;
    options_.model = model;
    options_.batch = before;
    return loss;
  }
  void learn_until(Learning& learning, const LearningGoal& goal) {
    learn(
        learning, goal, [](const auto&, const auto&) { return true; }, steady_clock(), block_);
  }

  std::unique_ptr<Machine> machine_ = devices::real_machine();
  std::unique_ptr<Processor> processor_ = machine_->open("cpu");
  std::unique_ptr<Queue> queue_ = processor_->queue();
  TrainingOptions options_ = [] {
    TrainingOptions options;
    options.model = "mlp:widths=4-2";
    options.batch = 4;
    return options;
  }();
  schema::Block block_;
};

TEST_F(LearningOnCpu, RefusesLabelsThatTheModelDoesNotTake) {
  options_.model = "bert:layers=1,hidden=64,sequence=64";
  const auto letters = open_data_set({"grammar", "", 1, 64});
  EXPECT_THROW(refuse_other_shapes(training_model(options_), *letters), BadArgument);
  EXPECT_THROW(learning(*letters), BadArgument);
  options_.model = "autoencoder";
  EXPECT_THROW(refuse_other_shapes(training_model(options_), Signs(639, 9)), BadArgument);
  EXPECT_THROW(refuse_other_shapes(training_model(options_), Signs(640, 0)), BadArgument);
}

TEST_F(LearningOnCpu, WithoutLabelsTestsTheReconstruction) {
  options_.model = "autoencoder";
  const Signs data(640, 9);
  const auto training = learning(data);
  learn_until(*training, {3, {}});
  EXPECT_FALSE(block_.series.contains("accuracy"));
  EXPECT_GT(block_.series.at("test_loss").at(0), 0);
  EXPECT_THROW(learn_until(*training, {3, 0.5}), BadArgument);
}

TEST_F(LearningOnCpu, TestsOnAllThatASmallSplitHas) {
  const Signs data(4, 7);
  const Quality in_batches = learning(data)->test(2000);  // of 4: the second is not full
  const double of_values = loss_of_autoencoder(4);
  options_.batch = 7;
  const Quality at_once = learning(data)->test(2000);
  EXPECT_NEAR(of_values, loss_of_autoencoder(7), 1e-5 * of_values);
  EXPECT_NEAR(in_batches.loss, at_once.loss, 1e-6);
  EXPECT_EQ(*in_batches.accuracy, *at_once.accuracy);
  EXPECT_NEAR(*at_once.accuracy * 7, std::round(*at_once.accuracy * 7), 1e-9);
}

TEST_F(LearningOnCpu, ALossOnUnseenSamplesThatIsNoNumberIsAFailure) {
  options_.learning_rate = 1e39;  // the loss of the first step comes before its update
  const Signs data(4, 7);
  const auto training = learning(data);
  EXPECT_THROW(learn_until(*training, {1, {}}), NotANumber);
  EXPECT_FALSE(block_.series.contains("test_loss")) << "no record may hold it";
}

TEST_F(LearningOnCpu, ALongTrainingIsRecordedToItsEnd) {
  const Signs data(4, 7);
  const auto training = learning(data);
  learn_until(*training, {5000, {}});
  const std::vector<double>& steps = block_.series.at("step");
  EXPECT_EQ(steps.front(), 1);
  EXPECT_EQ(steps.at(1), 3);
  EXPECT_EQ(steps.back(), 5000);
  EXPECT_EQ(steps.size(), block_.series.at("loss").size());
  EXPECT_EQ(block_.samples.host_seconds.size(), 2500U);
  EXPECT_EQ(std::get<std::int64_t>(block_.details.at("recorded_every")), 2);
}

TEST_F(LearningOnCpu, EpochsDoNotCutTheStepsBetweenTwoLosses) {
  options_.residency = Residency::resident_async;
  options_.loss_period = 20;  // an epoch has 7
  const Signs data(4, 7);
  const auto training = learning(data);
  ASSERT_EQ(training->period(), 20U);
  learn_until(*training, {100, 1.1});
  EXPECT_EQ(block_.runs_per_sample, 20);
  EXPECT_EQ(block_.series.at("step"), (std::vector<double>{20, 40, 60, 80, 100}));
}

}  // namespace
}  // namespace motley::workloads
