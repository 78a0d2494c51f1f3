#include "harness/tenants/mix.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

#include "harness/error.hpp"
#include "harness/statistics.hpp"

namespace motley::tenants {
namespace {

constexpr double forever = std::numeric_limits<double>::infinity();
constexpr double longest_wait_seconds = 0.05;  // an interrupt is seen by then

class Mix {
 public:
  Mix(const MixStage& stage, const MixLimits& limits, const std::vector<Tenant>& tenants,
      ServiceTimes expected)
      : stage_(stage),
        limits_(limits),
        tenants_(tenants),
        waiting_(tenants.size()),
        next_(tenants.size()),
        issued_(tenants.size()),
        places_(stage.crew.workers()),
        views_(stage.crew.workers()) {
    run_.tenants.resize(tenants.size());
    run_.workers.resize(places_.size());
    for (std::size_t i = 0; i < places_.size(); ++i) {
      views_[i].expected_seconds = std::move(expected[i]);
      places_[i].given_of.resize(tenants.size());
    }
    run_.begin_seconds = stage.clock.seconds();
    end_ = run_.begin_seconds + limits.seconds;
    for (const Tenant& tenant : tenants) arrivals_.push_back(tenant.arrivals);
    for (std::size_t i = 0; i < tenants.size(); ++i) begin(i);
  }

  MixRun run() {
    while (!over()) {
      admit();
      do decide();
      while (start());
      if (exhausted()) {
        run_.stopped_by = "samples";
        break;
      }
      complete(stage_.crew.wait_until(next_event()));
    }
    return stop();
  }

 private:
  /// A worker's own part of the queries.
  struct Place {
    std::optional<Query> served;
    double started = 0;
    std::deque<Query> given;             ///< wait here
    std::vector<std::int64_t> given_of;  ///< of each tenant, how many
  };

  void begin(std::size_t tenant) {
    if (tenants_[tenant].streams()) {
      next_[tenant] = forever;
      enqueue(tenant, run_.begin_seconds);
    } else {
      advance(tenant);
    }
  }

  void advance(std::size_t tenant) {
    next_[tenant] = run_.begin_seconds + arrivals_[tenant]().seconds;
  }

  bool over() {
    if ((stage_.go_on && !stage_.go_on()) || run_.all_failed()) {
      run_.stopped_by = "interrupt";
    } else if (stage_.clock.seconds() >= end_) {
      run_.stopped_by = "budget";
    } else if (started_ >= limits_.queries) {
      run_.stopped_by = "samples";
    }
    return !run_.stopped_by.empty();
  }

  bool exhausted() const {
    const auto none = [](const auto& queue) { return queue.empty(); };
    const auto idle = [](const Place& place) { return !place.served && place.given.empty(); };
    return std::all_of(next_.begin(), next_.end(), [](double at) { return at == forever; }) &&
           std::all_of(waiting_.begin(), waiting_.end(), none) &&
           std::all_of(places_.begin(), places_.end(), idle);
  }

  double next_event() {
    const double arrival = *std::min_element(next_.begin(), next_.end());
    return std::min({arrival, end_, stage_.clock.seconds() + longest_wait_seconds});
  }

  void enqueue(std::size_t tenant, double scheduled) {
    if (waiting_of(tenant) >= limits_.most_waiting) {
      ++run_.tenants[tenant].refused;
      return;
    }
    const double now = std::max(scheduled, stage_.clock.seconds());
    waiting_[tenant].push_back(
        {tenant, issued_[tenant]++, scheduled, now, scheduled + tenants_[tenant].deadline_seconds});
  }

  /// With those that wait at workers.
  std::size_t waiting_of(std::size_t tenant) const {
    std::size_t n = waiting_[tenant].size();
    for (const Place& place : places_) n += static_cast<std::size_t>(place.given_of[tenant]);
    return n;
  }

  void admit() {
    const double now = stage_.clock.seconds();
    for (std::size_t i = 0; i < tenants_.size(); ++i) {
      while (next_[i] <= now && next_[i] < end_) {
        enqueue(i, next_[i]);
        advance(i);
      }
      if (next_[i] >= end_) next_[i] = forever;
    }
  }

