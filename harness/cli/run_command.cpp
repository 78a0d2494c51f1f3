// motley run, motley worker and motley summary.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <iostream>
#include <map>

#include "analysis/measurement.hpp"
#include "analysis/summary.hpp"
#include "analysis/trust.hpp"
#include "devices/linux/process.hpp"
#include "devices/linux/resources.hpp"
#include "devices/machine.hpp"
#include "harness/cli/options.hpp"
#include "harness/cli/progress.hpp"
#include "harness/clock.hpp"
#include "harness/error.hpp"
#include "harness/recorder.hpp"
#include "harness/resources.hpp"
#include "harness/scenario.hpp"
#include "harness/scenarios/trace.hpp"
#include "harness/worker.hpp"
#include "results_schema/json_lines.hpp"

namespace motley::cli {
namespace {

std::string family(const schema::Key& key) {
  return key.case_name.substr(0, key.case_name.find('/'));
}

bool is_queried(const schema::Begin& trial) {
  const Scenario& scenario = find_scenario(scenario_spec(trial.key.scenario).name());
  return std::holds_alternative<Queried>(scenario.implementation);
}

/// A wrong name is told before any process starts.
void refuse_what_cannot_run(const Part& part) {
  selected_cases(part.selection);
  for (const std::string& scenario : part.selection.scenarios) {
    const std::string name = scenario_spec(scenario).name();
    if (std::holds_alternative<Learned>(find_scenario(name).implementation)) {
      throw BadArgument(name + " is how a network learns. Use motley train.");
    }
  }
}

int print_plan(const Supervisor& supervisor, const Plan& plan, const RunOptions& options) {
  struct Sum {
    std::size_t visits = 0, impossible = 0;
    double seconds = 0;
  };
  std::map<std::string, Sum> families;
  const auto visits_each = static_cast<std::size_t>(options.processes * options.rounds);
  for (const schema::Begin& trial : plan.trials) {
    Sum& sum = families[family(trial.key)];
    sum.visits += visits_each;
    sum.seconds += static_cast<double>(visits_each) * supervisor.planned_visit_seconds();
  }
  for (const schema::Block& block : plan.impossible) ++families[family(block.key)].impossible;
  fmt::print("{:<14}{:>8}{:>14}{:>10}\n", "family", "visits", "unsupported", "seconds");
  Sum all;
  for (const auto& [name, sum] : families) {
    fmt::print("{:<14}{:>8}{:>14}{:>10.0f}\n", name, sum.visits, sum.impossible, sum.seconds);
    all.visits += sum.visits;
    all.impossible += sum.impossible;
    all.seconds += sum.seconds;
  }
  fmt::print("{:<14}{:>8}{:>14}{:>10.0f}\n", "all", all.visits, all.impossible, all.seconds);
  if (options.budget_seconds > 0 && all.seconds > options.budget_seconds) {
    fmt::print("Visits are shortened to fit the budget of {:.0f} s.\n", options.budget_seconds);
  }
  if (std::any_of(plan.trials.begin(), plan.trials.end(), is_queried)) {
    fmt::print("What scenarios with queries take on top is not counted: their own seconds say.\n");
  }
  return done;
}

void use_threads(std::int64_t threads, std::vector<Part>& parts) {
  if (threads == 0) return;
  const auto machine = devices::real_machine();
  for (Part& part : parts) {
    if (part.processors.empty()) part.processors = {"cpu"};
    for (std::string& id : part.processors) id = with_threads(*machine, id, threads);
  }
}

}  // namespace

int run_command(const Options& options) {
  RunOptions run = run_options(options);
  for (const Part& part : run.parts) refuse_what_cannot_run(part);
  devices::catch_interrupts();
  const Spec resources = parse_resources(options.resources);
  use_threads(resources.integer("threads"), run.parts);
  auto held = devices::resource_control(std::make_shared<devices::Files>())->hold(resources);
  const auto launcher = devices::worker_launcher();
  const auto shown = progress();
  Supervisor supervisor(*launcher, *shown, run);
  Plan plan = supervisor.make_plan();
  if (options.dry_run) return print_plan(supervisor, plan, run);
  plan.run.conditions.insert(held->facts().begin(), held->facts().end());
  const schema::End end = supervisor.run(std::move(plan), run_facts(options));
  held.reset();  // from here on an interrupt would leave it changed
  devices::let_interrupts_end_the_program();
  if (std::filesystem::is_regular_file(run.out)) {  // not a pipe, which has been read by others
    const schema::Log log = schema::read_log(run.out);
    fmt::print("{}", options.trust ? analysis::trust(log) : analysis::summary(log));
  }
  fmt::print("{}: {}\n", end.reason == "complete" ? "Records" : "Records (" + end.reason + ")",
             run.out.string());
  const auto ok = end.counts.find("ok");
  return ok == end.counts.end() && !options.resume ? nothing_measured : done;
}

int worker_command(const Options& options) {
  devices::ignore_interrupts();
  for (const std::string& trace : options.traces) trace_key(trace);
  schema::Facts granted;
  const auto emit = [&](const schema::Record& record) {
    schema::Record written = record;
    if (auto* block = std::get_if<schema::Block>(&written)) {
      block->details.insert(granted.begin(), granted.end());
      fit_line(*block, options.out);
    }
    devices::write_worker_line(schema::to_line(written) + "\n");
  };
  if (options.worker_mode == "visit") {
    granted = devices::resource_control(std::make_shared<devices::Files>())
                  ->limit_process(parse_resources(options.resources));
  }
  const auto machine = devices::real_machine();
  if (options.worker_mode == "describe") {
    describe(*machine, options.on, emit);
  } else if (options.worker_mode == "plan") {
    plan_processor(*machine, options.on.at(0), selection(options), emit);
  } else {
    VisitOptions visit;
    visit.tier = selection(options).tier;
    visit.seed = options.seed;
    visit.block_seconds = options.block_seconds.value_or(visit.block_seconds);
    visit.go_on = [said = steady_clock().seconds()]() mutable {
      constexpr double seconds_between_signs = 2;  // of life: the supervisor waits for them
      if (steady_clock().seconds() > said + seconds_between_signs) {
        devices::write_worker_line("{\"record\":\"alive\",\"schema\":1}\n");
        said = steady_clock().seconds();
      }
      return true;
    };
    visit_all(*machine, std::cin, visit, emit);
  }
  return done;
}

int summary_command(const Options& options) {
  const schema::Log log = schema::read_logs(options.files, schema::CutLine::pass_over);
  if (log.blocks.empty()) {
    fmt::print(stderr, "motley: no block in {} (nothing was measured). Measure with motley run.\n",
               options.files.front());
    return nothing_measured;
  }
  if (!options.against.empty()) {
    const schema::Log before = schema::read_log(options.against, schema::CutLine::pass_over);
    if (analysis::is_emulated(before) || analysis::is_emulated(log)) {
      throw Error(
          "emulated delays are among the records (they are not the device's figures, which "
          "cannot be compared). Measure without MOTLEY_EMULATE.");
    }
    fmt::print("{}", analysis::repeatability(before, log));
  } else {
    fmt::print("{}", options.trust ? analysis::trust(log) : analysis::summary(log));
  }
  return done;
}

}  // namespace motley::cli
