#include "workloads/learning_block.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace motley::workloads {
namespace {

constexpr std::uint64_t steps_between_looks = 50;
constexpr std::size_t most_samples = 4096;  // a line stays below a megabyte

/// Every second one, the first included, stays.
void thin(std::vector<double>& values) {
  for (std::size_t i = 0; 2 * i < values.size(); ++i) values[i] = values[2 * i];
  values.resize((values.size() + 1) / 2);
}

/// Samples and loss curve of a training of any length: where they are full every second point goes,
/// and from then on as many are passed over.
class Curve {
 public:
  explicit Curve(schema::Block& block) : block_(block) {}

  /// Samples hold whole groups of steps only: a shorter last one is in the loss curve alone.
  void add(const StepsRecord& record) {
    if (groups_ == 0) block_.runs_per_sample = std::int64_t(record.steps);
    last_ = record;
    if (groups_++ % stride_ != 0) return;
    if (std::int64_t(record.steps) == block_.runs_per_sample) {
      block_.samples.started_seconds.push_back(record.started_seconds);
      block_.samples.host_seconds.push_back(record.host_seconds);
    }
    add_loss();
    if (block_.series["loss"].size() < most_samples) return;
    for (auto* values : {&block_.series["step"], &block_.series["loss"],
                         &block_.samples.started_seconds, &block_.samples.host_seconds}) {
      thin(*values);
    }
    stride_ *= 2;
    block_.details["recorded_every"] = std::int64_t(stride_);
  }

  /// The last point belongs to the curve whatever the stride.
  void end() {
    const std::vector<double>& steps = block_.series["step"];
    if (!steps.empty() && steps.back() < double(last_.last_step)) add_loss();
  }

 private:
  void add_loss() {
    if (!std::isfinite(last_.loss)) return;
    block_.series["step"].push_back(double(last_.last_step));
    block_.series["loss"].push_back(last_.loss);
  }

  schema::Block& block_;
  StepsRecord last_;
  std::uint64_t groups_ = 0, stride_ = 1;
};

Quality test(Learning& learning, const LearningGoal& goal, Clock& clock, schema::Block& block) {
  const double started = clock.seconds();
  const Quality quality = learning.test(goal.test_samples);
  block.series["tested_step"].push_back(double(learning.steps()));
  if (quality.accuracy) block.series["accuracy"].push_back(*quality.accuracy);
  block.series["test_loss"].push_back(quality.loss);
  block.phases["test"] += clock.seconds() - started;
  return quality;
}

/// So that no group of steps between two losses is cut.
std::uint64_t whole_periods(std::uint64_t steps, std::uint64_t period) {
  return (steps + period - 1) / period * period;
}

}  // namespace

void refuse_other_goals(const Model& model, const LearningGoal& goal) {
  if (!goal.accuracy || model.label != no_tensor) return;
  throw BadArgument(fmt::format(
      "{} takes no labels (it has no accuracy to reach). Say how many --steps.", model.graph.name));
}

void learn(Learning& learning, const LearningGoal& goal, const GoOn& go_on, Clock& clock,
           schema::Block& block) {
  refuse_other_goals(learning.training().model(), goal);
  const double before = clock.seconds();
  learning.prepare_test();
  const double started = clock.seconds();
  block.phases["prepare"] += started - before;
  const std::uint64_t period = learning.period();
  const std::uint64_t epoch = whole_periods(learning.steps_per_epoch(), period);
  const std::uint64_t last =
      goal.steps.value_or(goal.accuracy ? epoch * goal.most_epochs : std::uint64_t{100});
  block.stopped_by = "budget";
  Curve curve(block);
  while (learning.steps() < last) {
    std::uint64_t next =
        std::min(whole_periods(steps_between_looks, period), last - learning.steps());
    if (goal.accuracy) next = std::min(next, epoch - learning.steps() % epoch);
    learning.run(next, [&](const StepsRecord& record) { curve.add(record); });
    if (!go_on(learning, block)) {
      block.stopped_by = "interrupt";
      break;
    }
    const bool look = goal.accuracy && learning.steps() % epoch == 0;
    if (look && *test(learning, goal, clock, block).accuracy >= *goal.accuracy) {
      block.stopped_by = "accuracy";
      break;
    }
  }
  curve.end();
  const std::vector<double>& tested = block.series["tested_step"];
  if (tested.empty() || tested.back() != double(learning.steps())) {
    test(learning, goal, clock, block);
  }
  block.phases["sample"] = clock.seconds() - started;
  block.phases["data"] = learning.data_seconds();
}

}  // namespace motley::workloads
