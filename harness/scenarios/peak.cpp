// What is the highest rate of random arrivals at which a server still meets a target latency? The
// rate doubles until a probe fails, then the bracket is halved. Every probe is kept, and the answer
// is one of them.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <optional>

#include "harness/random.hpp"
#include "harness/scenarios/conclusions.hpp"
#include "harness/scenarios/families.hpp"
#include "harness/scenarios/percentiles.hpp"
#include "harness/statistics.hpp"

namespace motley {
namespace {

constexpr double highest_rate = 1e6;
constexpr double slowest_part = 1.0 / 64;      // of the first rate: a server that is nearly idle
constexpr double least_target_seconds = 1e-3;  // by itself: waking up takes a part of it
constexpr std::uint64_t probe_stream = 3;

enum class Outcome { met, missed, unusable, stopped };

struct Probe {
  double rate = 0;
  LoopLimits limits;
  LoopRun run;
  Figures figures;
  Verdict verdict;
  Outcome outcome = Outcome::stopped;
};

class PeakSearch {
 public:
  PeakSearch(const Spec& spec, const ScenarioStage& stage, schema::Block& block)
      : spec_(spec), stage_(stage), block_(block), goal_(goal_of(spec)) {}

  void run() {
    double rate = first_rate();
    while (rate > 0 && go_on(probe(rate))) rate = next_rate();
    conclude_peak();
  }

 private:
  /// What is not given follows from how fast queries are answered one by one.
  double first_rate() {
    schema::Samples alone;
    const LoopRun run = closed_loop(stage_, {.seconds = 1, .queries = 32}, 1, alone);
    block_.phases["sample"] += run.duration_seconds;
    if (run.queries() == 0 || run.stopped_by == "interrupt") {
      stopped_by_ = "interrupt";
      return 0;
    }
    block_.figures["alone_service_seconds"] = alone_ = median(alone.host_seconds);
    goal_.target_seconds = spec_.number("target_seconds");
    if (goal_.target_seconds <= 0)
      goal_.target_seconds = std::max(10 * alone_, least_target_seconds);
    const double rate = spec_.number("rate");
    first_ = std::min(highest_rate, rate > 0 ? rate : 0.25 / alone_);
    return first_;
  }

  Probe probe(double rate) {
    Probe one;
    one.rate = rate;
    const double wanted = 1.1 * static_cast<double>(least_queries(goal_.part, 1)) / rate;
    one.limits.seconds =
        std::max(spec_.number("seconds"), std::min(wanted, spec_.number("most_probe_seconds")));
    one.limits.segments = true;
    one.limits.target_seconds = goal_.target_seconds;
    one.limits.expected_queries = 1.1 * rate * one.limits.seconds;
    const std::int64_t index = probes_++;
    const RateSegments constant = [=, inner = constant_rate(rate)](std::int64_t i) {
      RateSegment segment = inner(i);
      segment.label = index;
      return segment;
    };
    const std::uint64_t seed =
        random_bits(stage_.seed, probe_stream, static_cast<std::uint64_t>(index));
    one.run = open_loop(stage_, one.limits, renewals(seed, 1, constant), block_.samples);
    describe(block_.samples, one.run, one.limits, goal_, one.figures);
    judge(one);
    return one;
  }

  void judge(Probe& one) {
    const auto decide = [&](Outcome outcome) {
      if (one.verdict.is_invalid()) one.outcome = outcome;
      return one.verdict.is_invalid();
    };
    if (one.run.stopped_by != "budget") return;
    judge_backlog(block_.samples, one.run, one.figures, one.verdict);
    if (decide(Outcome::missed)) return;
    judge_count(one.run, one.limits, goal_, one.verdict);
    if (decide(Outcome::unusable)) return;
    judge_lateness(one.figures, 0.1 * goal_.target_seconds, one.verdict);
    if (decide(Outcome::unusable)) return;
    judge_target(one.figures, one.run, goal_, one.verdict);
    if (decide(Outcome::missed)) return;
    one.outcome = Outcome::met;
  }

