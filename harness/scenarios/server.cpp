// How fast is a server for queries that come whether or not it is free? Open loops with a mean
// rate that stays, and gaps from all alike to bursty. Gamma gaps and a rate of two states are the
// two usual models of bursty traffic.
#include <algorithm>
#include <fmt/format.h>

#include "harness/scenarios/conclusions.hpp"
#include "harness/scenarios/families.hpp"
#include "harness/scenarios/percentiles.hpp"

namespace motley {
namespace {

struct Measured {
  LoopRun run;
  Verdict verdict;
};

Measured serve(const Spec& spec, const ScenarioStage& stage, const Arrivals& arrivals,
               double mean_rate, bool segments, schema::Block& block) {
  LoopLimits limits = limits_of(spec);
  Goal goal = goal_of(spec);
  goal.target_seconds = spec.number("target_seconds");
  if (goal.target_seconds > 0) limits.target_seconds = goal.target_seconds;
  limits.expected_queries = 1.1 * mean_rate * limits.seconds;
  limits.segments = segments;
  Measured measured{open_loop(stage, limits, arrivals, block.samples), {}};
  describe(block.samples, measured.run, limits, goal, block.figures);
  judge_count(measured.run, limits, goal, measured.verdict);
  judge_backlog(block.samples, measured.run, block.figures, measured.verdict);
  judge_target(block.figures, measured.run, goal, measured.verdict);
  judge_lateness(block.figures, tenth_of_latency(block.figures), measured.verdict);
  return measured;
}

void steady_rate(const Spec& spec, const ScenarioStage& stage, double variation,
                 schema::Block& block) {
  const double rate = spec.number("rate");
  const Measured measured =
      serve(spec, stage, renewals(stage.seed, variation, constant_rate(rate)), rate, false, block);
  conclude(measured.run, measured.verdict, block);
}

/// Visits of each state that began before the end.
std::pair<double, double> visits(const RateSegments& states, double seconds) {
  std::pair<double, double> count{0, 0};
  double begin = 0;
  for (std::int64_t i = 0; begin < seconds; begin += states(i++).seconds) {
    ++(i % 2 == 0 ? count.first : count.second);
  }
  return count;
}

void two_state_rate(const Spec& spec, const ScenarioStage& stage, schema::Block& block) {
  const double rate_0 = spec.number("low_rate"), rate_1 = spec.number("high_rate");
  const double dwell_0 = spec.number("low_seconds"), dwell_1 = spec.number("high_seconds");
  const RateSegments states = two_states(stage.seed, rate_0, rate_1, dwell_0, dwell_1);
  const double mean = (rate_0 * dwell_0 + rate_1 * dwell_1) / (dwell_0 + dwell_1);
  Measured measured = serve(spec, stage, renewals(stage.seed, 1, states), mean, true, block);
  for (const auto& [state, latency] : latency_by_segment(block.samples, measured.run)) {
    const char* name = state == 0 ? "low" : "high";
    block.figures[fmt::format("{}_queries", name)] = static_cast<double>(latency.size());
    for (const int percent : {50, 90, 99}) {
      block.figures[fmt::format("{}_latency_p{}_seconds", name, percent)] =
          percentile(latency, percent / 100.0);
    }
  }
  const auto [low, high] = visits(states, measured.run.duration_seconds);
  block.figures["low_visits"] = low;
  block.figures["high_visits"] = high;
  const std::int64_t wanted = spec.integer("visits");
  measured.verdict.require(
      std::min(low, high) >= static_cast<double>(wanted),
      fmt::format(
          "{} visits to the low and {} to the high rate, {} of each wanted (a few say little "
          "of the others). Give more seconds or shorter low_seconds and high_seconds.",
          low, high, wanted));
  conclude(measured.run, measured.verdict, block);
}

Scenario server(const std::string& name, const std::string& summary, std::vector<SpecParameter> own,
                QueryRun run, const std::string& also = "") {
  own.push_back(target_parameter());
  return {name,
          summary,
          "latency_seconds",
          "enough queries for the percentile, target held by the binomial bound, backlog not "
          "growing, generator on time" +
              also,
          with_common(std::move(own), 10, 99),
          Queried(std::move(run))};
}

}  // namespace

std::vector<Scenario> server_scenarios() {
  const SpecParameter rate{"rate", "Queries a second", 10.0, 1e-4, 1e6};
  const auto steady = [](double variation) {
    return [variation](const Spec& spec, const ScenarioStage& stage, schema::Block& block) {
      steady_rate(spec, stage, variation, block);
    };
  };
  return {
      server("server_constant", "Queries at equal gaps", {rate}, steady(0)),
      server("server_poisson", "Queries at random, independent times", {rate}, steady(1)),
      server("server_gamma", "Queries at gamma gaps: bursty above cv 1, regular below",
             {rate, {"cv", "Coefficient of variation of the gaps", 2.0, 0.05, 20}},
             [](const Spec& spec, const ScenarioStage& stage, schema::Block& block) {
               steady_rate(spec, stage, spec.number("cv"), block);
             }),
      server("server_mmpp", "Queries at random times, at a rate that changes between two at random",
             {{"low_rate", "Queries a second in the first state", 5.0, 0, 1e6},
              {"high_rate", "Queries a second in the second state", 50.0, 1e-4, 1e6},
              {"low_seconds", "Mean stay in the first state", 0.8, 1e-3, 1e5},
              {"high_seconds", "Mean stay in the second state", 0.2, 1e-3, 1e5},
              {"visits", "Least visits of each state", std::int64_t{5}, 1, 1e6}},
             two_state_rate, ", each state visited often enough"),
  };
}

}  // namespace motley
