// What does a user of train and infer ask for? Read from the options and refused where it cannot be
// meant, before a file is made: names of processors and operators, data, modes, goals.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/cli/options.hpp"
#include "harness/machine.hpp"
#include "workloads/data/data_set.hpp"
#include "workloads/inference.hpp"
#include "workloads/learning_block.hpp"

namespace motley::cli {

/// Inferences of one block: its line stays below a megabyte.
inline constexpr std::uint64_t most_inferences = 4096;

/// Throw BadArgument, also for operators to place that the network lacks.
workloads::TrainingOptions training_options(const Options& options);
workloads::InferenceOptions inference_options(const Options& options);
workloads::LearningGoal goal_of(const Options& options);

/// Throws BadArgument, or Error where a file is not what it should be.
std::unique_ptr<workloads::DataSet> data_for(const Options& options);

/// Each once, in the order given. One that cannot be opened says so among its facts; throws
/// BadArgument for one that does not exist, and for an implementation that none of them has.
std::vector<schema::Processor> processors_for(const Options& options, Machine& machine);

/// What changes the work of a step is part of the key, where it is not the default.
schema::Key key_of(const Options& options, const std::string& processor, bool training);
/// The command line with this processor alone and without --out.
std::string repro_of(const Options& options, const std::string& processor);

}  // namespace motley::cli
