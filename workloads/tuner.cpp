#include "workloads/tuner.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <limits>

#include "harness/error.hpp"
#include "harness/visit.hpp"
#include "workloads/graph/operator_trial.hpp"

namespace motley::workloads {
namespace {

constexpr double seconds_per_candidate = 0.01;
/// Two first runs that both take this many times the best are not worth more.
constexpr double hopeless = 4;

class Race {
 public:
  Race(Clock& clock, Processor& processor, const OperatorKind& kind, const Call& call,
       std::uint64_t seed)
      : clock_(clock),
        processor_(processor),
        queue_(processor.queue({.profiling = false})),
        data_(std::make_shared<OperatorData>(kind, call, seed)),
        sets_(cold_sets(call, processor, 32 << 20)) {}

  void enter(const Implementation& implementation, const schema::Parameters& tuning) {
    schema::Candidate candidate{tuning, 0, "ok", ""};
    candidate.parameters["implementation"] = implementation.name;
    try {
      OperatorTrial trial(processor_, *queue_, data_, implementation, tuning, sets_);
      candidate.seconds = seconds_of(trial, candidate);
    } catch (const Unsupported& error) {
      candidate.status = "unsupported";
      candidate.reason = error.what();
    } catch (const std::exception& error) {
      candidate.status = "failed";
      candidate.reason = error.what();
    }
    if (candidate.status == "ok" && candidate.seconds < best_.seconds) {
      best_.seconds = candidate.seconds;
      best_.choice = {&implementation, tuning};
    }
    best_.tried.push_back(std::move(candidate));
  }

  Tuned result() && { return std::move(best_); }

 private:
  double run(OperatorTrial& trial, int runs) {
    const double started = clock_.seconds();
    for (int i = 0; i < runs; ++i) trial.give(*queue_);
    queue_->finish();
    return (clock_.seconds() - started) / runs;
  }

  double seconds_of(OperatorTrial& trial, schema::Candidate& candidate) {
    trial.reset(*queue_);
    trial.give(*queue_);
    const double error = trial.error(*queue_);
    if (!(error <= trial.tolerance())) {
      candidate.status = "wrong";
      candidate.reason =
          fmt::format("error {:.3g} exceeds tolerance {:.3g}", error, trial.tolerance());
      return 0;
    }
    double fastest = run(trial, 1);
    // An interruption takes many times what a short run takes: only a second one tells.
    if (fastest > hopeless * best_.seconds) fastest = std::min(fastest, run(trial, 1));
    if (fastest > hopeless * best_.seconds) return fastest;
    const int runs = std::clamp(int(seconds_per_candidate / 5 / std::max(fastest, 1e-7)), 1, 1000);
    for (int i = 0; i < 5; ++i) fastest = std::min(fastest, run(trial, runs));
    return fastest;
  }

  Clock& clock_;
  Processor& processor_;
  std::unique_ptr<Queue> queue_;
  std::shared_ptr<OperatorData> data_;
  std::size_t sets_;
  Tuned best_{{}, std::numeric_limits<double>::infinity(), {}};
};

}  // namespace

std::string choice_key(const std::string& kind, const Call& call, const Processor& processor) {
  const schema::Processor& description = processor.description();
  std::string key = description.stable_id + "|" + description.id + "|" + kind;
  for (const auto& [name, value] : call.attributes) {
    key += "|" + name + "=" + schema::to_string(value);
  }
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    key += "|" + to_string(call.inputs[i]) + (call.is_constant(i) ? " constant" : "");
  }
  return key;
}

std::size_t cold_sets(const Call& call, const Processor& processor, double most_bytes) {
  const schema::Work work = streaming_work(call, 0);
  const double bytes = std::max(1.0, work.bytes_read + work.bytes_written);
  const double cache = double(processor.last_level_cache_bytes());
  const double wanted = std::min(2 * (cache > 0 ? cache : 4 << 20), most_bytes);
  return static_cast<std::size_t>(std::clamp(wanted / bytes, 1.0, 64.0));
}

namespace {

/// Those that can win; where none can, all that are usable.
std::vector<const Implementation*> contenders(const std::vector<const Implementation*>& usable,
                                              const Processor& processor) {
  std::vector<const Implementation*> chosen;
  std::copy_if(
      usable.begin(), usable.end(), std::back_inserter(chosen),
      [&](const Implementation* one) { return !one->contends || one->contends(processor); });
  return chosen.empty() ? usable : chosen;
}

}  // namespace

const Tuned& Tuner::tune(const std::string& kind, const Call& call, Processor& processor) {
  return tune(kind, call, processor,
              contenders(usable_implementations(kind, call, processor), processor));
}

