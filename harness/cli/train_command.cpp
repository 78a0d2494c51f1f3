// motley train and motley infer: one network on one or more processors, one after another in this
// process; each becomes a line of the file as soon as it is done.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fmt/format.h>

#include "devices/linux/process.hpp"
#include "devices/machine.hpp"
#include "harness/cli/network_request.hpp"
#include "harness/cli/network_table.hpp"
#include "harness/cli/options.hpp"
#include "harness/error.hpp"
#include "harness/recorder.hpp"
#include "harness/visit.hpp"
#include "workloads/learning_block.hpp"
#include "workloads/live_memory.hpp"
#include "workloads/network_profile.hpp"
#include "workloads/tuner.hpp"

namespace motley::cli {
namespace {

using namespace workloads;

/// A processor that is awake as long as this lives, with the host's beside it.
class OpenProcessor {
 public:
  OpenProcessor(Machine& machine, const std::string& id, bool host_computes)
      : processor_(machine.open(id)) {
    processor_->wake();
    machine.flush_denormals();
    queue_ = processor_->queue();
    if (processor_->members() > 0) return;
    host_ = machine.open("cpu");
    if (host_computes) host_->wake();
    host_queue_ = host_->queue();
  }
  ~OpenProcessor() {
    queue_.reset();
    processor_->park();
    if (host_) host_->park();
  }
  OpenProcessor(const OpenProcessor&) = delete;
  OpenProcessor& operator=(const OpenProcessor&) = delete;
  Places places() { return {*processor_, *queue_, host_.get(), host_queue_.get()}; }

 private:
  std::unique_ptr<Processor> processor_, host_;
  std::unique_ptr<Queue> queue_, host_queue_;
};

/// Each operator alone, then a whole run from where those began.
bool is_right(const NetworkCheck& check, const std::function<void()>& run_again,
              schema::Block& block) {
  run_again();
  const double error = check.error();
  block.check = schema::Check{std::isfinite(error) ? error : 1e300, 1};
  block.details["worst_operator"] = check.worst();
  if (error <= 1) return true;
  block.status = schema::Status::wrong;
  const bool alone = !(check.worst_error() <= 1);
  block.reason =
      fmt::format("{} lies {:.3g} times as far from {} as it may (a wrong result has no speed)",
                  alone ? check.worst() : "a whole run", error,
                  alone ? "its reference" : "what its operators gave one by one");
  return false;
}

void take_profile(Execution& execution, const RunScalars& scalars, std::uint64_t first_run,
                  std::uint64_t runs, schema::Block& block) {
  RunProfile profile = profile_of(execution, scalars, first_run, runs);
  block.timeline = std::move(profile.timeline);
  block.operators = std::move(profile.operators);
  block.memory.merge(profile.memory);  // beside what was measured
}

/// The samples before it stay.
void fail(schema::Block& block, const std::exception& error) {
  block.status = schema::Status::failed;
  block.reason = error.what();
}

void describe(const Execution& execution, const Options& options, schema::Block& block) {
  block.work = work_of(execution.graph());
  block.details = facts_of(execution.plan());
  if (options.implementation == "auto") block.selected_by = "auto";
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
    learning.keeping_state("the profile", [&] {
      Training& training = learning.training();
      take_profile(training.execution(), training.scalars(), training.steps(), learning.period(),
                   block);
    });
    return true;
  } catch (const NotANumber& error) {
    fail(block, error);
  } catch (const DeviceLost& error) {
    block.details["kept_step"] = std::int64_t(learning.kept_step());
    fail(block, error);
  }
  return false;
}

schema::Block train(const Options& options, Machine& machine, const std::string& processor,
                    const DataSet& data) {
  Clock& clock = steady_clock();
  schema::Block block = unmeasured(key_of(options, processor, true),
                                   schema::Metric::seconds_per_operation, schema::Status::ok, "");
  attempt(block, [&] {
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
    if (!right || !learns(learning, options, processor, block)) return;
    is_right(check, first_step, block);
  });
  return block;
}

schema::Block infer(const Options& options, Machine& machine, const std::string& processor) {
  Clock& clock = steady_clock();
  schema::Block block = unmeasured(key_of(options, processor, false),
                                   schema::Metric::seconds_per_operation, schema::Status::ok, "");
  attempt(block, [&] {
    const double started = clock.seconds();
    const InferenceOptions wanted = inference_options(options);
    OpenProcessor open(machine, processor, wanted.fallback.wanted());
    const LiveMemory live(open.places(), &machine);
    Inference inference(wanted, open.places(),
                        chooser_named(options.implementation, open.places().processor,
                                      Tier::standard, options.seed));
    Execution& execution = inference.execution();
    describe(execution, options, block);
    if (inference.decodes()) block.details["context"] = inference.model().positions;
    block.phases["prepare"] = clock.seconds() - started;
    block.memory = live.measured(inference);
    const NetworkCheck check(inference);
    const auto checked_run = [&] {
      NetworkCheck::reset(inference);
      inference.run();
      execution.finish();
    };
    const bool right = is_right(check, checked_run, block);
    inference.reset();
    block.phases["check"] = clock.seconds() - started - block.phases["prepare"];
    if (!right) return;
    const double begin = clock.seconds();
    const std::uint64_t runs = options.steps.value_or(100);
    for (std::uint64_t i = 0; i < runs && !devices::interrupted(); ++i) {
      block.samples.started_seconds.push_back(clock.seconds());
      inference.run();
      execution.finish();
      block.samples.host_seconds.push_back(clock.seconds() - block.samples.started_seconds.back());
      if (inference.decodes()) inference.feed_back();
    }
    block.stopped_by = devices::interrupted() ? "interrupt" : "budget";
    block.phases["sample"] = clock.seconds() - begin;
    take_profile(execution, inference.scalars(), 0, 1, block);
    is_right(check, checked_run, block);
  });
  return block;
}

/// The lines of one command's file.
class File {
 public:
  File(const Options& options, Machine& machine, const std::vector<schema::Processor>& processors)
      : machine_(machine),
        recorder_(run_options(options).out, Recorder::Mode::create),
        started_(steady_clock().seconds()) {
    schema::Run run = run_facts(options);
    run.device = machine.device();
    run.conditions = machine.conditions();
    run.processors = processors;
    recorder_.write(run);
  }

