// motley tune: which implementations are fastest for the operators of a network, or for the cases
// of a filter? Choices go to a file that run, train and infer take as --tuning. Tuning a case is
// preparing it, in each implementation; nothing else of it is measured.
#include <cstdint>
#include <fmt/format.h>
#include <set>

#include "devices/linux/process.hpp"
#include "devices/machine.hpp"
#include "harness/case.hpp"
#include "harness/cli/options.hpp"
#include "harness/error.hpp"
#include "harness/plan.hpp"
#include "harness/visit.hpp"
#include "harness/workbench.hpp"
#include "workloads/inference.hpp"
#include "workloads/tuner.hpp"

namespace motley::cli {
namespace {

using namespace workloads;

void note(const std::string& what, const std::exception& error) {
  fmt::print(stderr, "motley: {}: {}\n", what, error.what());
}

/// The user wants to stop: thrown between two choices, through whatever asked for them.
struct Interrupted {};

/// Of training, of inference at its batch (with which it tests) and of inference by itself, which
/// packs constants once.
void tune_model(const Options& options, Processor& processor) {
  const Chooser choose = chooser_named("auto", processor, tier_from(options.tier), options.seed);
  const Chooser chooser = [&choose](const std::string& kind, const Call& call, Processor& where) {
    if (devices::interrupted()) throw Interrupted();
    return choose(kind, call, where);
  };
  std::set<std::int64_t> batches{options.batch.value_or(1)};
  if (build_model(options.model, {1, false}).trains) {
    TrainingOptions training;
    training.model = options.model;
    training.batch = options.batch.value_or(32);
    training.seed = options.seed;
    make_plan(training_model(training).graph, {&processor}, chooser, {});
    batches.insert(training.batch);
  }
  const auto queue = processor.queue();
  for (const std::int64_t batch : batches) {
    const Inference built({options.model, batch, options.seed}, {processor, *queue}, chooser);
  }
}

/// The key with each value of its searched axis `implementation`, or as it is where that was set.
std::vector<schema::Parameters> in_each_implementation(const Case& subject,
                                                       const schema::Parameters& parameters,
                                                       Processor& processor, Tier tier) {
  std::vector<schema::Parameters> all;
  for (const Axis& one : subject.axes) {
    if (one.name != "implementation" || parameters.contains(one.name)) continue;
    for (const schema::Value& value : one.values(processor, tier)) {
      all.push_back(parameters);
      all.back()[one.name] = value;
    }
  }
  return all.empty() ? std::vector<schema::Parameters>{parameters} : all;
}

void tune_cases(const Selection& selection, const Options& options, Machine& machine,
                Processor& processor) {
  const auto queue = processor.queue();
  for (const schema::Record& record : plan(processor, selection)) {
    const auto* begin = std::get_if<schema::Begin>(&record);
    if (!begin) continue;
    const Case& subject = find_case(begin->key.case_name);
    for (const schema::Parameters& parameters :
         in_each_implementation(subject, begin->key.parameters, processor, selection.tier)) {
      if (devices::interrupted()) return;
      try {
        Workbench bench(processor, *queue, parameters, selection.tier, options.seed, &machine);
        subject.prepare(bench);
      } catch (const Unsupported&) {  // not every implementation computes every shape
      } catch (const std::exception& error) {
        note(to_string(begin->key), error);
      }
    }
  }
}

Selection cases_to_tune(const Options& options) {
  Selection cases = selection(options);
  if (cases.filter.empty()) cases.filter = "^op/";
  for (const Case* one : selected_cases(cases)) {
    const std::string& name = one->name;
    if (!name.starts_with("op/") && !name.ends_with("/training") && !name.ends_with("/inference")) {
      throw BadArgument(name +
                        " is no operator and no network (there is nothing to tune). Give a "
                        "--filter such as ^op/.");
    }
  }
  return cases;
}

/// False: it cannot be tuned at all, and the user was told why.
bool tune_processor(const std::string& id, const Selection& cases, const Options& options,
                    Machine& machine) {
  try {
    const auto processor = machine.open(id);
    processor->wake();
    machine.flush_denormals();
    if (options.model.empty()) {
      tune_cases(cases, options, machine, *processor);
    } else {
      tune_model(options, *processor);
    }
    processor->park();
    return true;
  } catch (const Interrupted&) {
    return true;
  } catch (const Unsupported& error) {
    note(id, error);
  } catch (const DeviceError& error) {
    note(id, error);
  }
  return false;
}

}  // namespace

int tune_command(const Options& options) {
  if (!options.model.empty() && !(options.filter.empty() && options.set.empty())) {
    throw BadArgument(
        "a model and --filter or --set (one tuning has one subject). Tune them one after the "
        "other into the same --out.");
  }
  Selection cases;
  if (options.model.empty()) {
    cases = cases_to_tune(options);
  } else {
    build_model(options.model,
                {options.batch.value_or(1), false});  // refused before a file is made
  }
  TuningFile& file =
      use_tuning_file(options.out.empty() ? "motley-tuning.jsonl" : options.out, program_name());
  const auto machine = devices::real_machine();
  devices::catch_interrupts();
  bool tuned = false;
  for (const std::string& id : options.on.empty() ? machine->default_processor_ids() : options.on) {
    if (devices::interrupted()) break;
    const std::size_t before = file.appended();
    const bool complete = tune_processor(id, cases, options, *machine);
    tuned |= complete;
    const std::size_t measured = file.appended() - before;
    const char* rest = !complete                ? ", then it failed"
                       : devices::interrupted() ? ", then interrupted"
                       : measured == 0          ? ", all others known or without an alternative"
                                                : "";
    fmt::print("{}: {} choices measured{}\n", id, measured, rest);
  }
  fmt::print("Tuning: {}\n", file.path().string());
  return tuned ? done : nothing_measured;
}

}  // namespace motley::cli
