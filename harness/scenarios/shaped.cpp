// What does a server do when queries come at once, or ever faster? Bursts, and rates that rise in
// steps or steadily: from which rate on is it slow?
#include <algorithm>
#include <fmt/format.h>

#include "harness/scenarios/conclusions.hpp"
#include "harness/scenarios/families.hpp"
#include "harness/scenarios/percentiles.hpp"
#include "harness/statistics.hpp"

namespace motley {
namespace {

struct Bursts {
  std::vector<double> first, last, drain;  ///< of each whole burst
  std::int64_t overrun = 0;                ///< not drained when the next one came
};

Bursts whole_bursts(const schema::Samples& samples, const LoopRun& run, std::int64_t size,
                    double period_seconds) {
  Bursts bursts;
  const auto step = static_cast<std::size_t>(size);
  for (std::size_t i = run.first; i + step <= run.last; i += step) {
    const std::size_t end = i + step - 1;
    bursts.first.push_back(samples.latency_seconds[i]);
    bursts.last.push_back(samples.latency_seconds[end]);
    bursts.drain.push_back(samples.latency_seconds[end]);
    if (bursts.drain.back() > period_seconds) ++bursts.overrun;
  }
  return bursts;
}

void burst(const Spec& spec, const ScenarioStage& stage, schema::Block& block) {
  const std::int64_t size = spec.integer("size");
  const double period = spec.number("period_seconds");
  LoopLimits limits = limits_of(spec);
  const Goal goal = goal_of(spec);
  limits.segments = true;
  limits.expected_queries = static_cast<double>(size) * (limits.seconds / period + 1);
  const LoopRun run = open_loop(stage, limits, bursts(size, period), block.samples);
  describe(block.samples, run, limits, goal, block.figures);
  const Bursts seen = whole_bursts(block.samples, run, size, period);
  block.figures["bursts"] = static_cast<double>(seen.drain.size());
  Verdict verdict;
  constexpr std::size_t least_bursts = 5;
  verdict.require(seen.drain.size() >= least_bursts,
                  fmt::format("{} whole bursts ({} wanted). Give more seconds or a smaller "
                              "period_seconds.",
                              seen.drain.size(), least_bursts));
  if (!seen.drain.empty()) {
    block.figures["first_latency_seconds"] = median(seen.first);
    block.figures["last_latency_seconds"] = median(seen.last);
    block.figures["drain_seconds"] = median(seen.drain);
    block.figures["drain_most_seconds"] = *std::max_element(seen.drain.begin(), seen.drain.end());
  }
  block.figures["overrun_bursts"] = static_cast<double>(seen.overrun);
  // Where the count ends it, the rest of a burst may wait.
  verdict.require(
      seen.overrun == 0 && (run.backlog == 0 || run.stopped_by == "samples"),
      fmt::format("saturated: {} bursts were not drained when the next one came, and {} "
                  "queries waited at the end. Give a smaller size or a longer "
                  "period_seconds.",
                  seen.overrun, run.backlog));
  judge_lateness(block.figures, tenth_of_latency(block.figures), verdict);
  conclude(run, verdict, block);
}

/// One step of a rate that rises.
struct Step {
  double rate = 0;
  std::vector<double> latency;  ///< ascending
  double asked = 0;             ///< queries that were to come
};

std::vector<Step> steps_of(const schema::Samples& samples, const LoopRun& run,
                           const RateSegments& rates, std::int64_t count) {
  auto latency = latency_by_segment(samples, run);
  std::vector<Step> all;
  for (std::int64_t i = 0; i < count; ++i) {
    const RateSegment segment = rates(i);
    const double rate = (segment.rate_at_start + segment.rate_at_end) / 2;
    all.push_back({rate, std::move(latency[i]), rate * segment.seconds});
  }
  return all;
}

void store(const std::vector<Step>& all, const Goal& goal, schema::Block& block) {
  for (const Step& one : all) {
    block.series["step_queries_per_second"].push_back(one.rate);
    block.series["step_queries"].push_back(static_cast<double>(one.latency.size()));
    block.series["step_latency_p50_seconds"].push_back(percentile(one.latency, 0.5));
    block.series["step_latency_seconds"].push_back(percentile(one.latency, goal.part));
  }
}

/// Steps from the first on whose latency is at most twice the first one's.
std::size_t fast_steps(const std::vector<Step>& all, const Goal& goal) {
  const double first = percentile(all[0].latency, goal.part);
  const auto slow = std::find_if(all.begin(), all.end(), [&](const Step& one) {
    return one.latency.empty() || percentile(one.latency, goal.part) > 2 * first;
  });
  return static_cast<std::size_t>(slow - all.begin());
}

void judge_steps(const std::vector<Step>& all, std::size_t fast, const Goal& goal,
                 Verdict& verdict) {
  const std::int64_t wanted = least_queries(goal.part, 1), least = least_queries(goal.part, 0);
  // Beyond the knee some queries never start: that is the answer, no lack of them.
  for (std::size_t i = 0; i < std::max<std::size_t>(1, fast); ++i) {
    const auto n = static_cast<std::int64_t>(all[i].latency.size());
    if (n >= wanted) continue;
    const std::string reason = fmt::format(
        "{} queries in the step at {:.4g} a second (for p{:g} {} are wanted). Give "
        "longer step_seconds or a higher rate.",
        n, all[i].rate, goal.part * 100, wanted);
    n < least ? verdict.invalid(reason) : verdict.semivalid(reason);
    break;
  }
  if (fast == all.size()) {
    verdict.semivalid(fmt::format(
        "no step is slow (the knee lies above {:.4g} a second). Raise to.", all.back().rate));
  }
}

void rising(const Spec& spec, const ScenarioStage& stage, bool gradual, schema::Block& block) {
  const std::int64_t count = spec.integer("steps");
  const double step_seconds = spec.number("step_seconds");
  const double from = spec.number("from"), to = spec.number("to");
  const RateSegments rates = (gradual ? ramp : steps)(from, to, count, step_seconds);
  LoopLimits limits;
  limits.seconds = step_seconds * static_cast<double>(count);
  limits.queries = spec.integer("queries");
  limits.segments = true;
  limits.expected_queries = 1.1 * (from + to) / 2 * limits.seconds;
  const Goal goal = goal_of(spec);
  const LoopRun run = open_loop(stage, limits, renewals(stage.seed, 1, rates), block.samples);
  describe(block.samples, run, limits, goal, block.figures);
  const std::vector<Step> all = steps_of(block.samples, run, rates, count);
  store(all, goal, block);
  const std::size_t fast = fast_steps(all, goal);
  if (fast > 0) block.figures["knee_queries_per_second"] = all[fast - 1].rate;
  Verdict verdict;
  judge_steps(all, fast, goal, verdict);
  verdict.require(run.stopped_by == "budget",
                  seen(run, limits) + " (later steps were not seen). Give more queries.");
  judge_lateness(block.figures, tenth_of_latency(block.figures), verdict);
  conclude(run, verdict, block);
}

Scenario rising_scenario(const std::string& name, const std::string& summary, bool gradual) {
  return {name,
          summary,
          "knee_queries_per_second",
          "64 queries (p90) in each step up to the knee, which lies between from and to",
          {{"from", "Queries a second at first", 5.0, 1e-4, 1e6},
           {"to", "Queries a second at last", 100.0, 1e-4, 1e6},
           {"steps", "Steps that are told apart", std::int64_t{10}, 1, 1000},
           {"step_seconds", "Length of a step", 10.0, 1e-3, 1e5},
           {"queries", "Most queries, 0: no limit", std::int64_t{0}, 0, 1e9},
           {"percentile", "Of latency, that answers the question", 90.0, 1, 99.999}},
          Queried([gradual](const Spec& spec, const ScenarioStage& stage, schema::Block& block) {
            rising(spec, stage, gradual, block);
          })};
}

}  // namespace

std::vector<Scenario> shaped_scenarios() {
  return {
      {"burst", "Several queries at once, again and again", "drain_seconds",
       "five bursts, each drained before the next",
       with_common({{"size", "Queries of a burst", std::int64_t{8}, 1, 1e6},
                    {"period_seconds", "From burst to burst", 1.0, 1e-4, 1e5}},
                   10, 90),
       Queried(burst)},
      rising_scenario("step", "Queries at random times, at a rate that rises in steps", false),
      rising_scenario("ramp", "Queries at random times, at a rate that rises steadily", true),
  };
}

}  // namespace motley
