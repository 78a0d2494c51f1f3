// motley train and motley infer: one network on one or more processors, one after another in this
// process; each becomes a line of the file as soon as it is done.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fmt/format.h>

#include "devices/linux/process.hpp"
#include "devices/machine.hpp"
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

Fallback fallback_of(const Options& options) {
  Fallback fallback{!options.fallback.empty(), {}};
  for (const std::string& one : options.place) {
    const std::size_t equals = one.rfind('=');
    if (equals == std::string::npos || one.substr(equals) != "=cpu") {
      throw BadArgument("--place " + one +
                        " (operators are computed where --on says, or on the CPU). Write "
                        "--place NAME=cpu.");
    }
    fallback.operators.insert(one.substr(0, equals));
  }
  return fallback;
}

TrainingOptions training_options(const Options& options) {
  TrainingOptions training;
  training.model = options.model;
  training.batch = options.batch.value_or(32);
  training.optimizer.kind = options.optimizer;
  training.optimizer.weight_decay = options.weight_decay;
  training.optimizer.clip_norm = options.clip_norm;
  training.learning_rate = options.learning_rate;
  training.residency = residency_from(options.residency);
  training.optimizer.separate = training.residency == Residency::framework;
  training.loss_period = unsigned(std::clamp<std::uint64_t>(options.steps.value_or(50), 1, 50));
  training.seed = options.seed;
  training.fallback = fallback_of(options);
  if (training.residency == Residency::shared && training.fallback.wanted()) {
    throw BadArgument(
        "--residency shared with --fallback or --place (who may touch the tensors is the mode's "
        "own "
        "rule). Choose another mode.");
  }
  return training;
}

std::unique_ptr<DataSet> data_for(const Options& options) {
  const Model model = build_model(options.model, {1, true});
  DataOptions data;
  data.name = options.data_set.empty() ? model.data_set : options.data_set;
  data.folder = options.data_folder;
  data.seed = options.seed;
  const Shape& input = model.graph.tensor(model.input).type.shape;
  if (input.size() == 2) data.context = input[1];
  if (data.name.empty()) {
    throw BadArgument(options.model +
                      " has no data set of its own (there is nothing to learn). Name one with "
                      "--data-set, or measure it with motley run.");
  }
  return open_data_set(data);
}

schema::Key key(const Options& options, const std::string& processor, bool training) {
  schema::Key key;
  const std::string family = options.model.substr(0, options.model.find(':'));
  key.case_name = family + (training ? "/training" : "/inference");
  key.processor = processor;
  key.scenario = training ? "train_steps" : "single_stream";
  key.parameters = {{"model", options.model},
                    {"batch", options.batch.value_or(training ? 32 : 1)},
                    {"implementation", options.implementation},
                    {"dtype", std::string("f32")}};
  if (!options.fallback.empty()) key.parameters["fallback"] = options.fallback;
  if (!options.place.empty()) {
    key.parameters["place"] = fmt::format("{}", fmt::join(options.place, ","));
  }
  if (training) {
    key.parameters["optimizer"] = options.optimizer;
    key.parameters["residency"] = to_string(residency_from(options.residency));
  }
  return key;
}

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

