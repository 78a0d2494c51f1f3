#include "harness/visit.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <utility>

#include "harness/error.hpp"
#include "harness/plan.hpp"
#include "harness/scenario.hpp"
#include "harness/search.hpp"
#include "harness/statistics.hpp"
#include "harness/trial_server.hpp"

namespace motley {
namespace {

/// Executed work above the ceiling by more than this is no record but a defect somewhere.
constexpr double above_peak = 1.03;

}  // namespace

std::string first_governor(const schema::Facts& conditions) {
  for (const auto& [name, fact] : conditions) {
    const auto* text = std::get_if<std::string>(&fact);
    if (text && name.starts_with("governor")) return *text;
  }
  return "";
}

PreparedTrial::PreparedTrial(const Surroundings& surroundings, Processor& processor,
                             const Case& subject, const VisitOptions& options, schema::Block& block,
                             Observed& observed)
    : surroundings_(surroundings),
      block_(block),
      observed_(observed),
      queue_(processor.queue()),
      stage_{surroundings.machine, surroundings.clock, processor, *queue_},
      last_readings_(read_instruments()) {
  find_parameters(subject, options);
  bench_.emplace(processor, *queue_, block_.key.parameters, options.tier, options.seed,
                 &surroundings.machine);
  trial_ = timed("prepare", [&] { return subject.prepare(*bench_); });
  block_.work = trial_.work;
  block_.executed_work = trial_.executed_work;
  block_.details = trial_.details;
  if (block_.selected_by.empty()) block_.selected_by = trial_.selected_by;
  if (!correct() || block_.phases.contains("scaling")) return;  // tested once a block
  const double scaling_seconds = 0.15 * options.block_seconds;
  observed_.scaling_ratio =
      timed("scaling", [&] { return scaling_ratio(stage_, trial_, scaling_seconds); });
  if (!trial_.run_multiple) return;
  if (observed_.scaling_ratio > 0) {
    block_.details["scaling_ratio"] = observed_.scaling_ratio;
  } else {
    block_.details["scaling"] = std::string("not tested: a run takes too long");
  }
}

void PreparedTrial::find_parameters(const Case& subject, const VisitOptions& options) {
  if (!needs_search(subject, block_.key.parameters)) return;
  block_.key.parameters = timed("search", [&] {
    return search(stage_, subject, block_.key.parameters, options.tier, options.seed,
                  block_.search);
  });
  block_.selected_by = options.tier == Tier::smoke ? "guess" : "search";
}

bool PreparedTrial::correct() {
  if (!trial_.error) throw Error("the case has no check (a wrong result has no speed). Add one.");
  const double error = timed("check", [&] {
    if (trial_.reset) trial_.reset(*queue_);
    run_sample(stage_, trial_, 1);
    const double distance = trial_.error(*queue_);
    queue_->finish();
    queue_->take_intervals();
    return distance;
  });
  schema::Check check = block_.check.value_or(schema::Check{0, trial_.tolerance});
  check.error = std::max(check.error, std::isfinite(error) ? error : 1e300);
  block_.check = check;
  if (error <= trial_.tolerance) return true;
  block_.status = schema::Status::wrong;
  block_.reason = fmt::format(
      "error {:.3g} exceeds tolerance {:.3g} {} timing (a wrong result has no speed)", error,
      trial_.tolerance, block_.samples.host_seconds.empty() ? "before" : "after");
  return false;
}

void PreparedTrial::take_clock() {
  const double hertz =
      trial_.clock_hertz ? trial_.clock_hertz(*queue_) : stage_.processor.clock_hertz();
  if (hertz <= 0) return;
  observed_.clocks_hertz.push_back(hertz);
  block_.clock_hertz = median(observed_.clocks_hertz);
  block_.readings["clock_hertz/chain"] = observed_.clocks_hertz;
}

std::map<std::string, double> PreparedTrial::read_instruments() {
  std::map<std::string, double> values;
  for (const auto& instrument : surroundings_.instruments) {
    const Reading reading = instrument->read();
    if (reading.state == Reading::State::value) values[instrument->name()] = reading.value;
  }
  return values;
}

void PreparedTrial::take_readings() {
  const std::map<std::string, double> before = std::exchange(last_readings_, read_instruments());
  for (const auto& [name, value] : last_readings_) {
    const auto earlier = before.find(name);
    if (earlier == before.end()) continue;
    block_.readings.try_emplace(name, std::vector{earlier->second, value}).first->second.back() =
        value;
    if (name.starts_with("steal_seconds")) {
      block_.steal_seconds = block_.steal_seconds.value_or(0) + value - earlier->second;
    }
  }
}

void PreparedTrial::take_profile() {
  if (!trial_.profile) return;
  RunProfile profile = timed("profile", [&] { return trial_.profile(*queue_); });
  queue_->take_intervals();
  block_.timeline = std::move(profile.timeline);
  block_.operators = std::move(profile.operators);
  block_.memory = std::move(profile.memory);
}

void PreparedTrial::judge() {
  observed_.governor = surroundings_.governor;
  observed_.governor_varies = !observed_.governor.empty() && observed_.governor != "performance" &&
                              observed_.governor != "userspace";
#if !defined(NDEBUG) && !defined(__OPTIMIZE__)
  observed_.debug_build = true;
#endif
  block_.findings = findings(block_, observed_);
  judge_peak();
}

void PreparedTrial::judge_peak() {
  if (trial_.ceiling_flops_per_cycle <= 0 || !block_.clock_hertz) return;
  block_.ceiling_flops_per_second = trial_.ceiling_flops_per_cycle * *block_.clock_hertz;
  const double seconds = median(block_.samples.host_seconds) / double(block_.runs_per_sample);
  const double rate = block_.executed_work.value_or(block_.work).flops / seconds;
  if (rate <= above_peak * *block_.ceiling_flops_per_second) return;
  block_.status = schema::Status::suspect;
  block_.reason = fmt::format("{:.4g} flop/s are more than the {:.4g} that this clock allows", rate,
                              *block_.ceiling_flops_per_second);
}

void attempt(schema::Block& block, const std::function<void()>& work) {
  const auto ends = [&](schema::Status status, const std::string& reason) {
    block.status = status;
    block.reason = reason;
    block.samples = {};
  };
  try {
    work();
  } catch (const Unsupported& error) {
    ends(schema::Status::unsupported, error.what());
  } catch (const DeviceError& error) {
    ends(schema::Status::failed, error.what() + (error.log().empty() ? "" : "\n" + error.log()));
  } catch (const std::bad_alloc&) {
    ends(schema::Status::failed, "out of memory (the trial needs more). Use a smaller size.");
  } catch (const std::exception& error) {
    ends(schema::Status::failed, error.what());
  }
}

schema::Block unmeasured(const schema::Key& key, schema::Metric metric, schema::Status status,
                         std::string reason) {
  schema::Block block;
  block.key = key;
  block.metric = metric;
  block.status = status;
  block.reason = std::move(reason);
  return block;
}

namespace {

/// What measuring one prepared trial needs.
struct Measuring {
  const Surroundings& surroundings;
  PreparedTrial& prepared;
  const VisitOptions& options;
  Loads& loads;
  schema::Block& block;
  Observed& observed;
};

void query(const Scenario& scenario, const Spec& spec, const Limits& limits, const Measuring& on) {
  const Stage& stage = on.prepared.stage();
  TrialServer server(stage, on.prepared.trial());
  on.prepared.timed("warmup", [&] { warm_up(stage, on.prepared.trial(), limits, on.block); });
  stage.machine.precise_timers();
  on.prepared.take_clock();
  Monitor* monitor = scenario.of_minutes ? on.surroundings.monitor : nullptr;
  const auto cpu_seconds = [&] { return stage.machine.thread_cpu_seconds(); };
  const ScenarioStage queries{server, stage.clock, on.options.seed, on.options.go_on, cpu_seconds};
  watch_samples(stage, on.block, on.observed, [&] {
    on.loads.begin_window();
    if (monitor) monitor->start();
    std::get<Queried>(scenario.implementation).run(spec, queries, on.block);
    if (monitor) monitor->stop(on.block);
  });
  on.prepared.take_clock();
  if (server.device_seconds().size() == on.block.samples.host_seconds.size()) {
    on.block.samples.device_seconds = server.device_seconds();
  }
}

void cool_down(const Measuring& on) {
  Processor& processor = on.prepared.stage().processor;
  if (!on.surroundings.cool_down) return;
  on.prepared.timed("cool_down", [&] {
    on.surroundings.cool_down->wait(
        processor.description().id, [&] { return processor.clock_hertz(); }, {}, on.options.go_on,
        on.block);
  });
}

/// As the key's scenario says, with its loads beside.
void measure(const Measuring& on) {
  const Spec spec = scenario_spec(on.block.key.scenario);
  const Scenario& scenario = find_scenario(spec.name());
  const auto* sampled = std::get_if<Sampled>(&scenario.implementation);
  const Stage& stage = on.prepared.stage();
  const Limits limits = limits_for(stage.processor.kind(), on.options.tier,
                                   sampled && sampled->group, on.options.block_seconds);
  if (std::holds_alternative<Learned>(scenario.implementation)) {
    throw Unsupported(spec.name() + " is how a network learns. Use motley train");
  }
  if (std::holds_alternative<Mixed>(scenario.implementation)) {
    throw Unsupported(spec.name() + " is of several networks at once. Use motley mix");
  }
  if (scenario.of_minutes) cool_down(on);
  on.loads.start();
  if (sampled) {
    sample(stage, on.prepared.trial(), limits, on.block, on.observed,
           [&] { on.loads.begin_window(); });
  } else {
    query(scenario, spec, limits, on);
  }
  on.loads.finish({&on.block, 1});
}

}  // namespace

schema::Block visit(const Surroundings& surroundings, Processor& processor, const Case& subject,
                    const schema::Key& key, const VisitOptions& options, Loads& loads) {
  schema::Block block = unmeasured(key, subject.metric, schema::Status::ok, "");
  attempt(block, [&] {
    Observed observed;
    PreparedTrial prepared(surroundings, processor, subject, options, block, observed);
    if (block.status != schema::Status::ok) return;
    measure({surroundings, prepared, options, loads, block, observed});
    prepared.take_readings();
    prepared.take_profile();
    if (prepared.correct()) prepared.judge();
  });
  block.repro = repro(block.key, options.tier, options.seed);
  return block;
}

std::string to_string(Tier tier) {
  switch (tier) {
    case Tier::smoke:
      return "smoke";
    case Tier::standard:
      return "standard";
    case Tier::full:
      return "full";
  }
  return "unknown";
}

Tier tier_from(const std::string& name) {
  for (const Tier tier : {Tier::smoke, Tier::standard, Tier::full}) {
    if (to_string(tier) == name) return tier;
  }
  throw UnknownName("tier", name, {"smoke", "standard", "full"});
}

}  // namespace motley
