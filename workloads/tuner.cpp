#include "workloads/tuner.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <fmt/format.h>
#include <iterator>
#include <limits>
#include <set>

#include "harness/error.hpp"
#include "harness/visit.hpp"
#include "workloads/graph/operator_trial.hpp"

namespace motley::workloads {
namespace {

/// Long enough that what starting and waiting cost is a small part.
constexpr double seconds_per_batch = 2e-3;
constexpr int batches = 5, most_runs = 1000;
/// Two runs, each waited for, that both take this many times the best one's are not worth more.
constexpr double hopeless = 4;
/// Each needs buffers and kernels of its own.
constexpr double most_sets = 256;
/// Every candidate fills its own sets.
constexpr double most_bytes_of_candidate = 64 << 20;

class Race {
 public:
  Race(Clock& clock, Processor& processor, const OperatorKind& kind, const Call& call,
       std::uint64_t seed)
      : clock_(clock),
        processor_(processor),
        queue_(processor.queue({.profiling = false})),
        data_(std::make_shared<OperatorData>(kind, call, seed)),
        sets_(cold_sets(call, processor, most_bytes_of_candidate).sets) {}

  void enter(const Implementation& implementation, const schema::Parameters& tuning) {
    schema::Candidate candidate{tuning, 0, "ok", ""};
    candidate.parameters["implementation"] = implementation.name;
    try {
      OperatorTrial trial(processor_, *queue_, data_, implementation, tuning, sets_);
      candidate.seconds = seconds_of(trial, candidate);
    } catch (const Unsupported& error) {
      candidate.status = "unsupported";
      candidate.reason = error.what();
    } catch (const DeviceError& error) {
      candidate.status = "failed";
      candidate.reason = error.what();
      device_error_ = std::current_exception();
    } catch (const std::exception& error) {
      candidate.status = "failed";
      candidate.reason = error.what();
    }
    if (candidate.status == "ok" && candidate.seconds < best_.seconds) {
      best_.seconds = candidate.seconds;
      seconds_of_best_run_ = seconds_of_run_;
      best_.choice = {&implementation, tuning};
    }
    best_.tried.push_back(std::move(candidate));
  }

  /// Throws where no candidate was right: the last DeviceError if there was one.
  Tuned result() && {
    if (best_.choice.implementation) return std::move(best_);
    if (device_error_) std::rethrow_exception(device_error_);
    const auto failed =
        std::find_if(best_.tried.begin(), best_.tried.end(),
                     [](const schema::Candidate& one) { return one.status != "unsupported"; });
    const bool lacking = failed == best_.tried.end();
    const std::string reason = !lacking              ? failed->reason
                               : best_.tried.empty() ? "there is none"
                                                     : best_.tried.front().reason;
    const std::string text = fmt::format(
        "no implementation of {} is right on {}: {} (the network cannot run there). Place it on "
        "another processor.",
        data_->kind().name, processor_.description().id, reason);
    if (lacking) throw Unsupported(text);
    throw Error(text);
  }

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
    seconds_of_run_ = run(trial, 1);
    const double worst = hopeless * seconds_of_best_run_;
    // An interruption takes many times what a short run takes: only a second one tells.
    if (seconds_of_run_ > worst) seconds_of_run_ = std::min(seconds_of_run_, run(trial, 1));
    if (seconds_of_run_ > worst) return seconds_of_run_;
    return seconds_in_batches(trial);
  }

  /// The mean of the fastest batch. How many runs a batch takes is asked until it lasts: of a run
  /// alone most may be waiting.
  double seconds_in_batches(OperatorTrial& trial) {
    int runs = 1;
    double fastest = seconds_of_run_;
    for (double mean = fastest; runs < most_runs && mean * runs < seconds_per_batch;) {
      const double wanted = 1.2 * seconds_per_batch / std::max(mean, 1e-7);
      runs = int(std::clamp(wanted, 2.0 * runs, double(most_runs)));
      mean = run(trial, runs);
      fastest = std::min(fastest, mean);
    }
    for (int i = 0; i < batches; ++i) fastest = std::min(fastest, run(trial, runs));
    return fastest;
  }

