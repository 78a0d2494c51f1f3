#include "harness/scenarios/loop.hpp"

#include <algorithm>

namespace motley {
namespace {

constexpr double seconds_between_questions = 1e-3;    // of go_on
constexpr std::int64_t sleeps_between_measured = 16;  // asking for CPU time takes microseconds
constexpr double longest_sleep_seconds = 0.05;        // an interrupt is seen by then

class Loop {
 public:
  Loop(const ScenarioStage& stage, const LoopLimits& limits, bool open, schema::Samples& samples)
      : stage_(stage),
        limits_(limits),
        open_(open),
        most_outstanding_(std::max<std::int64_t>(1, stage.server.most_outstanding())),
        samples_(samples) {
    run_.first = run_.last = samples.host_seconds.size();
    const std::int64_t left = most_queries - static_cast<std::int64_t>(run_.first);
    most_ = limits.queries > 0 ? std::min(limits.queries, left) : left;
    grow(std::min(limits.expected_queries, static_cast<double>(most_)));
    run_.begin_seconds = stage.clock.seconds();
    end_ = run_.begin_seconds + limits.seconds;
    last_answer_ = run_.begin_seconds;
  }

  LoopRun open(const Arrivals& arrivals) {
    double now = run_.begin_seconds;
    for (Arrival next = arrivals();; next = arrivals()) {
      const double scheduled = run_.begin_seconds + next.seconds;
      // While it is not there yet, there is time to wait for answers.
      while (busy() && (full() || scheduled > now)) now = answer();
      if (enough()) return overdue(next, arrivals, std::min(now, end_), "samples");
      if (scheduled >= end_) return stop("budget");
      if (now >= end_) return overdue(next, arrivals, end_, "budget");
      make_room();
      if (scheduled > now) now = sleep_until(scheduled, now);
      if (!may_go_on(now)) return stop("interrupt");
      if (now - scheduled > limits_.drop_after_seconds) {
        ++run_.dropped;
      } else {
        now = start(scheduled, now, next.segment);
      }
    }
  }

  LoopRun closed(std::int64_t clients) {
    double now = run_.begin_seconds;
    for (std::int64_t i = 0;; ++i) {
      while (busy() && (full() || i - clients >= answered())) now = answer();
      if (enough()) return stop("samples");
      if (now >= end_) return stop("budget");
      if (!may_go_on(now)) return stop("interrupt");
      make_room();
      // A single client is ready when it says so; of several, one may wait for the server.
      const double ready = i < clients ? run_.begin_seconds : answered_at(i - clients);
      now = start(0, clients == 1 ? stage_.clock.seconds() : ready, 0);
    }
  }

 private:
  bool busy() const { return outstanding_ > 0; }
  bool full() const { return outstanding_ == most_outstanding_; }
  bool enough() const { return static_cast<std::int64_t>(started() - run_.first) >= most_; }
  std::size_t started() const { return samples_.started_seconds.size(); }
  std::int64_t answered() const {
    return static_cast<std::int64_t>(samples_.host_seconds.size() - run_.first);
  }
  double answered_at(std::int64_t i) const {
    const std::size_t at = run_.first + static_cast<std::size_t>(i);
    return samples_.started_seconds[at] + samples_.host_seconds[at];
  }

  /// All columns at once, while no query is served or late because of it.
  void grow(double queries) {
    const auto size = started() + static_cast<std::size_t>(std::max(1024.0, queries));
    samples_.started_seconds.reserve(size);
    samples_.host_seconds.reserve(size);
    samples_.enqueued_seconds.reserve(size);
    samples_.latency_seconds.reserve(size);
    if (open_) samples_.scheduled_seconds.reserve(size);
    if (limits_.segments) samples_.segment.reserve(size);
    room_ = size;
  }

  void make_room() {
    if (started() == room_) grow(static_cast<double>(started()));
  }

