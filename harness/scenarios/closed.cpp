// How fast is a server for callers that wait for its answers? Closed loops: nothing arrives while
// the server is slow, so what they say of latency holds for such callers only.
#include <algorithm>
#include <fmt/format.h>

#include "harness/scenarios/conclusions.hpp"
#include "harness/scenarios/families.hpp"

namespace motley {
namespace {

void one_by_one(const Spec& spec, const ScenarioStage& stage, std::int64_t samples,
                schema::Block& block) {
  LoopLimits limits = limits_of(spec);
  limits.samples = block.runs_per_sample = samples;
  const Goal goal = goal_of(spec);
  const LoopRun run = closed_loop(stage, limits, 1, block.samples);
  describe(block.samples, run, limits, goal, block.figures);
  if (run.queries() > 0) block.figures["latency_first_seconds"] = block.samples.latency_seconds[0];
  Verdict verdict;
  judge_count(run, limits, goal, verdict);
  conclude(run, verdict, block);
}

/// Within 10 % of their mean.
bool agree(double a, double b, double c) {
  const double mean = (a + b + c) / 3;
  return std::max({a, b, c}) <= 1.1 * mean && std::min({a, b, c}) >= 0.9 * mean;
}

constexpr double least_in_window = 10;

void judge_windows(const std::vector<Window>& all, Verdict& verdict) {
  if (all.size() < 3) {
    verdict.invalid(
        fmt::format("{} windows (three must agree). Give more seconds or a smaller window_seconds.",
                    all.size()));
    return;
  }
  const Window* last = &all[all.size() - 3];
  const double fewest = std::min({last[0].queries, last[1].queries, last[2].queries});
  verdict.require(fewest >= least_in_window,
                  fmt::format("{} queries in one of the last three windows ({} are wanted: one "
                              "more or less is then 10 %). Give a longer window_seconds.",
                              fewest, least_in_window));
  const auto judge = [&](const char* what, double a, double b, double c) {
    verdict.require(agree(a, b, c),
                    fmt::format("{} of the last three windows differs by more than 10 % from their "
                                "mean: {:.4g}, {:.4g}, {:.4g}. Give a longer window_seconds.",
                                what, a, b, c));
  };
  judge("queries_per_second", last[0].queries_per_second(), last[1].queries_per_second(),
        last[2].queries_per_second());
  judge("latency_seconds", last[0].latency_seconds, last[1].latency_seconds,
        last[2].latency_seconds);
}

void closed_concurrency(const Spec& spec, const ScenarioStage& stage, schema::Block& block) {
  const LoopLimits limits = limits_of(spec);
  const Goal goal = goal_of(spec);
  const LoopRun run = closed_loop(stage, limits, spec.integer("concurrency"), block.samples);
  describe(block.samples, run, limits, goal, block.figures);
  block.figures["concurrency"] = static_cast<double>(spec.integer("concurrency"));
  const std::vector<Window> all = windows(block.samples, run, goal, spec.number("window_seconds"));
  store(all, block);
  Verdict verdict;
  judge_windows(all, verdict);
  // The first of each client wait for those before them alone, as no later one does.
  const std::int64_t settled = 10 * spec.integer("concurrency");
  verdict.require(run.queries() >= settled,
                  fmt::format("{} queries of {} clients ({} are wanted: the first of each is no "
                              "measure). Give more seconds.",
                              run.queries(), spec.integer("concurrency"), settled));
  conclude(run, verdict, block);
}

/// Everything has arrived when it begins, so the server is never without work.
void offline(const Spec& spec, const ScenarioStage& stage, schema::Block& block) {
  LoopLimits limits = limits_of(spec);
  limits.samples = block.runs_per_sample = spec.integer("samples");
  const LoopRun run = open_loop(
      stage, limits, [] { return Arrival{}; }, block.samples);
  describe(block.samples, run, limits, {}, block.figures);
  // Nothing comes at a time of its own, so that nothing is late, wakes up or has a latency of note:
  // that is how long the measurement had lasted.
  std::erase_if(block.figures, [](const auto& one) {
    return one.first.starts_with("lateness_") || one.first.starts_with("latency_") ||
           one.first == "percentile" || one.first == "idle_arrivals" ||
           one.first == "early_wakeups" || one.first == "backlog_queries" ||
           one.first == "scheduled_queries_per_second" || one.first == "dispatcher_cpu_share";
  });
  Verdict verdict;
  verdict.require(
      run.stopped_by == "budget",
      seen(run, limits) + " (too short for a rate). Give more queries, or fewer seconds.");
  conclude(run, verdict, block);
}

}  // namespace

std::vector<Scenario> closed_scenarios() {
  const SpecParameter samples{"samples", "Samples of a query", std::int64_t{1}, 1, 1e6};
  SpecParameter eight = samples;
  eight.fallback = std::int64_t{8};
  return {
      {"single_stream", "The next query when the last is answered", "latency_seconds",
       "64 queries (p90) and the whole duration; semivalid: from 44 queries on",
       with_common({}, 10, 90), Queried([](const Spec& spec, const auto& stage, auto& block) {
         one_by_one(spec, stage, 1, block);
       })},
      {"multi_stream", "Queries of several samples, the next when the last is answered",
       "latency_seconds", "662 queries (p99) and the whole duration; semivalid: from 459 on",
       with_common({eight}, 10, 99), Queried([](const Spec& spec, const auto& stage, auto& block) {
         one_by_one(spec, stage, spec.integer("samples"), block);
       })},
      {"offline", "Everything at once", "samples_per_second", "the whole duration",
       with_common({samples}, 10, 0), Queried(offline)},
      {"closed_concurrency", "So many clients, each waits for its answer", "queries_per_second",
       "the last three windows agree within 10 % in rate and latency; ten queries in each, and of "
       "each client",
       with_common({{"concurrency", "Queries outstanding", std::int64_t{1}, 1, 1e5},
                    {"window_seconds", "Length of a window", 1.0, 1e-3, 1e5}},
                   10, 90),
       Queried(closed_concurrency)},
  };
}

}  // namespace motley
