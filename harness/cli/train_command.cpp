// motley train: one network on one or more processors, one after another in this process; each
// becomes a line of the file as soon as it is done.
#include <cstdio>
#include <fmt/format.h>

#include "devices/linux/process.hpp"
#include "devices/machine.hpp"
#include "harness/cli/network_request.hpp"
#include "harness/cli/network_run.hpp"
#include "harness/cli/network_table.hpp"
#include "harness/error.hpp"
#include "harness/load.hpp"
#include "harness/visit.hpp"
#include "workloads/learning_block.hpp"
#include "workloads/live_memory.hpp"
#include "workloads/tuner.hpp"

namespace motley::cli {
namespace {

using namespace workloads;

/// The samples before it stay.
void fail(schema::Block& block, const std::exception& error) {
  block.status = schema::Status::failed;
  block.reason = error.what();
}

/// False where it ended before its goal for a reason of its own.
bool learns(Learning& learning, const Options& options, const std::string& processor,
            schema::Block& block) {
  const LearningGoal goal = goal_of(options);
  block.details["steps_per_epoch"] = std::int64_t(learning.steps_per_epoch());
  if (goal.accuracy) block.details["wanted_accuracy"] = *goal.accuracy;
  const auto go_on = [&](const Learning& now, const schema::Block& so_far) {
    show_progress(processor, now, so_far);
    return !devices::interrupted();
  };
  try {
    learn(learning, goal, go_on, steady_clock(), block);
    return true;
  } catch (const NotANumber& error) {
    fail(block, error);
  } catch (const DeviceLost& error) {
    block.details["kept_step"] = std::int64_t(learning.kept_step());
    fail(block, error);
  }
  return false;
}

schema::Block train(const Options& options, Machine& machine, const schema::Key& key,
                    const DataSet& data) {
  Clock& clock = steady_clock();
  const std::string& processor = key.processor;
  schema::Block block =
      unmeasured(key, schema::Metric::seconds_per_operation, schema::Status::ok, "");
  attempt(block, [&] {
    Loads loads(key.load, machine, clock, processor);  // before the processor's threads are pinned
    const double started = clock.seconds();
    const TrainingOptions training_wanted = training_options(options);
    OpenProcessor open(machine, processor, training_wanted.fallback.wanted());
    const LiveMemory live(open.places(), &machine);
    Learning learning(training_wanted, open.places(),
                      chooser_named(options.implementation, open.places().processor, Tier::standard,
                                    options.seed),
                      data, clock);
    Training& training = learning.training();
    describe(training.execution(), options, block);
    block.details["data_set"] = data.description().name;
    if (data.description().entropy_nats) {
      block.details["entropy_nats"] = *data.description().entropy_nats;
    }
    block.phases["prepare"] = clock.seconds() - started;
    block.memory = live.measured(training);
    const NetworkCheck check(training);
    const auto first_step = [&] {
      training.reset();
      training.step();
    };
    const bool right = is_right(check, first_step, block);
    training.reset();
    block.phases["check"] = clock.seconds() - started - block.phases["prepare"];
    if (!right) return;
    loads.start();
    loads.begin_window();
    const bool learned = learns(learning, options, processor, block);
    loads.finish({&block, 1});
    if (!learned) return;
    learning.keeping_state("the profile", [&] {
      take_profile(training.execution(), training.scalars(), training.steps(), learning.period(),
                   block);
    });
    is_right(check, first_step, block);
  });
  return block;
}

}  // namespace

int train_command(const Options& options) {
  std::unique_ptr<DataSet> data;
  try {
    data = data_for(options);
  } catch (const BadArgument&) {
    throw;
  } catch (const Error& error) {  // a file is not what it should be
    fmt::print(stderr, "motley: {}\n", error.what());
    return bad_input;
  }
  // What is impossible is told before a file is made.
  const Model model = training_model(training_options(options));
  refuse_other_shapes(model, *data);
  refuse_other_goals(model, goal_of(options));
  const GrantedResources granted(options);
  const auto machine = devices::real_machine();
  const std::vector<schema::Processor> processors = processors_for(options, *machine);
  const std::vector<schema::Key> keys = keys_of(options, processors, true);
  NetworkFile file(options, granted, *machine, processors);
  std::vector<schema::Block> blocks;
  for (const schema::Key& key : keys) {
    if (devices::interrupted()) break;
    blocks.push_back(file.block(key, [&] {
      schema::Block block = train(options, *machine, key, *data);
      block.repro = repro_of(options, key);
      return block;
    }));
    print_training(blocks.back());
  }
  print_ratios(blocks);
  return file.end();
}

}  // namespace motley::cli