  Clock& clock_;
  Processor& processor_;
  std::unique_ptr<Queue> queue_;
  std::shared_ptr<OperatorData> data_;
  std::size_t sets_;
  Tuned best_{{}, std::numeric_limits<double>::infinity(), {}};
  /// Of one run alone with its wake-up and wait: the candidate's and the best one's.
  double seconds_of_run_ = 0, seconds_of_best_run_ = std::numeric_limits<double>::infinity();
  std::exception_ptr device_error_;
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

OperandSets cold_sets(const Call& call, const Processor& processor, double most_bytes) {
  const schema::Work work = streaming_work(call, 0);
  const double bytes = std::max(1.0, work.bytes_read + work.bytes_written);
  const double cache = double(processor.last_level_cache_bytes());
  const double wanted = 2 * (cache > 0 ? cache : 4 << 20);
  const double most = std::min(most_bytes, double(processor.available_bytes()) / 4);
  const double sets = std::min({std::ceil(wanted / bytes), std::floor(most / bytes), most_sets});
  OperandSets result;
  result.sets = std::size_t(std::max(1.0, sets));
  result.bytes = double(result.sets) * bytes;
  result.cold = result.bytes >= wanted;
  return result;
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
  return std::move(race).result();
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

Choice Tuner::fastest_tuning(const Implementation& implementation, const std::string& kind,
                             const Call& call, Processor& processor) {
  const auto tunings = tunings_of(implementation, call, processor, tier_);
  if (tunings.size() == 1) return {&implementation, tunings.front()};
  return tune(kind, call, processor, {&implementation}).choice;
}

Chooser Tuner::chooser() {
  return [this](const std::string& kind, const Call& call, Processor& processor) {
    const auto usable = usable_implementations(kind, call, processor);
    if (usable.empty()) return first_choice(kind, call, processor);  // says why
    const auto among = contenders(usable, processor);
    if (among.size() == 1) return fastest_tuning(*among.front(), kind, call, processor);
    return tune(kind, call, processor, among).choice;
  };
}

namespace {

std::unique_ptr<TuningFile>& process_file() {
  static std::unique_ptr<TuningFile> file;
  return file;
}

/// Of this process: what was chosen once is chosen again by searches of the same tier and seed.
Tuner& process_tuner(Tier tier, std::uint64_t seed) {
  static std::map<std::pair<Tier, std::uint64_t>, Tuner> tuners;
  const std::pair search(tier, seed);
  return tuners.try_emplace(search, steady_clock(), tier, seed, process_file().get()).first->second;
}

}  // namespace

TuningFile& use_tuning_file(const std::filesystem::path& file, const std::string& program) {
  process_file() = std::make_unique<TuningFile>(file, program);
  return *process_file();
}

Choice fastest_tuning(const Implementation& implementation, const std::string& kind,
                      const Call& call, Processor& processor, Tier tier, std::uint64_t seed) {
  return process_tuner(tier, seed).fastest_tuning(implementation, kind, call, processor);
}

std::vector<std::string> chooser_names(const Processor& processor) {
  std::set<std::string> names;
  for (const OperatorKind& kind : operator_kinds()) {
    for (const Implementation& one : implementations(kind.name)) {
      if (runs_on(one, processor)) names.insert(one.name);
    }
  }
  std::vector<std::string> all = {"auto", "first"};
  all.insert(all.end(), names.begin(), names.end());
  return all;
}

void refuse_unknown_chooser(const std::string& name, const Processor& processor) {
  const std::vector<std::string> known = chooser_names(processor);
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  throw UnknownName("implementation on " + processor.description().id, name, known);
}

Chooser chooser_named(const std::string& name, const Processor& processor, Tier tier,
                      std::uint64_t seed) {
  refuse_unknown_chooser(name, processor);
  if (name == "first") return first_choice;
  if (name != "auto") return prefer(name);
  return process_tuner(tier, seed).chooser();
}

}  // namespace motley::workloads
