#include "harness/scenarios/conclusions.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>
#include <span>

#include "harness/scenarios/percentiles.hpp"

namespace motley {
namespace {

std::span<const double> part(const std::vector<double>& column, const LoopRun& run) {
  return std::span(column).subspan(run.first, run.last - run.first);
}

double share(double a, double b) {
  return b > 0 ? a / b : 0;
}

void describe_open(const schema::Samples& samples, const LoopRun& run, const LoopLimits& limits,
                   Figures& figures) {
  const std::vector<double> late = lateness(samples, run);
  figures["idle_arrivals"] = static_cast<double>(late.size());
  if (!late.empty()) {
    figures["lateness_p50_seconds"] = percentile(late, 0.5);
    figures["lateness_p99_seconds"] = percentile(late, 0.99);
    figures["lateness_most_seconds"] = late.back();
  }
  figures["early_wakeups"] = static_cast<double>(run.early_wakeups);
  figures["backlog_queries"] = static_cast<double>(run.backlog);
  const double arrived = static_cast<double>(run.queries() + run.backlog + run.dropped);
  const bool whole = run.stopped_by == "budget";
  figures["scheduled_queries_per_second"] =
      share(arrived, whole ? limits.seconds : run.duration_seconds);
  figures["dispatcher_cpu_share"] = share(run.dispatcher_cpu_seconds, run.duration_seconds);
}

void describe_target(std::span<const double> latency, const LoopRun& run, const Goal& goal,
                     Figures& figures) {
  const auto within =
      std::upper_bound(latency.begin(), latency.end(), goal.target_seconds) - latency.begin();
  figures["target_seconds"] = goal.target_seconds;
  figures["over_target_queries"] = static_cast<double>(static_cast<std::int64_t>(latency.size()) -
                                                       within + run.backlog_over_target);
  figures["within_target_per_second"] = share(static_cast<double>(within), run.duration_seconds);
}

}  // namespace

void Verdict::add(const char* verdict, std::string reason) {
  if (validity_.verdict != "invalid") validity_.verdict = verdict;
  validity_.reasons.push_back(std::move(reason));
}

std::vector<SpecParameter> with_common(std::vector<SpecParameter> own, double seconds,
                                       double part) {
  own.push_back({"seconds", "Queries start for so long", seconds, 1e-3, unlimited_seconds});
  own.push_back({"queries", "Most queries, 0: no limit", std::int64_t{0}, 0, 1e9});
  if (part > 0) {
    own.push_back({"percentile", "Of latency, that answers the question", part, 1, 99.999});
  }
  return own;
}

SpecParameter target_parameter() {
  return {"target_seconds", "Most latency at the percentile, 0: none", 0.0, 0, 1e6};
}

LoopLimits limits_of(const Spec& spec) {
  LoopLimits limits;
  limits.seconds = spec.number("seconds");
  limits.queries = spec.integer("queries");
  return limits;
}

Goal goal_of(const Spec& spec) {
  return {spec.number("percentile") / 100, 0};
}

void describe(const schema::Samples& samples, const LoopRun& run, const LoopLimits& limits,
              const Goal& goal, Figures& figures) {
  const auto n = static_cast<double>(run.queries());
  figures["queries"] = n;
  figures["duration_seconds"] = run.duration_seconds;
  figures["queries_per_second"] = share(n, run.duration_seconds);
  figures["samples_per_second"] =
      share(n * static_cast<double>(limits.samples), run.duration_seconds);
  if (!samples.scheduled_seconds.empty() || run.backlog > 0) {
    describe_open(samples, run, limits, figures);
  }
  const std::span<const double> host = part(samples.host_seconds, run);
  figures["utilisation"] =
      std::min(1.0, share(std::accumulate(host.begin(), host.end(), 0.0), run.duration_seconds));
  const std::vector<double> latency = ascending(part(samples.latency_seconds, run));
  if (goal.target_seconds > 0) describe_target(latency, run, goal, figures);
  if (latency.empty()) return;
  const std::vector<double> service = ascending(host);
  figures["percentile"] = goal.part * 100;
  figures["latency_seconds"] = percentile(latency, goal.part);
  if (const auto sure = sure_percentile(latency, goal.part))
    figures["latency_sure_seconds"] = *sure;
  figures["latency_p50_seconds"] = percentile(latency, 0.5);
  figures["latency_p90_seconds"] = percentile(latency, 0.9);
  figures["latency_p99_seconds"] = percentile(latency, 0.99);
  figures["latency_most_seconds"] = latency.back();
  figures["service_p50_seconds"] = percentile(service, 0.5);
  figures["service_p99_seconds"] = percentile(service, 0.99);
  figures["service_least_seconds"] = service.front();
}

std::vector<double> lateness(const schema::Samples& samples, const LoopRun& run) {
  std::vector<double> late;
  if (samples.scheduled_seconds.empty()) return late;
  double free_at = run.begin_seconds;
  for (std::size_t i = run.first; i < run.last; ++i) {
    const double scheduled = samples.scheduled_seconds[i];
    if (scheduled >= free_at)
      late.push_back(std::max(0.0, samples.enqueued_seconds[i] - scheduled));
    free_at = samples.started_seconds[i] + samples.host_seconds[i];
  }
  std::sort(late.begin(), late.end());
  return late;
}

std::string seen(const LoopRun& run, const LoopLimits& limits) {
  const bool limited = limits.seconds < unlimited_seconds;
  return fmt::format("ended with {} queries after {:.3g}{} s", run.queries(), run.duration_seconds,
                     limited ? fmt::format(" of {:.3g}", limits.seconds) : "");
}

void judge_count(const LoopRun& run, const LoopLimits& limits, const Goal& goal, Verdict& verdict) {
  const std::int64_t wanted = least_queries(goal.part, 1), least = least_queries(goal.part, 0);
  const std::string advice = "Give more seconds or queries, or a lower percentile.";
  if (run.queries() < least) {
    verdict.invalid(fmt::format("{} queries (p{:g} is unknown below {}). {}", run.queries(),
                                goal.part * 100, least, advice));
    return;
  }
  if (run.queries() < wanted) {
    verdict.semivalid(fmt::format("{} queries (for p{:g} {} are wanted, one of them longer). {}",
                                  run.queries(), goal.part * 100, wanted, advice));
  }
  if (run.stopped_by == "budget") return;
  verdict.semivalid(fmt::format("{} (slow changes were not seen). Give more queries{}.",
                                seen(run, limits),
                                limits.seconds < unlimited_seconds ? " or fewer seconds" : ""));
}

void judge_target(const Figures& figures, const LoopRun& run, const Goal& goal, Verdict& verdict) {
  if (goal.target_seconds <= 0) return;
  const auto over = static_cast<std::int64_t>(figures.at("over_target_queries"));
  const std::int64_t n = run.queries() + run.backlog_over_target;
  const std::int64_t least = least_queries(goal.part, over);
  verdict.require(
      n >= least,
      fmt::format("{} of {} queries took longer than {:.4g} s (p{:g} may be over it: {} "
                  "would be needed). Lower the rate or raise target_seconds.",
                  over, n, goal.target_seconds, goal.part * 100, least));
}

bool saturated(const schema::Samples& samples, const LoopRun& run) {
  if (run.backlog < 3 || run.queries() == 0) return false;
  const double end = run.begin_seconds + run.duration_seconds;
  const double half = run.begin_seconds + run.duration_seconds / 2;
  double busy_seconds = 0, waiting_at_half = 0;
  for (std::size_t i = run.first; i < run.last; ++i) {
    busy_seconds += samples.host_seconds[i];
    waiting_at_half += samples.scheduled_seconds[i] < half && samples.started_seconds[i] >= half;
  }
  const double idle_seconds = end - samples.started_seconds[run.first] - busy_seconds;
  const auto backlog = static_cast<double>(run.backlog);
  const auto arrived = static_cast<double>(run.queries() + run.backlog);
  // A random queue at a load of 0.9 has waiting queries too, but not ever more of them.
  return idle_seconds < 0.05 * run.duration_seconds && backlog >= 0.02 * arrived &&
         backlog >= 1.5 * waiting_at_half;
}

void judge_backlog(const schema::Samples& samples, const LoopRun& run, const Figures& figures,
                   Verdict& verdict) {
  if (!saturated(samples, run)) return;
  verdict.invalid(fmt::format(
      "saturated: {} of {} queries still waited at the end ({:.4g} a second came, {:.4g} were "
      "answered). Lower the rate.",
      run.backlog, run.queries() + run.backlog, figures.at("scheduled_queries_per_second"),
      figures.at("queries_per_second")));
}

void judge_lateness(const Figures& figures, double allowed_seconds, Verdict& verdict) {
  const auto found = figures.find("lateness_p99_seconds");
  const double allowed = std::max(200e-6, allowed_seconds);
  if (found == figures.end() || found->second <= allowed) return;
  verdict.invalid(
      fmt::format("injector_limited: p99 of the generator's own lateness is {:.3g} s, more than "
                  "{:.3g} (it would "
                  "be part of the latency). Free the core from other work.",
                  found->second, allowed));
}

double tenth_of_latency(const Figures& figures) {
  const auto found = figures.find("latency_seconds");
  return found == figures.end() ? 0 : 0.1 * found->second;
}

schema::Validity interrupted(double after_seconds) {
  return {"invalid",
          {fmt::format("interrupted after {:.3g} s (the rest is not known). Let it end.",
                       after_seconds)}};
}

void conclude(const LoopRun& run, const Verdict& verdict, schema::Block& block) {
  block.stopped_by = run.stopped_by;
  block.validity =
      run.stopped_by == "interrupt" ? interrupted(run.duration_seconds) : verdict.validity();
  block.phases["sample"] += run.duration_seconds;
}

std::map<std::int64_t, std::vector<double>> latency_by_segment(const schema::Samples& samples,
                                                               const LoopRun& run) {
  std::map<std::int64_t, std::vector<double>> latency;
  for (std::size_t i = run.first; i < run.last; ++i) {
    latency[samples.segment[i]].push_back(samples.latency_seconds[i]);
  }
  for (auto& [segment, values] : latency) std::sort(values.begin(), values.end());
  return latency;
}

std::vector<Window> windows(const schema::Samples& samples, const LoopRun& run, const Goal& goal,
                            double window_seconds) {
  std::vector<Window> all;
  std::size_t i = run.first;
  window_seconds = std::max(window_seconds, run.duration_seconds / 1000);  // a line stays short
  const double last = run.duration_seconds * (1 + 1e-9);  // sums of windows are not exact
  for (double end = window_seconds; end <= last; end += window_seconds) {
    Window one{end - window_seconds, window_seconds};
    std::vector<double> latency;
    for (; i < run.last; ++i) {
      const double answered = samples.started_seconds[i] + samples.host_seconds[i];
      if (answered - run.begin_seconds >= end) break;
      one.queries += 1;
      one.busy_seconds += samples.host_seconds[i];
      latency.push_back(samples.latency_seconds[i]);
    }
    one.latency_seconds = percentile(ascending(latency), goal.part);
    all.push_back(one);
  }
  return all;
}

void store(const std::vector<Window>& all, schema::Block& block) {
  for (const Window& one : all) {
    block.series["window_begin_seconds"].push_back(one.begin_seconds);
    block.series["window_queries"].push_back(one.queries);
    block.series["window_queries_per_second"].push_back(one.queries_per_second());
    block.series["window_service_rate"].push_back(one.service_rate());
    block.series["window_latency_seconds"].push_back(one.latency_seconds);
  }
}

}  // namespace motley
