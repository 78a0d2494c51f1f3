#include "workloads/learning_block.hpp"

#include <algorithm>
#include <cmath>

namespace motley::workloads {
namespace {

constexpr std::uint64_t steps_between_looks = 50;
constexpr std::size_t most_samples = 4096;  // a line stays below a megabyte

/// Samples hold whole groups of steps only: a shorter last one is in the loss curve alone.
void add(const StepsRecord& record, schema::Block& block) {
  if (block.samples.host_seconds.empty()) block.runs_per_sample = std::int64_t(record.steps);
  if (block.samples.host_seconds.size() < most_samples &&
      std::int64_t(record.steps) == block.runs_per_sample) {
    block.samples.started_seconds.push_back(record.started_seconds);
    block.samples.host_seconds.push_back(record.host_seconds);
  }
  if (!std::isfinite(record.loss) || block.series["loss"].size() >= most_samples) return;
  block.series["step"].push_back(double(record.last_step));
  block.series["loss"].push_back(record.loss);
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
    learning.run(next, [&](const StepsRecord& record) { add(record, block); });
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