  void decide() {
    const double now = stage_.clock.seconds();
    for (std::size_t i = 0; i < tenants_.size(); ++i) {
      while (!waiting_[i].empty() && too_late(waiting_[i].front(), now)) {
        const Query late = waiting_[i].front();
        waiting_[i].pop_front();
        drop(late, now);
      }
    }
    while (true) {
      look_at_workers(now);
      const auto choice = stage_.scheduler.next({now, waiting_, views_});
      if (!choice) return;
      auto& queue = waiting_[choice->tenant];
      const auto chosen = queue.begin() + static_cast<std::ptrdiff_t>(choice->position);
      Place& place = places_[choice->worker];
      ++place.given_of[choice->tenant];
      place.given.push_back(*chosen);
      queue.erase(chosen);
    }
  }

  void look_at_workers(double now) {
    for (std::size_t i = 0; i < places_.size(); ++i) {
      const Place& place = places_[i];
      WorkerView& view = views_[i];
      view.idle = view.alive && !place.served && place.given.empty();
      view.free_seconds = now;
      if (place.served) {
        const double expected = view.expected_seconds[place.served->tenant];
        view.free_seconds = std::max(now, place.started + expected);
      }
      for (std::size_t tenant = 0; tenant < tenants_.size(); ++tenant) {
        view.free_seconds +=
            static_cast<double>(place.given_of[tenant]) * view.expected_seconds[tenant];
      }
    }
  }

  /// True where something was dropped, so that there may be more to decide.
  bool start() {
    bool dropped = false;
    for (std::size_t i = 0; i < places_.size(); ++i) {
      Place& place = places_[i];
      while (!place.served && !place.given.empty() && started_ < limits_.queries) {
        const double now = stage_.clock.seconds();
        const Query query = place.given.front();
        place.given.pop_front();
        --place.given_of[query.tenant];
        if (too_late(query, now)) {
          drop(query, now);
          dropped = true;
          continue;
        }
        place.served = query;
        place.started = now;
        ++started_;
        stage_.crew.submit(i, query.tenant);
      }
    }
    return dropped;
  }

  bool too_late(const Query& query, double now) const {
    return limits_.drop_late && now > query.deadline_seconds;
  }

  void drop(const Query& query, double now) {
    ++run_.tenants[query.tenant].dropped;
    ended(query.tenant, now);
  }

  /// What streams goes on.
  void ended(std::size_t tenant, double now) {
    if (tenants_[tenant].streams() && now < end_) enqueue(tenant, now);
  }

  void complete(const std::vector<Completion>& all) {
    for (const Completion& one : all) {
      const Query query = *places_[one.worker].served;
      places_[one.worker].served.reset();
      run_.workers[one.worker].busy_seconds += one.ended_seconds - one.started_seconds;
      one.failure.empty() ? answer(query, one) : fail(query, one);
      ended(query.tenant, one.ended_seconds);
    }
  }

  void answer(const Query& query, const Completion& done) {
    TenantRun& tenant = run_.tenants[query.tenant];
    const bool open = !tenants_[query.tenant].streams();
    const double service = done.ended_seconds - done.started_seconds;
    schema::Samples& samples = tenant.samples;
    if (open) samples.scheduled_seconds.push_back(query.scheduled_seconds);
    samples.enqueued_seconds.push_back(open ? query.enqueued_seconds : query.scheduled_seconds);
    samples.started_seconds.push_back(done.started_seconds);
    samples.host_seconds.push_back(service);
    samples.latency_seconds.push_back(done.ended_seconds - query.scheduled_seconds);
    samples.segment.push_back(static_cast<std::int64_t>(done.worker));
    tenant.indices.push_back(query.index);
    if (done.ended_seconds > query.deadline_seconds) ++tenant.late;
    ++run_.workers[done.worker].queries;
    double& expected = views_[done.worker].expected_seconds[query.tenant];
    expected += limits_.smoothing * (service - expected);
    last_answer_ = std::max(last_answer_, done.ended_seconds);
  }