  /// Stores the probe; false: the search ends here.
  bool go_on(Probe one) {
    block_.phases["sample"] += one.run.duration_seconds;
    const auto add = [&](const char* column, double value) {
      block_.series[column].push_back(value);
    };
    add("probe_queries_per_second", one.rate);
    add("probe_seconds", one.run.duration_seconds);
    add("probe_queries", static_cast<double>(one.run.queries()));
    add("probe_backlog_queries", static_cast<double>(one.run.backlog));
    const auto latency = one.figures.find("latency_seconds");
    add("probe_latency_seconds", latency == one.figures.end() ? 0 : latency->second);
    add("probe_met", one.outcome == Outcome::met ? 1 : 0);
    const Outcome outcome = one.outcome;
    if (outcome == Outcome::stopped) stopped_by_ = one.run.stopped_by;
    if (outcome == Outcome::unusable) unusable_ = one.verdict.validity().reasons.back();
    if (outcome == Outcome::missed) missed_ = one.rate;
    if (outcome == Outcome::met) met_ = std::move(one);
    return outcome == Outcome::met || outcome == Outcome::missed;
  }

  /// 0: the bracket is narrow enough, or there is none.
  double next_rate() const {
    if (!missed_) return met_->rate < highest_rate ? std::min(highest_rate, 2 * met_->rate) : 0;
    // Below a lone query's time no rate is low enough.
    if (!met_) {
      const bool hope = alone_ <= goal_.target_seconds && *missed_ > first_ * slowest_part;
      return hope ? *missed_ / 2 : 0;
    }
    const bool narrow = *missed_ <= met_->rate * (1 + spec_.number("precision"));
    return narrow ? 0 : (*missed_ + met_->rate) / 2;
  }

  void judge_search(Verdict& verdict) const {
    if (!unusable_.empty()) verdict.invalid("a probe decides nothing: " + unusable_);
    if (stopped_by_ != "interval") {
      verdict.invalid("stopped by " + stopped_by_ + " before the peak was found.");
    }
    if (verdict.is_invalid()) return;
    if (!met_) {
      verdict.invalid(
          fmt::format("p{:g} is above {:.4g} s at every rate down to {:.4g}. Raise target_seconds.",
                      goal_.part * 100, goal_.target_seconds, *missed_));
    } else if (!missed_) {
      verdict.invalid(
          fmt::format("{:.4g} queries a second still meet the target (no higher rate is "
                      "tried). Lower target_seconds.",
                      met_->rate));
    }
  }

  void conclude_peak() {
    Verdict verdict;
    judge_search(verdict);
    block_.figures["probes"] = static_cast<double>(probes_);
    if (missed_) block_.figures["missed_queries_per_second"] = *missed_;
    if (met_) {
      describe(block_.samples, met_->run, met_->limits, goal_, block_.figures);
      block_.figures["peak_queries_per_second"] = met_->rate;
      for (const std::string& reason : met_->verdict.validity().reasons) verdict.semivalid(reason);
    }
    block_.validity =
        stopped_by_ == "interrupt" ? interrupted(block_.phases["sample"]) : verdict.validity();
    block_.stopped_by = stopped_by_;
  }

  const Spec& spec_;
  const ScenarioStage& stage_;
  schema::Block& block_;
  Goal goal_;
  double first_ = 0;
  double alone_ = 0;  // median time of service
  std::int64_t probes_ = 0;
  std::optional<Probe> met_;      // of the highest rate
  std::optional<double> missed_;  // the lowest rate
  std::string unusable_, stopped_by_ = "interval";
};

}  // namespace

std::vector<Scenario> peak_scenarios() {
  SpecParameter target = target_parameter();
  target.summary =
      "Most latency at the percentile, 0: ten times that of a lone query, 1 ms at least";
  return {{"find_peak",
           "The highest rate of random arrivals that meets a target latency",
           "peak_queries_per_second",
           "the peak is a valid probe, and one that misses the target is at most precision above",
           {{"rate",
             "Queries a second of the first probe, 0: a quarter of what is answered one by "
             "one",
             0.0, 0, highest_rate},
            target,
            {"precision", "Width of the last bracket, relative", 0.05, 1e-3, 1},
            {"seconds", "Least duration of a probe", 2.0, 1e-3, 1e6},
            {"most_probe_seconds", "A probe lasts until there are enough queries, or so long", 60.0,
             1e-3, 1e6},
            {"percentile", "Of latency, that must meet the target", 99.0, 1, 99.999}},
           Queried([](const Spec& spec, const ScenarioStage& stage, schema::Block& block) {
             PeakSearch(spec, stage, block).run();
           })}};
}

}  // namespace motley
