// Training towards a goal, as a block: a sample a step, the loss curve, accuracy where it was
// tested.
#pragma once

#include <functional>
#include <optional>

#include "workloads/learning.hpp"

namespace motley::workloads {

struct LearningGoal {
  std::optional<std::uint64_t> steps;  ///< at most; default 100, or epochs where accuracy is wanted
  std::optional<double> accuracy;      ///< on the test split; looked at after each epoch
  std::uint64_t most_epochs = 20;
  std::uint64_t test_samples = 2000;
};

/// Asked now and then; false ends the training as an interrupt.
using GoOn = std::function<bool(const Learning&, const schema::Block&)>;

/// Throws BadArgument where the network cannot reach such a goal.
void refuse_other_goals(const Model& model, const LearningGoal& goal);

/// Fills samples, series (step, loss; tested_step, accuracy, test_loss), stopped_by and phases
/// (data and test are parts of sample). Of a long training only every so many groups of steps are
/// recorded: details recorded_every. Throws as refuse_other_goals before the first step,
/// NotANumber and DeviceLost; what came before is in the block.
void learn(Learning& learning, const LearningGoal& goal, const GoOn& go_on, Clock& clock,
           schema::Block& block);

}  // namespace motley::workloads
