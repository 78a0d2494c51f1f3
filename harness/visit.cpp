#include "harness/visit.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "harness/error.hpp"
#include "harness/sampler.hpp"
#include "harness/search.hpp"
#include "harness/statistics.hpp"
#include "harness/workbench.hpp"

namespace motley {
namespace {

/// Executed work above the ceiling by more than this is no record but a defect somewhere.
constexpr double above_peak = 1.03;

std::string repro(const schema::Block& block, const VisitOptions& options) {
  std::string text =
      fmt::format("motley run --filter '^{}$' --on {}", block.key.case_name, block.key.processor);
  for (const auto& [name, value] : block.key.parameters) {
    text += fmt::format(" --set {}={}", name, schema::to_string(value));
  }
  return text + fmt::format(" --scenario {} --tier {} --seed {} --processes 1 --rounds 1",
                            block.key.scenario, to_string(options.tier), options.seed);
}

class Visit {
 public:
  Visit(const Surroundings& surroundings, Processor& processor, const Case& subject,
        const VisitOptions& options, schema::Block& block)
      : surroundings_(surroundings),
        processor_(processor),
        case_(subject),
        options_(options),
        block_(block) {}

  /// The result of `work`, whose time is added to the phase.
  template <class F>
  auto timed(const char* phase, F work) {
    const double started = surroundings_.clock.seconds();
    auto result = work();
    block_.phases[phase] += surroundings_.clock.seconds() - started;
    return result;
  }

  void measure() {
    const auto queue = processor_.queue();
    const Stage stage{surroundings_.machine, surroundings_.clock, processor_, *queue};
    find_parameters(stage);
    Workbench bench(processor_, *queue, block_.key.parameters, options_.tier, options_.seed);
    const Trial trial = timed("prepare", [&] { return case_.prepare(bench); });
    block_.work = trial.work;
    block_.executed_work = trial.executed_work;
    block_.details = trial.details;
    if (!timed("check", [&] { return correct(stage, trial); })) return;

    const std::map<std::string, double> before = read_instruments();
    Observed observed;
    const double scaling_seconds = 0.15 * options_.block_seconds;
    observed.scaling_ratio =
        timed("scaling", [&] { return scaling_ratio(stage, trial, scaling_seconds); });
    sample(
        stage, trial,
        limits_for(processor_.kind(), options_.tier, block_.key.scenario, options_.block_seconds),
        block_, observed);
    take_readings(before);

    if (!timed("check", [&] { return correct(stage, trial); })) return;
    judge(trial, observed);
  }

 private:
  void find_parameters(const Stage& stage) {
    if (!needs_search(case_, block_.key.parameters)) return;
    block_.key.parameters = timed("search", [&] {
      return search(stage, case_, block_.key.parameters, options_.tier, options_.seed,
                    block_.search);
    });
    block_.selected_by = options_.tier == Tier::smoke ? "guess" : "search";
  }

  /// Reset, run, compare. The worse of all checks stays in the block.
  bool correct(const Stage& stage, const Trial& trial) {
    if (!trial.error) throw Error("the case has no check (a wrong result has no speed). Add one.");
    if (trial.reset) trial.reset(stage.queue);
    run_sample(stage, trial, 1);
    const double error = trial.error(stage.queue);
    stage.queue.finish();
    stage.queue.take_intervals();
    schema::Check check = block_.check.value_or(schema::Check{0, trial.tolerance});
    check.error = std::max(check.error, std::isfinite(error) ? error : 1e300);
    block_.check = check;
    if (error <= trial.tolerance) return true;
    block_.status = schema::Status::wrong;
    block_.reason = fmt::format(
        "error {:.3g} exceeds tolerance {:.3g} {} timing (a wrong result has no speed)", error,
        trial.tolerance, block_.samples.host_seconds.empty() ? "before" : "after");
    return false;
  }

  std::map<std::string, double> read_instruments() {
    std::map<std::string, double> values;
    for (const auto& instrument : surroundings_.instruments) {
      const Reading reading = instrument->read();
      if (reading.state == Reading::State::value) values[instrument->name()] = reading.value;
    }
    return values;
  }

  void take_readings(const std::map<std::string, double>& before) {
    for (const auto& [name, value] : read_instruments()) {
      const auto earlier = before.find(name);
      if (earlier == before.end()) continue;
      block_.readings[name] = {earlier->second, value};
      if (name.starts_with("steal_seconds")) {
        block_.steal_seconds = block_.steal_seconds.value_or(0) + value - earlier->second;
      }
    }
  }

  void judge(const Trial& trial, Observed& observed) {
    observed.governor = surroundings_.governor;
    observed.governor_varies = !observed.governor.empty() && observed.governor != "performance" &&
                               observed.governor != "userspace";
#if !defined(NDEBUG) && !defined(__OPTIMIZE__)
    observed.debug_build = true;
#endif
    block_.findings = findings(block_, observed);
    if (trial.ceiling_flops_per_cycle > 0 && block_.clock_hertz) {
      block_.ceiling_flops_per_second = trial.ceiling_flops_per_cycle * *block_.clock_hertz;
      const double seconds = median(block_.samples.host_seconds) / double(block_.runs_per_sample);
      const double rate = block_.executed_work.value_or(block_.work).flops / seconds;
      if (rate > above_peak * *block_.ceiling_flops_per_second) {
        block_.status = schema::Status::suspect;
        block_.reason = fmt::format("{:.4g} flop/s are more than the {:.4g} that this clock allows",
                                    rate, *block_.ceiling_flops_per_second);
      }
    }
  }

  const Surroundings& surroundings_;
  Processor& processor_;
  const Case& case_;
  const VisitOptions& options_;
  schema::Block& block_;
};

}  // namespace

schema::Block unmeasured(const schema::Key& key, schema::Metric metric, schema::Status status,
                         std::string reason) {
  schema::Block block;
  block.key = key;
  block.metric = metric;
  block.status = status;
  block.reason = std::move(reason);
  return block;
}

schema::Block visit(const Surroundings& surroundings, Processor& processor, const Case& subject,
                    const schema::Key& key, const VisitOptions& options) {
  schema::Block block = unmeasured(key, subject.metric, schema::Status::ok, "");
  const auto ends = [&](schema::Status status, const std::string& reason) {
    block.status = status;
    block.reason = reason;
    block.samples = {};
  };
  try {
    Visit(surroundings, processor, subject, options, block).measure();
  } catch (const Unsupported& error) {
    ends(schema::Status::unsupported, error.what());
  } catch (const DeviceError& error) {
    ends(schema::Status::failed, error.what() + (error.log().empty() ? "" : "\n" + error.log()));
  } catch (const std::bad_alloc&) {
    ends(schema::Status::failed, "out of memory (the trial needs more). Use a smaller size.");
  } catch (const std::exception& error) {
    ends(schema::Status::failed, error.what());
  }
  block.repro = repro(block, options);
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
