// The trainings are on the harness' list of scenarios.
#include <gtest/gtest.h>

#include "harness/scenario.hpp"

namespace motley::workloads {
namespace {

TEST(LearningScenarios, AreOnTheList) {
  EXPECT_FALSE(std::get<Learned>(find_scenario("train_steps").implementation).until_accuracy);
  EXPECT_TRUE(std::get<Learned>(find_scenario("train_to_accuracy").implementation).until_accuracy);
}

}  // namespace
}  // namespace motley::workloads
