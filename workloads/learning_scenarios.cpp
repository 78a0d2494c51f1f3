// How trainings repeat their steps: learning_block.hpp does it, the names are here.
#include "harness/scenario.hpp"

namespace motley::workloads {
namespace {

const ScenarioRegistration train_steps([] {
  return Scenario{
      "train_steps", "So many steps of training", "the case's metric", "loss is finite", {},
      Learned(false)};
});

const ScenarioRegistration train_to_accuracy([] {
  return Scenario{"train_to_accuracy",
                  "Training until an accuracy on the test split",
                  "the case's metric",
                  "the accuracy was reached: stopped_by is accuracy",
                  {},
                  Learned(true)};
});

}  // namespace
}  // namespace motley::workloads