  template <class Measure>
  schema::Block block(const schema::Key& key, Measure measure) {
    recorder_.write(schema::Begin{key, 0, 0, order_});
    schema::Block block = measure();
    block.order = order_++;
    ++counts_[to_string(block.status)];
    recorder_.write(block);
    return block;
  }

  int end() {
    schema::End end;
    end.conditions = machine_.conditions();
    end.counts = counts_;
    end.reason = devices::interrupted() ? "interrupted" : "complete";
    end.wall_seconds = steady_clock().seconds() - started_;
    recorder_.write(end);
    fmt::print("Records: {}\n", recorder_.file().string());
    return counts_.contains("ok") ? done : nothing_measured;
  }

 private:
  Machine& machine_;
  Recorder recorder_;
  double started_;
  int order_ = 0;
  std::map<std::string, std::int64_t> counts_;
};

/// One block after another, each printed as soon as it is written.
template <class Measure>
int measure_each(const Options& options, Machine& machine, bool training, Measure measure) {
  const std::vector<schema::Processor> processors = processors_for(options, machine);
  devices::catch_interrupts();
  File file(options, machine, processors);
  std::vector<schema::Block> blocks;
  for (const schema::Processor& one : processors) {
    if (devices::interrupted()) break;
    blocks.push_back(file.block(key_of(options, one.id, training), [&] {
      schema::Block block = measure(one.id);
      block.repro = repro_of(options, one.id);
      return block;
    }));
    training ? print_training(blocks.back()) : print_inference(blocks.back());
  }
  print_ratios(blocks);
  return file.end();
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
  const auto machine = devices::real_machine();
  return measure_each(options, *machine, true,
                      [&](const std::string& id) { return train(options, *machine, id, *data); });
}

int infer_command(const Options& options) {
  inference_options(options);  // what cannot be meant is told before a file is made
  const auto machine = devices::real_machine();
  return measure_each(options, *machine, false,
                      [&](const std::string& id) { return infer(options, *machine, id); });
}

}  // namespace motley::cli