bool is_right(const NetworkCheck& check, schema::Block& block) {
  block.check = schema::Check{std::isfinite(check.worst_error()) ? check.worst_error() : 1e300, 1};
  block.details["worst_operator"] = check.worst();
  if (check.worst_error() <= 1) return true;
  block.status = schema::Status::wrong;
  block.reason = fmt::format(
      "{} lies {:.3g} times as far from its reference as it may (a wrong result has no speed)",
      check.worst(), check.worst_error());
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
  const LearningGoal goal{options.steps, options.to_accuracy, options.most_epochs, 2000};
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

schema::Block train(const Options& options, Machine& machine, const std::string& processor,
                    const DataSet& data) {
  Clock& clock = steady_clock();
  schema::Block block = unmeasured(key(options, processor, true),
                                   schema::Metric::seconds_per_operation, schema::Status::ok, "");
  attempt(block, [&] {
    const double started = clock.seconds();
    const TrainingOptions training_wanted = training_options(options);
    OpenProcessor open(machine, processor, training_wanted.fallback.wanted());
    const LiveMemory live(open.places(), &machine);
    Learning learning(training_wanted, open.places(),
                      chooser_named(options.implementation, Tier::standard, options.seed), data,
                      clock);
    Training& training = learning.training();
    describe(training.execution(), options, block);
    block.details["data_set"] = data.description().name;
    if (data.description().entropy_nats) {
      block.details["entropy_nats"] = *data.description().entropy_nats;
    }
    block.phases["prepare"] = clock.seconds() - started;
    block.memory = live.measured(training);
    const NetworkCheck check(training);
    training.reset();
    block.phases["check"] = clock.seconds() - started - block.phases["prepare"];
    if (!is_right(check, block)) return;
    if (!learns(learning, options, processor, block)) return;
    take_profile(training.execution(), training.scalars(), training.steps(),
                 training.execution().period_of_download(training.model().loss), block);
  });
  return block;
}

schema::Block infer(const Options& options, Machine& machine, const std::string& processor) {
  Clock& clock = steady_clock();
  schema::Block block = unmeasured(key(options, processor, false),
                                   schema::Metric::seconds_per_operation, schema::Status::ok, "");
  attempt(block, [&] {
    const double started = clock.seconds();
    const InferenceOptions wanted{options.model, options.batch.value_or(1), options.seed,
                                  fallback_of(options)};
    OpenProcessor open(machine, processor, wanted.fallback.wanted());
    const LiveMemory live(open.places(), &machine);
    Inference inference(wanted, open.places(),
                        chooser_named(options.implementation, Tier::standard, options.seed));
    Execution& execution = inference.execution();
    describe(execution, options, block);
    if (inference.decodes()) block.details["context"] = inference.model().positions;
    block.phases["prepare"] = clock.seconds() - started;
    block.memory = live.measured(inference);
    const NetworkCheck check(inference);
    inference.reset();
    block.phases["check"] = clock.seconds() - started - block.phases["prepare"];
    if (!is_right(check, block)) return;
    const double begin = clock.seconds();
    const std::uint64_t runs = options.steps.value_or(100);
    for (std::uint64_t i = 0; i < runs && i < 4096 && !devices::interrupted(); ++i) {
      block.samples.started_seconds.push_back(clock.seconds());
      inference.run();
      execution.finish();
      block.samples.host_seconds.push_back(clock.seconds() - block.samples.started_seconds.back());
      if (inference.decodes()) inference.feed_back();
    }
    block.stopped_by = devices::interrupted() ? "interrupt" : "budget";
    block.phases["sample"] = clock.seconds() - begin;
    take_profile(execution, inference.scalars(), 0, 1, block);
  });
  return block;
}

/// The lines of one command's file.
class File {
 public:
  File(const Options& options, Machine& machine, const std::vector<std::string>& processors)
      : machine_(machine),
        recorder_(run_options(options).out, Recorder::Mode::create),
        started_(steady_clock().seconds()) {
    schema::Run run = run_facts(options);
    run.device = machine.device();
    run.conditions = machine.conditions();
    for (const std::string& id : processors) run.processors.push_back(described(id));
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
  schema::Processor described(const std::string& id) {
    try {
      return machine_.open(id)->description();
    } catch (const UnknownName&) {
      throw;
    } catch (const std::exception& error) {  // its block will say so
      schema::Processor broken;
      broken.id = id;
      broken.facts["error"] = std::string(error.what());
      return broken;
    }
  }

  Machine& machine_;
  Recorder recorder_;
  double started_;
  int order_ = 0;
  std::map<std::string, std::int64_t> counts_;
};

std::vector<std::string> processors_of(const Options& options) {
  return options.on.empty() ? std::vector<std::string>{"cpu"} : options.on;
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
  refuse_other_shapes(training_model(training_options(options)), *data);
  const auto machine = devices::real_machine();
  const std::vector<std::string> processors = processors_of(options);
  devices::catch_interrupts();
  File file(options, *machine, processors);
  std::vector<schema::Block> blocks;
  for (const std::string& id : processors) {
    if (devices::interrupted()) break;
    blocks.push_back(
        file.block(key(options, id, true), [&] { return train(options, *machine, id, *data); }));
    print_training(blocks.back());
  }
  print_ratios(blocks);
  return file.end();
}

int infer_command(const Options& options) {
  fallback_of(options);  // what cannot be meant is told before a file is made
  build_model(options.model, {options.batch.value_or(1), false});
  const auto machine = devices::real_machine();
  const std::vector<std::string> processors = processors_of(options);
  devices::catch_interrupts();
  File file(options, *machine, processors);
  std::vector<schema::Block> blocks;
  for (const std::string& id : processors) {
    if (devices::interrupted()) break;
    blocks.push_back(
        file.block(key(options, id, false), [&] { return infer(options, *machine, id); }));
    print_inference(blocks.back());
  }
  print_ratios(blocks);
  return file.end();
}

}  // namespace motley::cli
