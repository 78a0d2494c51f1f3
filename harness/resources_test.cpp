#include "harness/resources.hpp"

#include <gtest/gtest.h>

#include "harness/error.hpp"
#include "harness/simulated_machine.hpp"

namespace motley {
namespace {

TEST(Resources, AreASpec) {
  const Spec some = parse_resources("memory=512M,threads=1,governor=powersave");
  EXPECT_EQ(some.integer("memory"), 512 << 20);
  EXPECT_EQ(some.canonical(), "resources:governor=powersave,memory=536870912,threads=1");
  EXPECT_THROW(parse_resources("cores=1"), UnknownName);
  EXPECT_THROW(parse_resources("priority=20"), BadArgument);
  EXPECT_THROW(parse_resources("threads=-1"), BadArgument);
}

TEST(Resources, ThreadsNeedCores) {
  VirtualClock clock;
  SimulatedMachine machine(clock);
  EXPECT_EQ(with_threads(machine, "cpu", 0), "cpu");
  EXPECT_THROW(with_threads(machine, "cpu", 1), Unsupported) << "a processor that names no cores";
}

}  // namespace
}  // namespace motley