  /// What waits at a worker that failed goes back to where it was in its tenant's queue.
  void fail(const Query& query, const Completion& done) {
    ++run_.tenants[query.tenant].failed;
    WorkerRun& worker = run_.workers[done.worker];
    worker.failure = done.failure;
    worker.failed_seconds = done.ended_seconds - run_.begin_seconds;
    views_[done.worker].alive = false;
    Place& place = places_[done.worker];
    for (const Query& given : place.given) {
      auto& queue = waiting_[given.tenant];
      const auto earlier = [](const Query& a, const Query& b) { return a.index < b.index; };
      queue.insert(std::upper_bound(queue.begin(), queue.end(), given, earlier), given);
    }
    place.given.clear();
    std::fill(place.given_of.begin(), place.given_of.end(), 0);
  }

  MixRun stop() {
    const double stopped = stage_.clock.seconds();
    const double until = run_.stopped_by == "budget" ? end_ : stopped;
    end_ = -forever;  // no stream goes on
    while (std::any_of(places_.begin(), places_.end(), [](const auto& one) { return one.served; }))
      complete(stage_.crew.wait_until(forever));
    for (Place& place : places_) {
      for (const Query& query : place.given) left(query, until);
    }
    for (const auto& queue : waiting_) {
      for (const Query& query : queue) left(query, until);
    }
    run_.duration_seconds = std::max(until, last_answer_) - run_.begin_seconds;
    for (WorkerView& view : views_) run_.expected.push_back(std::move(view.expected_seconds));
    return std::move(run_);
  }

  void left(const Query& query, double until) {
    TenantRun& tenant = run_.tenants[query.tenant];
    ++tenant.backlog;
    tenant.backlog_late += until > query.deadline_seconds;
    tenant.backlog_seconds += std::max(0.0, until - query.scheduled_seconds);
  }

  const MixStage& stage_;
  const MixLimits& limits_;
  const std::vector<Tenant>& tenants_;
  std::vector<Arrivals> arrivals_;          ///< of each tenant, its own copy
  std::vector<std::deque<Query>> waiting_;  ///< of each tenant
  std::vector<double> next_;                ///< arrival of each tenant; infinite: none
  std::vector<std::int64_t> issued_;        ///< of each tenant
  std::vector<Place> places_;
  std::vector<WorkerView> views_;
  MixRun run_;
  std::int64_t started_ = 0;
  double end_ = 0, last_answer_ = 0;
};

/// None where interrupted.
std::optional<double> alone(const MixStage& stage, std::size_t worker, std::size_t tenant,
                            double seconds) {
  constexpr std::size_t least_runs = 2, most_runs = 33;
  std::vector<double> runs;
  const double began = stage.clock.seconds();
  for (std::size_t i = 0; i <= most_runs; ++i) {
    if (stage.go_on && !stage.go_on()) return {};
    stage.crew.submit(worker, tenant);
    const Completion done = stage.crew.wait_until(forever).at(0);
    if (!done.failure.empty()) {
      throw Error(fmt::format("tenant {} on worker {}, alone: {}", tenant, worker, done.failure));
    }
    if (i > 0) runs.push_back(done.ended_seconds - done.started_seconds);
    if (i >= least_runs && stage.clock.seconds() >= began + seconds) break;
  }
  return median(runs);
}

}  // namespace

bool MixRun::all_failed() const {
  return std::all_of(workers.begin(), workers.end(),
                     [](const WorkerRun& one) { return !one.failure.empty(); });
}

std::optional<ServiceTimes> measure_alone(const MixStage& stage, std::size_t tenants,
                                          double seconds_each) {
  ServiceTimes times(stage.crew.workers());
  for (std::size_t worker = 0; worker < times.size(); ++worker) {
    for (std::size_t tenant = 0; tenant < tenants; ++tenant) {
      const auto seconds = alone(stage, worker, tenant, seconds_each);
      if (!seconds) return {};
      times[worker].push_back(*seconds);
    }
  }
  return times;
}

MixRun run_mix(const MixStage& stage, const MixLimits& limits, const std::vector<Tenant>& tenants,
               ServiceTimes expected) {
  return Mix(stage, limits, tenants, std::move(expected)).run();
}

}  // namespace motley::tenants
