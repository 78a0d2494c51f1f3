// What do the queries of a loop say, and may one believe it? The figures and rules that scenarios
// share. Latency and service are told apart everywhere: a server that stalls shows it in the first.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/scenario.hpp"
#include "harness/scenarios/loop.hpp"

namespace motley {

/// Reasons against an answer, the worst of which is the verdict.
class Verdict {
 public:
  void invalid(std::string reason) { add("invalid", std::move(reason)); }
  /// Short of what was wanted, but sure all the same.
  void semivalid(std::string reason) { add("semivalid", std::move(reason)); }
  void require(bool holds, std::string reason) {
    if (!holds) invalid(std::move(reason));
  }
  bool is_invalid() const { return validity_.verdict == "invalid"; }
  const schema::Validity& validity() const { return validity_; }

 private:
  void add(const char* verdict, std::string reason);
  schema::Validity validity_{"valid", {}};
};

/// Which part of the queries must be how fast?
struct Goal {
  double part = 0.9;          ///< the percentile / 100
  double target_seconds = 0;  ///< 0: none
};

/// Nobody waits so long: something else ends it.
inline constexpr double unlimited_seconds = 1e6;

using Figures = std::map<std::string, double>;

/// `own` and what all scenarios take. A percentile of 0: it has none.
std::vector<SpecParameter> with_common(std::vector<SpecParameter> own, double seconds,
                                       double percentile);
SpecParameter target_parameter();
LoopLimits limits_of(const Spec& spec);
Goal goal_of(const Spec& spec);

/// Counts, rates, percentiles of latency and service, and of open loops lateness and backlog.
void describe(const schema::Samples& samples, const LoopRun& run, const LoopLimits& limits,
              const Goal& goal, Figures& figures);

/// Ascending: how much later than its time a query was handed over, of those that did not wait for
/// the server. The generator's own fault; never negative.
std::vector<double> lateness(const schema::Samples& samples, const LoopRun& run);

/// What was seen of a loop that did not last as long as it might have: `ended with 64 queries after
/// 0.6 of 10 s`.
std::string seen(const LoopRun& run, const LoopLimits& limits);
/// Enough queries for the percentile, for the whole duration.
void judge_count(const LoopRun& run, const LoopLimits& limits, const Goal& goal, Verdict& verdict);
/// The target held, by the binomial bound; what waits too long at the end is over it too.
void judge_target(const Figures& figures, const LoopRun& run, const Goal& goal, Verdict& verdict);
/// The server keeps up: what waits does not grow.
bool saturated(const schema::Samples& samples, const LoopRun& run);
void judge_backlog(const schema::Samples& samples, const LoopRun& run, const Figures& figures,
                   Verdict& verdict);
/// The generator was on time: p99 of lateness is at most `allowed_seconds`, or 200 us.
void judge_lateness(const Figures& figures, double allowed_seconds, Verdict& verdict);
/// What may not matter in the latency at the percentile.
double tenth_of_latency(const Figures& figures);

/// Who ended it early has seen part of the answer, whatever that part says.
schema::Validity interrupted(double after_seconds);

/// Ends a scenario that is one loop; invalid where it was interrupted.
void conclude(const LoopRun& run, const Verdict& verdict, schema::Block& block);

/// Latencies by the samples' segment, ascending each.
std::map<std::int64_t, std::vector<double>> latency_by_segment(const schema::Samples& samples,
                                                               const LoopRun& run);

/// One stretch of time and the queries that were answered in it.
struct Window {
  double begin_seconds = 0;  ///< since the loop began
  double seconds = 0;
  double queries = 0, busy_seconds = 0;
  double latency_seconds = 0;  ///< at the goal's percentile
  double queries_per_second() const { return queries / seconds; }
  /// While it serves: what paced queries tell of the processor's speed.
  double service_rate() const { return busy_seconds > 0 ? queries / busy_seconds : 0; }
};
/// Whole windows only.
std::vector<Window> windows(const schema::Samples& samples, const LoopRun& run, const Goal& goal,
                            double window_seconds);
void store(const std::vector<Window>& windows, schema::Block& block);

}  // namespace motley
