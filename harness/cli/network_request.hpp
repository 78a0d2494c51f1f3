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

/// Throw BadArgument, also for operators to place that the network lacks.
workloads::TrainingOptions training_options(const Options& options);
workloads::InferenceOptions inference_options(const Options& options);
workloads::LearningGoal goal_of(const Options& options);

/// Throws BadArgument, or Error where a file is not what it should be.
std::unique_ptr<workloads::DataSet> data_for(const Options& options);

/// Each once, in the order given. One that cannot be opened says so among its facts; throws
/// BadArgument for one that does not exist, and for an implementation that none of them has.
std::vector<schema::Processor> processors_for(const Options& options, Machine& machine);

/// Of each processor under each scenario and load. What changes the work of a step is part of the
/// key, where it is not the default. Throws BadArgument for a scenario that cannot be asked of it.
std::vector<schema::Key> keys_of(const Options& options,
                                 const std::vector<schema::Processor>& processors, bool training);
/// The command line with what this key says alone, and without --out.
std::string repro_of(const Options& options, const schema::Key& key);

}  // namespace motley::cli
