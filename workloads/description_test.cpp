// What a description says of memory is what a plan of the same network then takes.
#include "workloads/description.hpp"

#include <gtest/gtest.h>

#include "devices/machine.hpp"
#include "workloads/inference.hpp"
#include "workloads/training.hpp"

namespace motley::workloads {
namespace {

TEST(Description, MemoryOfInferenceIsThatOfTheNetworkThatIsRun) {
  const auto machine = devices::real_machine();
  const auto cpu = machine->open("cpu:0");
  const auto queue = cpu->queue();
  for (const char* spec :
       {"resnet8", "mobilenet_v1:width=0.25,resolution=32", "gpt:decode=1,layers=1,context=8"}) {
    SCOPED_TRACE(spec);
    Inference inference({spec, 2}, {*cpu, *queue}, first_choice);
    const auto planned = inference.execution().plan().memory();
    const ModelDescription described = describe_model(spec, 2);
    for (const char* category : {"activations", "state"}) {
      const auto found = described.inference_memory_bytes.find(category);
      const auto expected = planned.find(category);
      EXPECT_EQ(found == described.inference_memory_bytes.end() ? 0 : found->second,
                expected == planned.end() ? 0 : expected->second)
          << category;
    }
    EXPECT_GE(described.inference_memory_bytes.at("weights"), 4 * described.parameters);
    EXPECT_LE(described.inference_memory_bytes.at("weights"), planned.at("weights"));
  }
}

TEST(Description, ADecoderHasNoFiguresOfTraining) {
  const ModelDescription decoder = describe_model("gpt:decode=1,layers=1,context=8", 1);
  EXPECT_FALSE(decoder.trains);
  EXPECT_TRUE(decoder.training_memory_bytes.empty());
  EXPECT_TRUE(describe_model("lenet5", 1).trains);
}

}  // namespace
}  // namespace motley::workloads
