// Does the real machine, whichever runs this test, describe and open what it lists?
#include "devices/machine.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>
#include <string>

#include "devices/testdata/trees.hpp"
#include "harness/error.hpp"

namespace motley::devices {
namespace {

TEST(RealMachine, OpensEveryCpuProcessorItLists) {
  const auto machine = real_machine();
  const auto ids = machine->processor_ids();
  ASSERT_FALSE(ids.empty());
  EXPECT_EQ(ids[0], "cpu");
  for (const std::string& id : ids) {
    if (!id.starts_with("cpu")) continue;
    const auto processor = machine->open(id);
    EXPECT_EQ(processor->description().id, id);
    EXPECT_EQ(processor->description().kind, "cpu");
    EXPECT_GE(processor->members(), 1u);
  }
  for (const std::string& id : machine->default_processor_ids()) {
    EXPECT_NE(std::find(ids.begin(), ids.end(), id), ids.end()) << id;
  }
}

TEST(RealMachine, AnyNameOfASetIsTheSameProcessor) {
  const auto machine = real_machine();
  const std::string allowed = std::get<std::string>(machine->device().facts.at("cores_allowed"));
  EXPECT_EQ(machine->open("cpu:" + allowed)->members(), machine->open("cpu")->members());
  EXPECT_EQ(machine->open("cpu:" + allowed)->description().id, "cpu:" + allowed);
}

TEST(RealMachine, UnknownNamesAreAnswered) {
  const auto machine = real_machine();
  for (const char* id : {"", "gpu", "cpux", "cpu:", "cpu:none", "cpu:100000", "opencl:99"}) {
    try {
      machine->open(id);
      ADD_FAILURE() << "opened " << id;
    } catch (const Error& error) {
      EXPECT_FALSE(std::string(error.what()).empty());
    }
  }
  EXPECT_THROW(machine->open("cpux"), UnknownName);
}

TEST(RealMachine, ReadsInstrumentsConditionsAndThisThread) {
  const auto machine = real_machine();
  std::size_t values = 0;
  for (const auto& instrument : machine->instruments()) {
    const Reading reading = instrument->read();
    EXPECT_EQ(reading.reason.empty(), reading.state == Reading::State::value) << instrument->name();
    values += reading.state == Reading::State::value;
  }
  EXPECT_GT(values, 5u);
  EXPECT_TRUE(machine->conditions().contains("load_average_1m"));
  EXPECT_GE(machine->thread_state().core, 0);
  EXPECT_GT(machine->boot_seconds(), 0);
}

TEST(RealMachine, InventoryNamesEachProcessorOnce) {
  const Inventory inventory = real_machine()->inventory();
  std::set<std::string> ids;
  for (const auto& processor : inventory.processors) {
    EXPECT_TRUE(ids.insert(processor.id).second) << processor.id;
  }
  EXPECT_TRUE(ids.contains("cpu"));
  EXPECT_FALSE(inventory.instruments.empty());
  for (const auto& broken : inventory.broken) EXPECT_FALSE(broken.reason.empty()) << broken.id;
}

TEST(RealMachine, ReadsFilesUnderItsRootOnly) {
  const auto machine = real_machine(tree("snapdragon_865"));
  EXPECT_EQ(machine->device().name, "Xiaomi Mi 10");
  EXPECT_EQ(machine->device().clusters.size(), 3u);
  EXPECT_DOUBLE_EQ(machine->thread_state().waited_seconds.value_or(-1), 1875000e-9);
  EXPECT_EQ(machine->conditions().at("governor/policy0"), schema::Fact(std::string("schedutil")));
}

}  // namespace
}  // namespace motley::devices
