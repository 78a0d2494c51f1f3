// Is the peak memory that a plan predicts what the network then really takes? On OpenCL devices by
// what passed through the table, on CPUs by what the process grew by.
#include "workloads/live_memory.hpp"

#include <gtest/gtest.h>
#include <memory>

#include "devices/machine.hpp"
#include "harness/error.hpp"

namespace motley::workloads {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool process_is_as_written = false;  // a sanitizer keeps memory of its own
#elif defined(__has_feature)
constexpr bool process_is_as_written = !__has_feature(address_sanitizer);
#else
constexpr bool process_is_as_written = true;
#endif

class MemoryOf : public testing::TestWithParam<const char*> {
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
  Places places() { return {*processor_, *queue_, host_.get(), host_queue_.get()}; }

  void expect_as_planned(const std::map<std::string, double>& measured,
                         const Execution& execution) {
    const double planned = execution.plan().memory_bytes();
    ASSERT_GE(planned, 64 << 20) << "too small to tell";
    EXPECT_NEAR(measured.at("live"), measured.at("planned"), 0.1 * measured.at("planned"));
    EXPECT_EQ(measured.contains("process"), processor_->members() > 0);
    if (!measured.contains("process") || !process_is_as_written) return;
    EXPECT_NEAR(measured.at("process"), planned, 0.1 * planned);
  }

  std::unique_ptr<Machine> machine_;
  std::unique_ptr<Processor> processor_, host_;
  std::unique_ptr<Queue> queue_, host_queue_;
};

TEST_P(MemoryOf, TrainingIsAsPlanned) {
  for (const char* model : {"mobilenet_v2:resolution=96", "resnet18:resolution=32"}) {
    for (const Residency residency :
         {Residency::resident, Residency::staged, Residency::framework}) {
      SCOPED_TRACE(std::string(model) + " " + to_string(residency));
      TrainingOptions options;
      options.model = model;
      options.batch = 4;
      options.residency = residency;
      options.optimizer.separate = residency == Residency::framework;
      const LiveMemory live(places(), machine_.get());
      Training training(options, places(), first_choice);
      expect_as_planned(live.measured(training), training.execution());
      EXPECT_EQ(training.steps(), 0u);
    }
  }
}

TEST_P(MemoryOf, InferenceIsAsPlanned) {
  InferenceOptions options;
  options.model = "squeezenet";
  options.batch = 16;
  const LiveMemory live(places(), machine_.get());
  Inference inference(options, places(), first_choice);
  expect_as_planned(live.measured(inference), inference.execution());
}

TEST_P(MemoryOf, NothingIsLeftBehind) {
  const std::size_t before = processor_->allocated_bytes();
  {
    Training training({}, places(), first_choice);
    training.step();
    EXPECT_GT(processor_->allocated_bytes(), before);
  }
  EXPECT_EQ(processor_->allocated_bytes(), before);
}

INSTANTIATE_TEST_SUITE_P(Networks, MemoryOf, testing::Values("cpu", "opencl:0"),
                         [](const auto& one) {
                           return std::string(one.param).substr(0,
                                                                std::string(one.param).find(':'));
                         });

}  // namespace
}  // namespace motley::workloads
