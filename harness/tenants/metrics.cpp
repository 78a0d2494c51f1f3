#include "harness/tenants/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

#include "harness/scenarios/conclusions.hpp"
#include "harness/scenarios/percentiles.hpp"

namespace motley::tenants {
namespace {

double share(double a, double b) {
  return b > 0 ? a / b : 0;
}

double count(std::int64_t n) {
  return static_cast<double>(n);
}

double sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

/// Time in the system for each answer, as Little's law has it.
double turnaround(const TenantRun& run) {
  return share(sum(run.samples.latency_seconds) + run.backlog_seconds, count(run.answered()));
}

void describe_latency(const TenantRun& run, Figures& figures) {
  if (run.answered() == 0) return;
  const std::vector<double> latency = ascending(run.samples.latency_seconds);
  const std::vector<double> service = ascending(run.samples.host_seconds);
  figures["latency_p50_seconds"] = percentile(latency, 0.5);
  figures["latency_p90_seconds"] = figures["latency_seconds"] = percentile(latency, 0.9);
  figures["latency_p99_seconds"] = percentile(latency, 0.99);
  figures["latency_most_seconds"] = latency.back();
  figures["service_p50_seconds"] = percentile(service, 0.5);
  figures["service_p99_seconds"] = percentile(service, 0.99);
}

void describe_deadlines(const Tenant& tenant, const TenantRun& run, Figures& figures) {
  figures["dropped_queries"] = count(run.dropped);
  figures["refused_queries"] = count(run.refused);
  figures["failed_queries"] = count(run.failed);
  figures["backlog_queries"] = count(run.backlog);
  if (std::isinf(tenant.deadline_seconds)) return;
  figures["deadline_seconds"] = tenant.deadline_seconds;
  figures["late_queries"] = count(run.late);
  // What still had time when the measurement ended is not judged.
  const double missed = count(run.late + run.lost() + run.backlog_late);
  figures["deadline_miss_ratio"] =
      share(missed, count(run.answered() + run.lost() + run.backlog_late));
}

/// How late queries were admitted: the generator's own fault, as workers have threads of their own.
void describe_lateness(const TenantRun& run, Figures& figures) {
  const schema::Samples& samples = run.samples;
  if (samples.scheduled_seconds.empty()) return;
  std::vector<double> late;
  for (std::size_t i = 0; i < samples.scheduled_seconds.size(); ++i) {
    late.push_back(std::max(0.0, samples.enqueued_seconds[i] - samples.scheduled_seconds[i]));
  }
  std::sort(late.begin(), late.end());
  figures["lateness_p50_seconds"] = percentile(late, 0.5);
  figures["lateness_p99_seconds"] = percentile(late, 0.99);
  figures["lateness_most_seconds"] = late.back();
}

Figures figures_of(const Tenant& tenant, const TenantRun& run, double duration, double alone) {
  Figures figures;
  figures["queries"] = count(run.answered());
  figures["duration_seconds"] = duration;
  figures["queries_per_second"] = share(count(run.answered()), duration);
  figures["weight"] = tenant.weight;
  figures["alone_seconds"] = alone;
  figures["normalised_progress"] = progress(run, alone);
  describe_latency(run, figures);
  describe_deadlines(tenant, run, figures);
  describe_lateness(run, figures);
  if (run.answered() > 0) figures["slowdown"] = slowdown(run, alone);
  return figures;
}

Figures whole_figures(const std::vector<Tenant>& tenants, const MixRun& run,
                      const ServiceTimes& alone) {
  Figures figures;
  std::vector<double> progresses, weights, slowdowns;
  for (std::size_t i = 0; i < tenants.size(); ++i) {
    const double seconds = alone_seconds(alone, i);
    progresses.push_back(progress(run.tenants[i], seconds));
    weights.push_back(tenants[i].weight);
    slowdowns.push_back(slowdown(run.tenants[i], seconds));
  }
  figures["whole_fairness"] = fairness(progresses, weights);
  figures["whole_system_throughput"] = sum(progresses);
  if (std::find(slowdowns.begin(), slowdowns.end(), 0) == slowdowns.end()) {
    figures["whole_turnaround"] = sum(slowdowns) / static_cast<double>(slowdowns.size());
  }
  for (std::size_t i = 0; i < run.workers.size(); ++i) {
    figures[fmt::format("whole_worker_{}_busy", i)] =
        std::min(1.0, share(run.workers[i].busy_seconds, run.duration_seconds));
  }
  return figures;
}

/// A worker has no time left, and ever more of the tenant's queries wait.
bool is_saturated(const TenantRun& run, const MixRun& whole) {
  if (run.refused > 0) return true;
  if (run.backlog < 3) return false;
  const double half = whole.begin_seconds + whole.duration_seconds / 2;
  double waited_at_half = 0;
  for (std::size_t i = 0; i < run.samples.scheduled_seconds.size(); ++i) {
    waited_at_half +=
        run.samples.scheduled_seconds[i] < half && run.samples.started_seconds[i] >= half;
  }
  const auto busy = [&](const WorkerRun& one) {
    return one.busy_seconds > 0.95 * whole.duration_seconds;
  };
  const double arrived = count(run.answered() + run.lost() + run.backlog);
  return std::any_of(whole.workers.begin(), whole.workers.end(), busy) &&
         count(run.backlog) >= std::max(0.02 * arrived, 1.5 * waited_at_half);
}

void judge_workers(const MixRun& run, Verdict& verdict) {
  for (std::size_t i = 0; i < run.workers.size(); ++i) {
    const WorkerRun& worker = run.workers[i];
    if (worker.failure.empty()) continue;
    verdict.invalid(
        fmt::format("worker {} failed after {:.3g} of {:.3g} s (the others went on "
                    "without it): {}",
                    i, worker.failed_seconds, run.duration_seconds, worker.failure));
  }
}

Verdict judge(const Tenant& tenant, const TenantRun& own, const MixRun& run,
              const MixLimits& limits, const Figures& figures) {
  Verdict verdict;
  LoopRun loop;
  loop.last = own.indices.size();
  loop.duration_seconds = run.duration_seconds;
  loop.stopped_by = run.stopped_by;
  LoopLimits loop_limits;
  loop_limits.seconds = limits.seconds;
  judge_count(loop, loop_limits, {0.9, 0}, verdict);
  judge_workers(run, verdict);
  if (tenant.streams()) return verdict;
  if (is_saturated(own, run)) {
    verdict.invalid(
        fmt::format("saturated: {} of its queries still waited at the end and {} were "
                    "refused. Lower the rates, or drop what is late.",
                    own.backlog, own.refused));
  }
  judge_lateness(figures, tenth_of_latency(figures), verdict);
  return verdict;
}

void mark_failures(const MixRun& run, schema::Block& block) {
  for (std::size_t i = 0; i < run.workers.size(); ++i) {
    const WorkerRun& worker = run.workers[i];
    if (worker.failure.empty()) continue;
    block.findings.push_back(
        {"worker_failed", fmt::format("worker {} was taken out after {:.3g} s: {}", i,
                                      worker.failed_seconds, worker.failure)});
  }
}

/// What is said of the whole needs all of them.
void mark_beside_invalid(const std::vector<Tenant>& tenants, std::vector<schema::Block>& blocks) {
  const auto invalid = std::find_if(blocks.begin(), blocks.end(), [](const schema::Block& one) {
    return one.validity->verdict == "invalid";
  });
  if (invalid == blocks.end()) return;
  const std::string& name = tenants[static_cast<std::size_t>(invalid - blocks.begin())].name;
  for (schema::Block& block : blocks) {
    if (block.validity->verdict == "invalid") continue;
    block.validity->verdict = "semivalid";
    block.validity->reasons.push_back(
        fmt::format("{} beside it is invalid (the figures of the whole count it too).", name));
  }
}

}  // namespace

double alone_seconds(const ServiceTimes& alone, std::size_t tenant) {
  double least = alone.at(0).at(tenant);
  for (const auto& worker : alone) least = std::min(least, worker[tenant]);
  return least;
}

double slowdown(const TenantRun& run, double alone) {
  return share(turnaround(run), alone);
}

double progress(const TenantRun& run, double alone) {
  const double answered = count(run.answered());
  return share(answered, answered + count(run.lost())) * share(alone, turnaround(run));
}

double fairness(const std::vector<double>& progress, const std::vector<double>& weights) {
  double all = 0, squares = 0;
  for (std::size_t i = 0; i < progress.size(); ++i) {
    const double x = progress[i] / weights[i];
    all += x;
    squares += x * x;
  }
  return share(all * all, static_cast<double>(progress.size()) * squares);
}

std::vector<schema::Block> conclude(const std::vector<Tenant>& tenants, const MixLimits& limits,
                                    const MixRun& run, const ServiceTimes& alone) {
  const Figures whole = whole_figures(tenants, run, alone);
  std::vector<schema::Block> blocks(tenants.size());
  for (std::size_t i = 0; i < tenants.size(); ++i) {
    schema::Block& block = blocks[i];
    block.samples = run.tenants[i].samples;
    block.figures =
        figures_of(tenants[i], run.tenants[i], run.duration_seconds, alone_seconds(alone, i));
    block.validity = run.stopped_by == "interrupt"
                         ? interrupted(run.duration_seconds)
                         : judge(tenants[i], run.tenants[i], run, limits, block.figures).validity();
    block.figures.insert(whole.begin(), whole.end());
    block.stopped_by = run.stopped_by;
    block.phases["sample"] = run.duration_seconds;
    mark_failures(run, block);
  }
  mark_beside_invalid(tenants, blocks);
  return blocks;
}

}  // namespace motley::tenants
