#include "harness/search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "harness/error.hpp"
#include "harness/statistics.hpp"
#include "harness/workbench.hpp"

namespace motley {
namespace {

double amount(const schema::Work& work, schema::Metric metric) {
  switch (metric) {
    case schema::Metric::flops_per_second:
      return work.flops;
    case schema::Metric::bytes_per_second:
      return work.bytes_read + work.bytes_written;
    case schema::Metric::seconds_per_operation:
    case schema::Metric::operations_per_second:
      return work.operations;
  }
  return 0;
}

/// A candidate ready to run.
class Runner {
 public:
  Runner(const Stage& stage, const Case& subject, const schema::Parameters& parameters, Tier tier,
         std::uint64_t seed)
      : stage_(stage),
        bench_(stage.processor, stage.queue, parameters, tier, seed),
        trial_(subject.prepare(bench_)),
        amount_(amount(trial_.work, subject.metric)) {}

  bool correct() {
    if (trial_.reset) trial_.reset(stage_.queue);
    run_sample(stage_, trial_, 1);
    return !trial_.error || trial_.error(stage_.queue) <= trial_.tolerance;
  }
  /// Chooses how many runs a sample holds, which warms up too.
  void calibrate_to(double seconds) { runs_ = calibrate(stage_, trial_, seconds); }
  /// Seconds of one run in a fresh sample.
  double run_seconds() {
    const double seconds = run_sample(stage_, trial_, runs_) / static_cast<double>(runs_);
    stage_.queue.take_intervals();
    return seconds;
  }
  /// Candidates may differ in how much a run does: they are compared by this.
  double per_amount(double seconds) const { return seconds / std::max(1e-300, amount_); }

 private:
  const Stage& stage_;
  Workbench bench_;
  Trial trial_;
  double amount_;
  std::int64_t runs_ = 1;
};

class Search {
 public:
  Search(const Stage& stage, const Case& subject, const schema::Parameters& fixed, Tier tier,
         std::uint64_t seed, std::vector<schema::Candidate>& tried)
      : stage_(stage), case_(subject), fixed_(fixed), tier_(tier), seed_(seed), tried_(tried) {
    for (const Axis& axis : case_.axes) {
      if (axis.searched && !fixed.contains(axis.name)) {
        open_.push_back({axis.name, axis.values(stage.processor, tier)});
        if (open_.back().values.empty()) {
          throw Unsupported("no value of axis '" + axis.name + "' suits " +
                            stage.processor.description().id + " (the case says so).");
        }
      }
    }
  }

  schema::Parameters best() {
    schema::Parameters start = fixed_;
    for (const Open& axis : open_) start[axis.name] = axis.values.front();
    const bool one_candidate = std::all_of(
        open_.begin(), open_.end(), [](const Open& axis) { return axis.values.size() == 1; });
    // Without a choice there is nothing to find: the trial would only be prepared twice.
    if (tier_ == Tier::smoke || one_candidate) return start;
    consider(start);
    if (tier_ == Tier::full) {
      everything(start, 0);
    } else {
      descend();
    }
    if (best_time_ == infinity) refuse();
    return first_of_equals();
  }

 private:
  struct Open {
    std::string name;
    std::vector<schema::Value> values;
  };
  static constexpr double infinity = std::numeric_limits<double>::infinity();

  void descend() {
    for (bool moved = true; moved && tried_.size() < most_candidates;) {
      moved = false;
      for (const Open& axis : open_) {
        const schema::Parameters from = best_time_ < infinity ? best_ : tried_.front().parameters;
        for (const schema::Value& value : axis.values) {
          schema::Parameters next = from;
          next[axis.name] = value;
          if (tried_.size() < most_candidates && consider(next)) moved = true;
        }
      }
    }
  }

  void everything(schema::Parameters& current, std::size_t axis) {
    if (axis == open_.size()) {
      consider(current);
      return;
    }
    for (const schema::Value& value : open_[axis].values) {
      current[open_[axis].name] = value;
      everything(current, axis + 1);
    }
  }

