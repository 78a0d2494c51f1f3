// Momentum as one operator and as three: the same bits, on each processor, or moving what lies
// between the three would change what is trained.
#include <gtest/gtest.h>

#include "devices/machine.hpp"
#include "harness/error.hpp"
#include "workloads/graph/bound_operator.hpp"
#include "workloads/graph/choice.hpp"
#include "workloads/graph/values.hpp"

namespace motley::workloads {
namespace {

const TensorType type = {{3, 337}};
const RunScalars scalars = {{"learning_rate", 0.03}};

/// Buffers that operators run on, one after another.
class Runner {
 public:
  explicit Runner(Processor& processor) : processor_(processor), queue_(processor.queue()) {}

  Buffer* random(std::uint64_t stream) {
    const auto bytes = to_bytes(type, random_values(type, {}, 5, stream));
    buffers_.push_back(processor_.allocate(type.bytes()));
    queue_->write(*buffers_.back(), bytes.data(), bytes.size());
    queue_->finish();
    return buffers_.back().get();
  }

  void run(const std::string& name, const Attributes& attributes, std::vector<Buffer*> inputs,
           std::vector<Buffer*> outputs) {
    const OperatorKind& kind = operator_kind(name);
    const Call call = make_call(kind, attributes, std::vector<TensorType>(inputs.size(), type));
    const Choice choice = first_choice(name, call, processor_);
    const Lowered lowered = choice.implementation->lower(call, processor_, choice.tuning);
    BoundOperator bound(processor_, lowered, {std::move(inputs), std::move(outputs), {}, {}});
    bound.give(*queue_, scalars);
    queue_->finish();
  }

  std::vector<std::byte> content(Buffer* buffer) {
    std::vector<std::byte> bytes(type.bytes());
    queue_->read(*buffer, bytes.data(), bytes.size());
    queue_->finish();
    return bytes;
  }

 private:
  Processor& processor_;
  std::unique_ptr<Queue> queue_;
  std::vector<std::unique_ptr<Buffer>> buffers_;
};

class Momentum : public testing::TestWithParam<std::string> {};

TEST_P(Momentum, IsTheSameToTheBitInOneStepAndInThree) {
  const auto machine = devices::real_machine();
  std::unique_ptr<Processor> processor;
  try {
    processor = machine->open(GetParam());
  } catch (const Unsupported& error) {
    GTEST_SKIP() << error.what();
  }
  processor->wake();
  Runner runner(*processor);
  const Attributes factor = {{"momentum", 0.9}}, decay = {{"weight_decay", 0.01}};
  Attributes both = factor;
  both.merge(Attributes(decay));
  Buffer *parameter = runner.random(0), *gradient = runner.random(1), *velocity = runner.random(2);
  Buffer *same_parameter = runner.random(0), *same_velocity = runner.random(2);
  Buffer* decayed = runner.random(3);

  for (int step = 0; step < 3; ++step) {
    runner.run("momentum", both, {parameter, gradient, velocity}, {parameter, velocity});
    runner.run("decay", decay, {gradient, same_parameter}, {decayed});
    runner.run("momentum_velocity", factor, {same_velocity, decayed}, {same_velocity});
    runner.run("apply_velocity", {}, {same_parameter, same_velocity}, {same_parameter});
  }
  EXPECT_EQ(runner.content(parameter), runner.content(same_parameter));
  EXPECT_EQ(runner.content(velocity), runner.content(same_velocity));
}

INSTANTIATE_TEST_SUITE_P(Processors, Momentum, testing::Values("cpu", "opencl:0"),
                         [](const auto& one) { return one.param.substr(0, 3); });

}  // namespace
}  // namespace motley::workloads
