#include "harness/cli/options.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fmt/chrono.h>
#include <random>

#include "harness/cli/build_info.hpp"
#include "harness/cli/suite.hpp"
#include "harness/error.hpp"
#include "harness/load.hpp"
#include "harness/resources.hpp"
#include "harness/scenario.hpp"
#include "harness/scenarios/trace.hpp"
#include "harness/visit.hpp"

namespace motley::cli {
std::string utc_now(const char* pattern) {
  return fmt::format(
      fmt::runtime(pattern),
      fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

namespace {

/// Values of one axis that were given apart belong together, and none is measured twice.
void add(const AxisValues& values, std::vector<AxisValues>& all) {
  auto axis = std::find_if(all.begin(), all.end(),
                           [&](const AxisValues& one) { return one.axis == values.axis; });
  if (axis == all.end()) axis = all.insert(all.end(), {values.axis, {}});
  for (const schema::Value& value : values.values) {
    if (std::find(axis->values.begin(), axis->values.end(), value) == axis->values.end()) {
      axis->values.push_back(value);
    }
  }
}

void take(const Suite& suite, const Options& options, RunOptions& run) {
  if (!options.filter.empty() || !options.set.empty() || !options.scenarios.empty() ||
      !options.loads.empty() || options.tier != Options().tier || options.trust) {
    throw BadArgument(
        "--suite with --filter, --set, --scenario, --load, --tier or --trust (the suite says what "
        "is "
        "measured). Leave them out, or write a suite of your own.");
  }
  run.parts = suite.parts;
  set_tier(run, run.tier());
  run.budget_seconds = suite.budget_seconds.value_or(0);
  run.processes = suite.processes.value_or(run.processes);
  run.rounds = suite.rounds.value_or(run.rounds);
  run.block_seconds = suite.block_seconds.value_or(run.block_seconds);
  for (Part& part : run.parts) {
    if (!options.on.empty()) part.processors = options.on;
    part.selection.resources = resources_key(parse_resources(options.resources));
  }
}

}  // namespace

Selection selection(const Options& options) {
  Selection selection;
  selection.filter = options.filter;
  selection.tier = tier_from(options.tier);
  if (!options.scenarios.empty()) selection.scenarios.clear();
  for (const std::string& one : options.scenarios) {
    selection.scenarios.push_back(scenario_spec(one).canonical());
  }
  if (!options.loads.empty()) selection.loads.clear();
  for (const std::string& one : options.loads) selection.loads.push_back(canonical_loads(one));
  for (const std::string& set : options.set) add(parse_axis_values(set), selection.set);
  selection.resources = resources_key(parse_resources(options.resources));
  return selection;
}

RunOptions run_options(const Options& options) {
  RunOptions run;
  run.parts = {{selection(options), options.on}};
  if (!options.suite.empty()) {
    take(find_suite(options.suite), options, run);
  } else {
    set_tier(run, run.tier());
  }
  if (options.trust) {
    // A cross-section in many processes: between-process spread is what trust is about.
    run.processes = 6;
    std::string& filter = run.parts.front().selection.filter;
    if (filter.empty()) {
      filter =
          "^(clock/chain|flops/fp32|bandwidth/triad|latency/chase|launch/round_trip|transfer/"
          "write)$";
    }
  }
  if (options.processes) run.processes = *options.processes;
  if (options.rounds) run.rounds = *options.rounds;
  if (options.budget_seconds) run.budget_seconds = *options.budget_seconds;
  if (options.block_seconds) run.block_seconds = *options.block_seconds;
  run.timeout_seconds = options.timeout_seconds;
  run.seed = options.seed;
  run.resume = options.resume;
  run.tuning = options.tuning;
  run.traces = trace_files();
  run.out = options.out.empty() ? utc_now("motley-{:%Y%m%dT%H%M%SZ}.jsonl") : options.out;
  if (run.resume && options.out.empty()) {
    throw BadArgument(
        "--resume needs --out (nobody else knows which file to go on with). Name the file.");
  }
  return run;
}

schema::Run run_facts(const Options& options) {
  schema::Run run;
  std::random_device random;
  run.id = fmt::format("{:08x}{:08x}", random(), random());
  run.started = utc_now("{:%Y-%m-%dT%H:%M:%SZ}");
  run.motley_version = build_info.version;
  run.commit = build_info.commit;
  run.compiler = build_info.compiler;
  run.flags = build_info.flags;
  run.build = build_info.build;
  run.dirty = build_info.dirty;
  run.argv = options.argv;
  run.seed = options.seed;
  run.emulated = std::getenv("MOTLEY_EMULATE") || std::getenv("MOTLEY_FAULT");
  return run;
}

std::string program_name() {
  std::string name =
      fmt::format("motley {} {}{} {} {}", build_info.version, build_info.commit,
                  build_info.dirty ? " dirty" : "", build_info.compiler, build_info.build);
  for (const char* variable : {"MOTLEY_EMULATE", "MOTLEY_FAULT"}) {
    if (const char* value = std::getenv(variable)) name += fmt::format(" {}={}", variable, value);
  }
  return name;
}

}  // namespace motley::cli