  /// Of candidates that differ by noise the first in the axes' order: two runs then choose the same
  /// one, and their blocks have the same key. A later one must beat it by over 1 %, interleaved.
  schema::Parameters first_of_equals() {
    constexpr double noise = 1.05, worth = 0.99;
    const auto place = std::find_if(times_.begin(), times_.end(),
                                    [&](double time) { return time <= noise * best_time_; });
    const schema::Parameters& first = tried_[std::size_t(place - times_.begin())].parameters;
    if (first == best_) return best_;
    try {
      return race(first, best_) > worth ? first : best_;
    } catch (const Error&) {
      return best_;  // two at once may not fit into memory
    }
  }

  /// Time of `second` over that of `first`, of samples taken in turn.
  double race(const schema::Parameters& first, const schema::Parameters& second) {
    constexpr double sample_seconds = 2e-3;
    Runner one(stage_, case_, first, tier_, seed_), other(stage_, case_, second, tier_, seed_);
    one.calibrate_to(sample_seconds);
    other.calibrate_to(sample_seconds);
    std::vector<double> ratios;
    for (int i = 0; i < 9; ++i) {
      const double of_first = one.per_amount(one.run_seconds());
      ratios.push_back(other.per_amount(other.run_seconds()) / of_first);
    }
    return median(ratios);
  }

  /// True if this candidate is a new best.
  bool consider(const schema::Parameters& parameters) {
    const auto known = [&](const schema::Candidate& one) { return one.parameters == parameters; };
    if (std::any_of(tried_.begin(), tried_.end(), known)) return false;
    schema::Candidate candidate{parameters, 0, "ok", ""};
    const double time = timed(candidate);
    tried_.push_back(candidate);
    times_.push_back(time);
    if (time >= best_time_) return false;
    best_time_ = time;
    best_ = parameters;
    return true;
  }

  /// Seconds per unit of work; infinity where it does not run or is wrong.
  double timed(schema::Candidate& candidate) {
    try {
      Runner runner(stage_, case_, candidate.parameters, tier_, seed_);
      if (!runner.correct()) {
        candidate.status = "wrong";
        candidate.reason = "differs from the reference";
        return infinity;
      }
      constexpr double sample_seconds = 0.5e-3;
      runner.calibrate_to(sample_seconds);
      std::vector<double> times;
      for (int i = 0; i < 5; ++i) times.push_back(runner.run_seconds());
      candidate.seconds = median(times);
      return runner.per_amount(candidate.seconds);
    } catch (const Unsupported& error) {
      candidate.status = "unsupported";
      candidate.reason = error.what();
    } catch (const Error& error) {
      candidate.status = "failed";
      candidate.reason = error.what();
    }
    return infinity;
  }

  [[noreturn]] void refuse() const {
    const schema::Candidate& first = tried_.front();
    const bool all_unsupported = std::all_of(
        tried_.begin(), tried_.end(), [](const auto& one) { return one.status == "unsupported"; });
    if (all_unsupported) throw Unsupported(first.reason);
    throw Error("none of " + std::to_string(tried_.size()) + " candidates gave a correct result (" +
                first.status + ": " + first.reason + "). Try one with --set.");
  }

  const Stage& stage_;
  const Case& case_;
  const schema::Parameters& fixed_;
  Tier tier_;
  std::uint64_t seed_;
  std::vector<schema::Candidate>& tried_;
  std::vector<Open> open_;
  std::vector<double> times_;  ///< of `tried_`, per amount of work
  schema::Parameters best_;
  double best_time_ = infinity;
};

}  // namespace

bool needs_search(const Case& subject, const schema::Parameters& fixed) {
  return std::any_of(subject.axes.begin(), subject.axes.end(),
                     [&](const Axis& axis) { return axis.searched && !fixed.contains(axis.name); });
}

schema::Parameters search(const Stage& stage, const Case& subject, const schema::Parameters& fixed,
                          Tier tier, std::uint64_t seed, std::vector<schema::Candidate>& tried) {
  return Search(stage, subject, fixed, tier, seed, tried).best();
}

}  // namespace motley
