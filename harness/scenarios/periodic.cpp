// Does every frame meet its deadline? Frames are released at k * T whatever happened before (never
// a sleep for what remains of a period: that drifts).
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "harness/scenarios/conclusions.hpp"
#include "harness/scenarios/families.hpp"
#include "harness/scenarios/percentiles.hpp"

namespace motley {
namespace {

/// How far the time between two answers is from the period, ascending.
std::vector<double> jitter(const schema::Samples& samples, const LoopRun& run, double period) {
  std::vector<double> off;
  for (std::size_t i = run.first + 1; i < run.last; ++i) {
    const double releases =
        std::round((samples.scheduled_seconds[i] - samples.scheduled_seconds[i - 1]) / period);
    const double between = samples.started_seconds[i] + samples.host_seconds[i] -
                           samples.started_seconds[i - 1] - samples.host_seconds[i - 1];
    off.push_back(std::abs(between - releases * period));
  }
  std::sort(off.begin(), off.end());
  return off;
}

void add_figures(const LoopRun& run, double period, double deadline, schema::Block& block) {
  Figures& figures = block.figures;
  const auto late = static_cast<double>(
      std::count_if(block.samples.latency_seconds.begin(), block.samples.latency_seconds.end(),
                    [&](double latency) { return latency > deadline; }));
  const auto lost = static_cast<double>(run.dropped + run.backlog_over_target);
  // What still had time when the measurement ended is not judged.
  const double released = static_cast<double>(run.queries()) + lost;
  figures["deadline_seconds"] = deadline;
  figures["dropped_frames"] = static_cast<double>(run.dropped);
  figures["late_frames"] = late;
  figures["deadline_miss_ratio"] = released > 0 ? (late + lost) / released : 0;
  figures["frames_per_second"] = figures["queries_per_second"];
  const std::vector<double> off = jitter(block.samples, run, period);
  if (off.empty()) return;
  figures["jitter_p50_seconds"] = percentile(off, 0.5);
  figures["jitter_p99_seconds"] = percentile(off, 0.99);
}

void periodic_deadline(const Spec& spec, const ScenarioStage& stage, schema::Block& block) {
  const double period = spec.number("period_seconds");
  const double given = spec.number("deadline_seconds");
  const double deadline = given > 0 ? given : period;
  LoopLimits limits = limits_of(spec);
  limits.expected_queries = limits.seconds / period + 1;
  limits.target_seconds = deadline;
  if (spec.integer("drop") != 0) limits.drop_after_seconds = deadline;
  const Goal goal{goal_of(spec).part, deadline};
  const LoopRun run = open_loop(stage, limits, periodic(period), block.samples);
  describe(block.samples, run, limits, goal, block.figures);
  add_figures(run, period, deadline, block);
  Verdict verdict;
  judge_count(run, limits, goal, verdict);
  if (run.queries() > 0) {
    const double least = block.figures["service_least_seconds"];
    verdict.require(
        period >= least,
        fmt::format("a period of {:.4g} s is shorter than the fastest frame took, {:.4g} "
                    "(no server could keep up). Give a longer period_seconds.",
                    period, least));
  }
  judge_lateness(block.figures, 0.1 * period, verdict);
  conclude(run, verdict, block);
}

}  // namespace

std::vector<Scenario> periodic_scenarios() {
  return {
      {"periodic_deadline", "Frames at a fixed rate that have a deadline", "deadline_miss_ratio",
       "period at least the fastest frame's time, enough frames, generator on time",
       with_common(
           {{"period_seconds", "From release to release", 1.0 / 30, 1e-5, 1e5},
            {"deadline_seconds", "From release to answer, 0: the period", 0.0, 0, 1e5},
            {"drop", "1: a frame whose deadline has passed does not start", std::int64_t{1}, 0, 1}},
           10, 90),
       Queried(periodic_deadline)}};
}

}  // namespace motley