namespace {

std::vector<schema::Parameters> tunings_of(const Implementation& one, const Call& call,
                                           Processor& processor, Tier tier) {
  std::vector<schema::Parameters> tunings;
  if (one.tunings) tunings = one.tunings(call, processor, tier);
  if (tunings.empty()) tunings.emplace_back();
  return tunings;
}

}  // namespace

Tuned Tuner::stored(const std::string& key, const Call& call, Processor& processor,
                    const std::vector<const Implementation*>& among) const {
  const StoredChoice* found = file_ ? file_->find(key) : nullptr;
  if (!found) return {};
  const auto was_tried = [&](const schema::Parameters& candidate) {
    return std::any_of(found->tried.begin(), found->tried.end(),
                       [&](const auto& one) { return one.parameters == candidate; });
  };
  const Implementation* chosen = nullptr;
  for (const Implementation* one : among) {
    for (schema::Parameters& tuning : tunings_of(*one, call, processor, tier_)) {
      tuning["implementation"] = one->name;
      if (!was_tried(tuning)) return {};  // the search was narrower than this one
    }
    if (one->name == found->implementation) chosen = one;
  }
  if (!chosen) return {};
  const auto offered = tunings_of(*chosen, call, processor, Tier::full);
  if (std::find(offered.begin(), offered.end(), found->tuning) == offered.end()) return {};
  return {{chosen, found->tuning}, found->seconds, found->tried};
}

Tuned Tuner::measured(const std::string& kind_name, const Call& call, Processor& processor,
                      const std::vector<const Implementation*>& among) {
  Race race(clock_, processor, operator_kind(kind_name), call, seed_);
  for (const Implementation* one : among) {
    for (const auto& tuning : tunings_of(*one, call, processor, tier_)) race.enter(*one, tuning);
  }
  Tuned tuned = std::move(race).result();
  if (!tuned.choice.implementation) {
    const std::string reason = tuned.tried.empty() ? "" : ": " + tuned.tried.front().reason;
    throw Unsupported(
        fmt::format("no implementation of {} is right on {}{} (the network cannot "
                    "run there). Place it on another processor.",
                    kind_name, processor.description().id, reason));
  }
  return tuned;
}

const Tuned& Tuner::tune(const std::string& kind, const Call& call, Processor& processor,
                         const std::vector<const Implementation*>& among) {
  std::string key = choice_key(kind, call, processor);
  for (const Implementation* one : among) key += "|" + one->name;
  if (const auto known = known_.find(key); known != known_.end()) return known->second;
  Tuned tuned = stored(key, call, processor, among);
  if (!tuned.choice.implementation) {
    tuned = measured(kind, call, processor, among);
    if (file_) {
      file_->append({key, tuned.choice.implementation->name, tuned.choice.tuning, tuned.seconds,
                     tuned.tried});
    }
  }
  return known_.emplace(key, std::move(tuned)).first->second;
}

Chooser Tuner::chooser() {
  return [this](const std::string& kind, const Call& call, Processor& processor) {
    const auto usable = usable_implementations(kind, call, processor);
    if (usable.size() <= 1) return first_choice(kind, call, processor);
    const auto among = contenders(usable, processor);
    if (among.size() == 1 && !among.front()->tunings) return Choice{among.front(), {}};
    return tune(kind, call, processor, among).choice;
  };
}

namespace {

std::unique_ptr<TuningFile>& process_file() {
  static std::unique_ptr<TuningFile> file;
  return file;
}

/// Of this process: what was chosen once is chosen again.
Tuner& process_tuner(Tier tier, std::uint64_t seed) {
  static Tuner tuner(steady_clock(), tier, seed, process_file().get());
  return tuner;
}

}  // namespace

TuningFile& use_tuning_file(const std::filesystem::path& file, const std::string& program) {
  process_file() = std::make_unique<TuningFile>(file, program);
  return *process_file();
}

Choice fastest_tuning(const Implementation& implementation, const std::string& kind,
                      const Call& call, Processor& processor, Tier tier, std::uint64_t seed) {
  std::vector<schema::Parameters> tunings;
  if (implementation.tunings) tunings = implementation.tunings(call, processor, tier);
  if (tunings.empty()) return {&implementation, {}};
  if (tunings.size() == 1) return {&implementation, tunings.front()};
  return process_tuner(tier, seed).tune(kind, call, processor, {&implementation}).choice;
}

Chooser chooser_named(const std::string& name, Tier tier, std::uint64_t seed) {
  if (name == "first") return first_choice;
  if (name != "auto") return prefer(name);
  return process_tuner(tier, seed).chooser();
}

}  // namespace motley::workloads
