// What is left of a training when its device fails in the middle of it?
#include "workloads/learning.hpp"

#include <gtest/gtest.h>
#include <memory>

#include "devices/machine.hpp"
#include "devices/opencl/test_device.hpp"
#include "workloads/graph/timeline.hpp"

namespace motley::workloads {
namespace {

constexpr std::uint64_t good_steps = 4;

class LosingADevice : public testing::Test {
 protected:
  /// Throws Unsupported where there is none.
  void start(const std::string& faults) {
    const opencl::Variable variable("MOTLEY_FAULT", faults);
    learning_.reset();
    queue_.reset();
    processor_.reset();
    machine_ = devices::real_machine();
    processor_ = machine_->open("opencl:0");
    queue_ = processor_->queue();
    TrainingOptions options;
    options.model = "mlp:widths=784-16-10";
    options.batch = 4;
    learning_ = std::make_unique<Learning>(options, Places{*processor_, *queue_, nullptr, nullptr},
                                           first_choice, *data_, steady_clock());
  }
  double launches_of_a_step() {
    Execution& execution = learning_->training().execution();
    RunScalars scalars = learning_->training().scalars();
    scalars["step"] = 1;
    const auto times = execution.run_profiled(scalars, 0, 1, steady_clock());
    return timeline(execution.plan(), times, true).counts.at("launches");
  }

  std::unique_ptr<DataSet> data_ = open_data_set({"glyphs", "", 1});
  std::unique_ptr<Machine> machine_;
  std::unique_ptr<Processor> processor_;
  std::unique_ptr<Queue> queue_;
  std::unique_ptr<Learning> learning_;
  std::vector<StepsRecord> finished_;
  const Learning::Finished note_ = [this](const StepsRecord& record) {
    finished_.push_back(record);
  };
};

TEST_F(LosingADevice, KeepsTheStateOfTheStepsBeforeAndSaysSo) {
  try {
    start("");
  } catch (const Unsupported& why) {
    GTEST_SKIP() << why.what();
  }
  const auto launches = std::uint64_t(launches_of_a_step());
  start("");
  learning_->run(good_steps, note_);
  std::map<TensorId, Values> expected;
  for (const auto& [id, values] : learning_->kept_state()) {  // of before the first step
    expected[id] = learning_->training().execution().values(id);
  }
  EXPECT_NE(learning_->kept_state(), expected) << "nothing was learnt";

  finished_.clear();
  // In the third step behind the good ones.
  start("clEnqueueNDRangeKernel:fail=CL_OUT_OF_RESOURCES:after=" +
        std::to_string((good_steps + 2) * launches + launches / 2));
  learning_->run(good_steps, note_);
  try {
    learning_->run(5, note_);
    FAIL() << "it was not lost";
  } catch (const DeviceLost& lost) {
    const std::string text = lost.what();
    for (const char* part : {"clEnqueueNDRangeKernel", "CL_OUT_OF_RESOURCES", "step 7", "step 4"}) {
      EXPECT_NE(text.find(part), std::string::npos) << text;
    }
    EXPECT_EQ(text.find('\n'), std::string::npos);
  }
  EXPECT_EQ(finished_.size(), good_steps + 2) << "steps whose loss came back";
  EXPECT_EQ(learning_->kept_step(), good_steps);
  EXPECT_EQ(learning_->kept_state(), expected);
}

TEST_F(LosingADevice, InATestKeepsTheStateOfTheLastStep) {
  try {
    start("");
  } catch (const Unsupported& why) {
    GTEST_SKIP() << why.what();
  }
  const auto launches = std::uint64_t(launches_of_a_step());
  start("clEnqueueNDRangeKernel:fail=CL_OUT_OF_RESOURCES:after=" +
        std::to_string(good_steps * launches));
  learning_->run(good_steps, note_);
  try {
    learning_->test(8);
    FAIL() << "it was not lost";
  } catch (const DeviceLost& lost) {
    EXPECT_NE(std::string(lost.what()).find("the test behind step 4"), std::string::npos)
        << lost.what();
  }
  EXPECT_EQ(learning_->kept_step(), good_steps);
}

}  // namespace
}  // namespace motley::workloads