  double start(double scheduled, double enqueued, std::int64_t segment) {
    if (open_) samples_.scheduled_seconds.push_back(scheduled);
    if (limits_.segments) samples_.segment.push_back(segment);
    samples_.enqueued_seconds.push_back(enqueued);
    const double now = stage_.clock.seconds();
    samples_.started_seconds.push_back(now);
    stage_.server.start(limits_.samples);
    ++outstanding_;
    return most_outstanding_ == 1 ? now : stage_.clock.seconds();
  }

  double answer() {
    stage_.server.wait();
    const double now = stage_.clock.seconds();
    const std::size_t i = samples_.host_seconds.size();
    samples_.host_seconds.push_back(now - samples_.started_seconds[i]);
    const double from = open_ ? samples_.scheduled_seconds[i] : samples_.enqueued_seconds[i];
    samples_.latency_seconds.push_back(now - from);
    --outstanding_;
    stage_.server.answered();
    return last_answer_ = now;
  }

  double sleep_until(double scheduled, double now) {
    const bool measured = stage_.cpu_seconds && sleeps_++ % sleeps_between_measured == 0;
    const double before = measured ? stage_.cpu_seconds() : 0;
    bool last = false;
    while (!last && now < scheduled) {
      last = scheduled - now <= longest_sleep_seconds;
      stage_.clock.wait_until(last ? scheduled : now + longest_sleep_seconds);
      now = stage_.clock.seconds();
      if (!may_go_on(now)) return now;
    }
    if (now < scheduled) ++run_.early_wakeups;
    if (measured) {
      cpu_of_measured_ += stage_.cpu_seconds() - before;
      ++measured_sleeps_;
    }
    return now;
  }

  bool may_go_on(double now) {
    if (now < ask_at_) return going_on_;
    ask_at_ = now + seconds_between_questions;
    if (stage_.go_on && !stage_.go_on()) going_on_ = false;
    return going_on_;
  }

  /// Nothing starts any more: counts what had arrived by `time`, from `next` on.
  LoopRun overdue(Arrival next, const Arrivals& arrivals, double time, const char* why) {
    const double until = time - run_.begin_seconds;
    for (; next.seconds < until && run_.backlog < most_queries; next = arrivals()) {
      ++run_.backlog;
      if (until - next.seconds > limits_.target_seconds) ++run_.backlog_over_target;
    }
    return stop(why);
  }

  LoopRun stop(const char* why) {
    while (busy()) answer();
    run_.last = samples_.host_seconds.size();
    run_.stopped_by = why;
    if (measured_sleeps_ > 0) {
      run_.dispatcher_cpu_seconds =
          cpu_of_measured_ / static_cast<double>(measured_sleeps_) * static_cast<double>(sleeps_);
    }
    double until = last_answer_;  // not now: counting what waits takes a while
    if (run_.stopped_by == "budget") until = std::max(end_, last_answer_);
    if (run_.stopped_by == "interrupt") until = stage_.clock.seconds();
    run_.duration_seconds = until - run_.begin_seconds;
    return run_;
  }

  const ScenarioStage& stage_;
  const LoopLimits& limits_;
  bool open_, going_on_ = true;
  std::int64_t most_outstanding_, outstanding_ = 0, most_ = 0;
  schema::Samples& samples_;
  LoopRun run_;
  std::size_t room_ = 0;
  std::int64_t sleeps_ = 0, measured_sleeps_ = 0;
  double cpu_of_measured_ = 0;
  double end_ = 0, last_answer_ = 0, ask_at_ = 0;
};

}  // namespace

LoopRun open_loop(const ScenarioStage& stage, const LoopLimits& limits, const Arrivals& arrivals,
                  schema::Samples& samples) {
  return Loop(stage, limits, true, samples).open(arrivals);
}

LoopRun closed_loop(const ScenarioStage& stage, const LoopLimits& limits, std::int64_t concurrency,
                    schema::Samples& samples) {
  return Loop(stage, limits, false, samples).closed(concurrency);
}

}  // namespace motley
