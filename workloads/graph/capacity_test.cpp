// Is a network that does not fit refused with what would? A processor that has less memory than it
// has.
#include "workloads/graph/capacity.hpp"

#include <gtest/gtest.h>
#include <regex>

#include "devices/machine.hpp"
#include "harness/error.hpp"
#include "workloads/training.hpp"

namespace motley::workloads {
namespace {

class Small : public Processor {
 public:
  explicit Small(std::unique_ptr<Processor> real) : real_(std::move(real)) {}
  const schema::Processor& description() const override { return real_->description(); }
  ProcessorKind kind() const override { return real_->kind(); }
  unsigned members() const override { return real_->members(); }
  std::unique_ptr<Buffer> allocate(std::size_t bytes, const BufferOptions& options) override {
    return real_->allocate(bytes, options);
  }
  std::unique_ptr<LoadedKernel> load(const Kernel& kernel) override { return real_->load(kernel); }
  std::unique_ptr<Queue> queue(const QueueOptions& options) override {
    return real_->queue(options);
  }
  std::size_t maximum_buffer_bytes() const override { return most_in_one; }
  std::size_t available_bytes() const override { return available; }

  std::size_t most_in_one = std::size_t{1} << 40, available = std::size_t{1} << 40;

 private:
  std::unique_ptr<Processor> real_;
};

class Capacities : public testing::Test {
 protected:
  Plan plan(const std::string& model, std::int64_t batch) {
    TrainingOptions options;
    options.model = model;
    options.batch = batch;
    PlanOptions plan;
    plan.batch = batch;
    return make_plan(training_model(options).graph, {&small_}, first_choice, plan);
  }
  /// Empty: it fits.
  std::string refusal(const std::string& model, std::int64_t batch) {
    try {
      plan(model, batch);
    } catch (const Unsupported& error) {
      return error.what();
    }
    return "";
  }
  static std::int64_t advised(const std::string& text) {
    std::smatch found;
    if (!std::regex_search(text, found, std::regex("A batch of about ([0-9]+) would"))) return 0;
    return std::stoll(found[1]);
  }

  std::unique_ptr<Machine> machine_ = devices::real_machine();
  Small small_{machine_->open("cpu")};
};

/// Who follows the advice, and once more where a smaller batch is computed in another way, gets to
/// a batch that fits and is not much smaller than it has to be.
TEST_F(Capacities, TheAdviceLeadsToABatchThatFits) {
  constexpr std::int64_t fits = 24;
  for (const char* model : {"lenet5", "resnet8", "gpt:context=16"}) {
    SCOPED_TRACE(model);
    small_.available = std::size_t(plan(model, fits).memory_bytes());
    std::int64_t batch = 256;
    std::string text = refusal(model, batch);
    for (const char* part : {"activations", "weights", "free", "MiB", model}) {
      EXPECT_NE(text.find(part), std::string::npos) << text;
    }
    for (int i = 0; i < 3 && !text.empty(); ++i) {
      EXPECT_LT(advised(text), batch) << text;
      batch = advised(text);
      ASSERT_GT(batch, 0) << text;
      text = refusal(model, batch);
    }
    EXPECT_EQ(text, "");
    EXPECT_GE(batch, fits / 2);
    small_.available = std::size_t{1} << 40;
  }
}

TEST_F(Capacities, ParametersThatDoNotFitFitInNoBatch) {
  small_.available = std::size_t(plan("mlp:widths=784-512-10", 1).memory().at("weights"));
  const std::string text = refusal("mlp:widths=784-512-10", 4);
  EXPECT_NE(text.find("Not even one sample"), std::string::npos) << text;
}

TEST_F(Capacities, ABufferThatTheDriverDoesNotGiveIsToldBeforeItIsAskedFor) {
  small_.most_in_one = 16 << 20;
  const std::string text = refusal("resnet8", 512);
  EXPECT_NE(text.find("a buffer of"), std::string::npos) << text;
  const std::int64_t batch = advised(text);
  ASSERT_GT(batch, 0) << text;
  EXPECT_EQ(refusal("resnet8", batch), "");
  small_.most_in_one = 4;
  EXPECT_NE(refusal("resnet8", 1), "");
}

}  // namespace
}  // namespace motley::workloads
