#include "workloads/learning_block.hpp"

#include <algorithm>
#include <cmath>

namespace motley::workloads {
namespace {

constexpr std::uint64_t steps_between_looks = 50;
constexpr std::size_t most_samples = 4096;  // a line stays below a megabyte

void add(const StepRecord& step, schema::Block& block) {
  if (block.samples.host_seconds.size() < most_samples) {
    block.samples.started_seconds.push_back(step.started_seconds);
    block.samples.host_seconds.push_back(step.host_seconds);
  }
  if (!step.loss || !std::isfinite(*step.loss) || block.series["loss"].size() >= most_samples) {
    return;
  }
  block.series["step"].push_back(double(step.step));
  block.series["loss"].push_back(*step.loss);
}

Learning::Quality test(Learning& learning, const LearningGoal& goal, schema::Block& block) {
  const Learning::Quality quality = learning.test(goal.test_samples);
  block.series["tested_step"].push_back(double(learning.steps()));
  block.series["accuracy"].push_back(quality.accuracy);
  block.series["test_loss"].push_back(quality.loss);
  return quality;
}

}  // namespace

void learn(Learning& learning, const LearningGoal& goal, const GoOn& go_on, Clock& clock,
           schema::Block& block) {
  const double started = clock.seconds();
  const std::uint64_t epoch = learning.steps_per_epoch();
  const std::uint64_t last =
      goal.steps.value_or(goal.accuracy ? epoch * goal.most_epochs : std::uint64_t{100});
  block.stopped_by = "budget";
  while (learning.steps() < last) {
    std::uint64_t next = std::min(steps_between_looks, last - learning.steps());
    next = std::min(next, epoch - learning.steps() % epoch);
    for (const StepRecord& step : learning.run(next)) add(step, block);
    if (!go_on(learning, block)) {
      block.stopped_by = "interrupt";
      break;
    }
    const bool look = goal.accuracy && learning.steps() % epoch == 0;
    if (look && test(learning, goal, block).accuracy >= *goal.accuracy) {
      block.stopped_by = "accuracy";
      break;
    }
  }
  const std::vector<double>& tested = block.series["tested_step"];
  if (tested.empty() || tested.back() != double(learning.steps())) test(learning, goal, block);
  block.phases["sample"] = clock.seconds() - started;
  block.phases["data"] = learning.data_seconds();
}

}  // namespace motley::workloads
