#include "harness/supervisor.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "harness/clock.hpp"
#include "harness/error.hpp"
#include "harness/visit.hpp"
#include "harness/visits.hpp"
#include "results_schema/json_lines.hpp"

namespace motley {
namespace {

constexpr int bad_command_line = 5;  // exit code, as the program's

/// Prepare, two checks and the wait between them, before a first visit has told better.
constexpr double fixed_seconds = 0.1;
/// Warm-up and the scaling test come on top of sampling: see limits_for and visit.cpp.
constexpr double whole_over_sampling = 1.5;
constexpr double least_block_seconds = 0.02;

bool is_opencl(const std::string& id) {
  return id.starts_with("opencl");
}

void mark_impossible(const Selection& selection, const std::string& processor,
                     const std::string& reason, Plan& plan) {
  for (schema::Block& row :
       unmeasured_cases(selection, processor, schema::Status::failed, reason)) {
    plan.impossible.push_back(std::move(row));
  }
}

/// Parts of a run may overlap, and a processor may have been named twice.
template <class Keyed>
void keep_each_key_once(std::vector<Keyed>& all) {
  std::set<std::string> seen;
  const auto again = [&](const Keyed& one) {
    return !seen.insert(schema::to_string(one.key)).second;
  };
  all.erase(std::remove_if(all.begin(), all.end(), again), all.end());
}

}  // namespace

void set_tier(RunOptions& options, Tier tier) {
  for (Part& part : options.parts) part.selection.tier = tier;
  switch (tier) {
    case Tier::smoke:
      options.processes = options.rounds = 1;
      options.block_seconds = 0.02;
      options.budget_seconds = 80;
      break;
    case Tier::standard:
      options.processes = options.rounds = 2;
      options.block_seconds = 0.25;
      options.budget_seconds = 840;
      break;
    case Tier::full:
      options.processes = options.rounds = 3;
      options.block_seconds = 0.5;
      options.budget_seconds = 0;
      break;
  }
}

Supervisor::Supervisor(WorkerLauncher& launcher, Progress& progress, RunOptions options)
    : launcher_(launcher), progress_(progress), options_(std::move(options)) {}

std::vector<std::string> Supervisor::worker_arguments(const std::string& mode) const {
  std::vector<std::string> arguments{"worker", mode,
                                     "--tier", to_string(options_.tier()),
                                     "--seed", std::to_string(options_.seed)};
  if (!options_.tuning.empty()) {
    arguments.insert(arguments.end(), {"--tuning", options_.tuning.string()});
  }
  for (const std::string& trace : options_.traces) {
    arguments.insert(arguments.end(), {"--trace", trace});
  }
  if (!options_.resources().empty()) {
    arguments.insert(arguments.end(), {"--resources", options_.resources()});
  }
  return arguments;
}

std::vector<std::string> Supervisor::selection_arguments(const Selection& selection) const {
  std::vector<std::string> arguments = worker_arguments("plan");
  const auto add = [&](const char* option, const std::string& value) {
    arguments.insert(arguments.end(), {option, value});
  };
  if (!selection.filter.empty()) add("--filter", selection.filter);
  for (const std::string& scenario : selection.scenarios) add("--scenario", scenario);
  for (const std::string& load : selection.loads) add("--load", load);
  for (const AxisValues& set : selection.set) {
    std::string text = set.axis + "=";
    for (const schema::Value& value : set.values) text += schema::to_string(value) + ",";
    text.pop_back();
    add("--set", text);
  }
  return arguments;
}

/// Everything that a short worker says. `whole`: it ended by itself with success.
std::vector<schema::Record> Supervisor::ask(const std::vector<std::string>& arguments,
                                            std::string& ending, bool& whole) {
  const auto worker = launcher_.start(arguments, "", environment_);
  std::vector<schema::Record> records;
  whole = false;
  for (std::string line;;) {
    switch (worker->next(options_.timeout_seconds, line)) {
      case WorkerProcess::Event::line:
        if (auto record = schema::parse_line(line)) records.push_back(std::move(*record));
        break;
      case WorkerProcess::Event::ended:
        if (worker->exit_code() == bad_command_line) throw BadCommand();
        ending = worker->ending();
        whole = worker->exit_code() == 0;
        return records;
      case WorkerProcess::Event::silent:
        worker->kill();
        ending = fmt::format("no answer for {:.0f} s", options_.timeout_seconds);
        return records;
      case WorkerProcess::Event::interrupted:
        throw Error("interrupted while planning (nothing was measured). Start again.");
    }
  }
}

Plan Supervisor::make_plan() {
  Plan plan;
  for (const Part& part : options_.parts) plan_part(part, plan);
  keep_each_key_once(plan.trials);
  keep_each_key_once(plan.impossible);
  std::set<std::string> planned;
  for (const schema::Begin& trial : plan.trials) planned.insert(trial.key.case_name);
  for (const schema::Block& row : plan.impossible) refuse_unknown_value(row, planned);
  return plan;
}

void Supervisor::plan_part(const Part& part, Plan& plan) {
  std::string ending;
  bool whole = false;
  schema::Run described;
  const auto describe = [&](const std::vector<std::string>& ids) {
    std::vector<std::string> arguments = worker_arguments("describe");
    for (const std::string& id : ids) arguments.insert(arguments.end(), {"--on", id});
    for (schema::Record& record : ask(arguments, ending, whole)) {
      if (auto* run = std::get_if<schema::Run>(&record)) described = std::move(*run);
    }
    return whole;
  };
  if (!describe(part.processors)) {
    // A driver died or hangs where devices are listed: measure the rest without OpenCL.
    const std::string reason = fmt::format(
        "the OpenCL driver ended the process that listed its devices: {} (no device can be used). "
        "Try another driver with MOTLEY_OPENCL_LIBRARY.",
        ending);
    environment_["MOTLEY_OPENCL_LIBRARY"] = "none";
    std::vector<std::string> others;
    std::copy_if(part.processors.begin(), part.processors.end(), std::back_inserter(others),
                 [](const std::string& id) { return !is_opencl(id); });
    if (!describe(others)) {
      throw Error(
          fmt::format("the machine cannot be described: {} (nothing can be planned). Run "
                      "motley devices.",
                      ending));
    }
    if (others.empty() && !part.processors.empty()) described.processors.clear();
    mark_impossible(part.selection, "opencl", reason, plan);
  }
  std::vector<schema::Processor> known = std::move(plan.run.processors);
  std::vector<std::string> ids;
  for (const schema::Processor& one : described.processors) {
    ids.push_back(one.id);
    const auto same = [&](const schema::Processor& other) { return other.id == one.id; };
    if (std::none_of(known.begin(), known.end(), same)) known.push_back(one);
  }
  plan.run = std::move(described);
  plan.run.processors = std::move(known);
  for (const std::string& id : ids) plan_processor(id, part.selection, plan);
}

void Supervisor::plan_processor(const std::string& id, const Selection& selection, Plan& plan) {
  std::vector<std::string> arguments = selection_arguments(selection);
  arguments.insert(arguments.end(), {"--on", id});
  std::string ending;
  bool whole = false;
  const std::vector<schema::Record> records = ask(arguments, ending, whole);
  // Behind asking: another part of the run may have described it already.
  const auto place = std::find_if(plan.run.processors.begin(), plan.run.processors.end(),
                                  [&](const schema::Processor& one) { return one.id == id; });
  if (!whole) {
    place->facts["error"] = "the process that opened it ended: " + ending;
    mark_impossible(selection, id,
                    fmt::format("the process that opened {} ended: {} (its driver is not usable). "
                                "Update the driver.",
                                id, ending),
                    plan);
    return;
  }
  for (const schema::Record& record : records) {
    if (const auto* run = std::get_if<schema::Run>(&record)) {
      const schema::Processor& opened = run->processors.front();
      const auto same = [&](const schema::Processor& one) { return one.id == opened.id; };
      if (opened.id != id &&
          std::any_of(plan.run.processors.begin(), plan.run.processors.end(), same)) {
        plan.run.processors.erase(place);
      } else {
        *place = opened;
      }
    }
    if (const auto* begin = std::get_if<schema::Begin>(&record)) plan.trials.push_back(*begin);
    if (const auto* block = std::get_if<schema::Block>(&record)) plan.impossible.push_back(*block);
  }
}

double Supervisor::planned_visit_seconds() const {
  return fixed_seconds + whole_over_sampling * options_.block_seconds;
}

schema::End Supervisor::run(Plan plan, schema::Run facts) {
  Visits visits(plan, options_);
  facts.device = plan.run.device;
  facts.seed = options_.seed;
  facts.tier = to_string(options_.tier());
  if (options_.resume && std::filesystem::exists(options_.out)) {
    const schema::Log log =
        schema::read_log(options_.out, schema::CutLine::pass_over, schema::LongSamples::leave);
    if (log.runs.empty() && std::filesystem::file_size(options_.out) > 0) {
      throw Error(fmt::format(
          "{} holds no run of Motley (--resume would destroy it). Name another file with --out.",
          options_.out.string()));
    }
    visits.pass_over_done(log, facts);
  }
  Recorder recorder(options_.out,
                    options_.resume ? Recorder::Mode::resume : Recorder::Mode::create);
  facts.processors = plan.run.processors;
  facts.conditions = plan.run.conditions;
  recorder.write(facts);
  progress_.planned(visits.left());
  visits.write_impossible(recorder);

  const double started = steady_clock().seconds();
  const auto elapsed = [&] { return steady_clock().seconds() - started; };
  std::string reason = "complete";
  while (visits.left() > 0 && reason == "complete") {
    const double seconds = block_seconds(visits, elapsed());
    std::vector<std::string> arguments = worker_arguments("visit");
    arguments.insert(arguments.end(),
                     {"--block-seconds", std::to_string(seconds), "--out", options_.out.string()});
    const auto worker = launcher_.start(arguments, visits.next_process(), environment_);
    reason = follow(*worker, visits, recorder, elapsed);
  }
  visits.write_skipped(recorder, reason);
  schema::End end = visits.end(reason, elapsed());
  if (reason != "interrupted") end.conditions = conditions_now();
  recorder.write(end);
  return end;
}

/// Nothing where no worker answers: the end line is worth more than its conditions.
schema::Facts Supervisor::conditions_now() {
  std::string ending;
  bool whole = false;
  try {
    for (const schema::Record& record : ask(worker_arguments("describe"), ending, whole)) {
      if (const auto* run = std::get_if<schema::Run>(&record)) return run->conditions;
    }
  } catch (const std::exception&) {
  }
  return {};
}

/// What each visit may take so that all that are left fit into what is left of the budget.
double Supervisor::block_seconds(const Visits& visits, double elapsed) const {
  if (options_.budget_seconds <= 0) return options_.block_seconds;
  const double left = 0.95 * options_.budget_seconds - elapsed;
  const double each = left / static_cast<double>(visits.left());
  const double fixed = visits.fixed_seconds_seen().value_or(fixed_seconds);
  return std::clamp((each - fixed) / whole_over_sampling, least_block_seconds,
                    std::max(least_block_seconds, options_.block_seconds));
}

/// Takes the worker's lines until it is done ("complete": the caller looks what is left), the
/// budget is used up or the user interrupts.
std::string Supervisor::follow(WorkerProcess& worker, Visits& visits, Recorder& recorder,
                               const std::function<double()>& elapsed) {
  for (std::string line;;) {
    const auto event = worker.next(options_.timeout_seconds * visits.patience(), line);
    if (event == WorkerProcess::Event::interrupted) return "interrupted";
    if (event == WorkerProcess::Event::silent) {
      worker.kill();
      if (visits.process_is_done()) return "complete";  // a driver that hangs while it is closed
      recorder.write(
          visits.lost(fmt::format("no answer for {:.0f} s: the driver or the kernel hangs (the "
                                  "worker was ended: {}). Give it "
                                  "longer with --timeout.",
                                  options_.timeout_seconds * visits.patience(), worker.ending())));
      return "complete";
    }
    if (event == WorkerProcess::Event::ended) {
      if (visits.process_is_done()) return "complete";
      recorder.write(visits.lost(fmt::format(
          "the worker process ended: {} (this trial is not tried again). Measure it alone with its "
          "repro line.",
          worker.ending())));
      return "complete";
    }
    const auto record = schema::parse_line(line);
    if (!record) continue;
    if (const auto* begin = std::get_if<schema::Begin>(&*record)) {
      if (options_.budget_seconds > 0 && elapsed() > options_.budget_seconds) return "budget";
      recorder.write(*begin);
      visits.begun(*begin);
      progress_.visiting(begin->key, visits.done(), visits.done() + visits.left(),
                         visits.seconds_left(elapsed()));
    } else if (const auto* block = std::get_if<schema::Block>(&*record)) {
      const schema::Block& finished = visits.finished(*block);
      recorder.write(finished);
      progress_.finished(finished);
    }
  }
}

}  // namespace motley
