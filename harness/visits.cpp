#include "harness/visits.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "harness/case.hpp"
#include "harness/error.hpp"
#include "harness/search.hpp"
#include "harness/statistics.hpp"
#include "harness/visit.hpp"
#include "results_schema/json_lines.hpp"

namespace motley {
namespace {

/// Blocks of one key in one run that differ by more than this do not repeat each other.
constexpr double shift = 0.05;

bool same_visit(const schema::Begin& a, const schema::Begin& b) {
  return a.key == b.key && a.round == b.round && a.process == b.process;
}

/// One key must not hold blocks of two programs, devices, builds, tiers or seeds.
void refuse_another_run(const schema::Run& earlier, const schema::Run& now,
                        const std::filesystem::path& file) {
  if (earlier.motley_version != now.motley_version || earlier.commit != now.commit) {
    throw Error(fmt::format(
        "{} was measured by motley {} ({}), this is {} ({}) (their figures need "
        "not compare). Start a new file with --out.",
        file.string(), earlier.motley_version, earlier.commit, now.motley_version, now.commit));
  }
  if (earlier.device.id != now.device.id) {
    throw Error(
        fmt::format("{} was measured on another device, {} (figures of two devices would be "
                    "mixed). Start a new file with --out.",
                    file.string(), earlier.device.name));
  }
  const auto told = [](const schema::Run& run) {
    return std::vector<std::string>{run.compiler,
                                    run.flags,
                                    run.build,
                                    "seed " + std::to_string(run.seed),
                                    "tier " + run.tier,
                                    run.dirty ? "uncommitted changes" : "no uncommitted changes",
                                    run.emulated ? "emulated" : "not emulated"};
  };
  const std::vector<std::string> before = told(earlier), after = told(now);
  const auto [was, is] = std::mismatch(before.begin(), before.end(), after.begin());
  if (was != before.end()) {
    throw Error(
        fmt::format("{} was measured with {}, this run is with {} (one key would hold "
                    "blocks of both). Start a new file with --out.",
                    file.string(), *was, *is));
  }
}

}  // namespace

Visits::Visits(const Plan& plan, const RunOptions& options)
    : options_(options), trials_(plan.trials), impossible_(plan.impossible) {
  int order = 0;
  for (int process = 0; process < options.processes; ++process) {
    for (int round = 0; round < options.rounds; ++round) {
      // Every other round runs backwards: a slow drift of the machine then meets all trials alike.
      const bool backwards = (process * options.rounds + round) % 2 == 1;
      for (std::size_t i = 0; i < trials_.size(); ++i) {
        schema::Begin visit = trials_[backwards ? trials_.size() - 1 - i : i];
        visit.process = process;
        visit.round = round;
        visit.order = order++;
        left_.push_back(visit);
      }
    }
  }
}

void Visits::pass_over_done(const schema::Log& log, const schema::Run& now) {
  if (log.runs.empty()) return;
  refuse_another_run(log.runs.back(), now, options_.out);
  const auto take_out = [&](const auto& matches) {
    left_.erase(std::remove_if(left_.begin(), left_.end(), matches), left_.end());
  };
  for (const schema::Block& block : log.blocks) {
    const schema::Begin* planned = planned_visit(block.key);
    if (!planned || block.status == schema::Status::skipped) continue;
    const schema::Key key = planned->key;
    answered_.insert(schema::to_string(key));
    if (block.selected_by == "search") chosen_[schema::to_string(key)] = block.key.parameters;
    if (block.status == schema::Status::failed) {
      drop(key);
      continue;
    }
    take_out([&](const schema::Begin& visit) {
      return visit.key == key && visit.round == block.round && visit.process == block.process;
    });
  }
  const auto is_impossible_already = [&](const schema::Block& one) {
    return std::any_of(log.blocks.begin(), log.blocks.end(),
                       [&](const schema::Block& block) { return block.key == one.key; });
  };
  impossible_.erase(std::remove_if(impossible_.begin(), impossible_.end(), is_impossible_already),
                    impossible_.end());
  drop_what_brought_runs_down(log);
}

/// Begun twice and never finished: it took the whole machine or its supervisor down each time. An
/// interrupted run may have left one open without that.
void Visits::drop_what_brought_runs_down(const schema::Log& log) {
  const auto interrupted = std::count_if(log.ends.begin(), log.ends.end(),
                                         [](const auto& end) { return end.reason != "complete"; });
  for (const schema::Begin& begin : log.begins) {
    const auto times = std::count_if(log.begins.begin(), log.begins.end(),
                                     [&](const auto& other) { return same_visit(begin, other); });
    const schema::Begin* planned = planned_visit(begin.key);
    if (times - interrupted < 2 || !planned) continue;
    const bool open = std::any_of(left_.begin(), left_.end(), [&](const schema::Begin& visit) {
      return visit.key == planned->key && visit.round == begin.round &&
             visit.process == begin.process;
    });
    if (!open) continue;
    impossible_.push_back(unmeasured(begin.key, find_case(begin.key.case_name).metric,
                                     schema::Status::failed,
                                     "begun twice and never finished: it brings the run down"));
    const schema::Key key = planned->key;
    drop(key);
  }
}

const schema::Begin* Visits::planned_visit(const schema::Key& measured) const {
  const auto found = std::find_if(trials_.begin(), trials_.end(), [&](const schema::Begin& trial) {
    return is_visit_to(measured, trial.key);
  });
  return found == trials_.end() ? nullptr : &*found;
}

std::string Visits::next_process() {
  process_ = left_.front().process;
  current_.reset();
  std::string lines;
  for (const schema::Begin& visit : left_) {
    if (visit.process != process_) break;
    schema::Begin begin = visit;
    if (const auto found = chosen_.find(schema::to_string(visit.key)); found != chosen_.end()) {
      begin.key.parameters = found->second;
    }
    lines += schema::to_line(begin) + "\n";
  }
  return lines;
}

bool Visits::process_is_done() const {
  return !current_ && (left_.empty() || left_.front().process != process_);
}

void Visits::begun(const schema::Begin& begin) {
  current_ = begin;
}

const schema::Block& Visits::finished(schema::Block block) {
  const auto visit = std::find_if(left_.begin(), left_.end(), [&](const schema::Begin& one) {
    return one.round == block.round && one.process == block.process &&
           is_visit_to(block.key, one.key);
  });
  if (visit != left_.end()) {
    const std::string planned = schema::to_string(visit->key);
    answered_.insert(planned);
    if (block.selected_by == "search") chosen_[planned] = block.key.parameters;
    if (block.selected_by.empty() && chosen_.contains(planned)) block.selected_by = "search";
    left_.erase(visit);
  }
  current_.reset();
  ++done_;
  ++counts_[schema::to_string(block.status)];
  for (const auto& [phase, seconds] : block.phases) {
    phases_seconds_ += seconds;
    if (phase == "prepare" || phase == "check") fixed_seconds_ += seconds;
  }
  if (!block.samples.host_seconds.empty()) {
    const double middle = median(block.samples.host_seconds) / double(block.runs_per_sample);
    auto& earlier = medians_[schema::to_string(block.key)];
    if (!earlier.empty() && std::abs(middle / median(earlier) - 1) > shift) {
      block.findings.push_back(
          {"shifted", fmt::format("median is {:+.1f} % off the earlier blocks' "
                                  "of this run",
                                  100 * (middle / median(earlier) - 1))});
    }
    earlier.push_back(middle);
  }
  last_ = std::move(block);
  return last_;
}

schema::Block Visits::lost(const std::string& reason) {
  const schema::Begin begin = current_ ? *current_ : left_.front();
  const schema::Begin* planned = planned_visit(begin.key);
  schema::Block block =
      unmeasured(begin.key, find_case(begin.key.case_name).metric, schema::Status::failed, reason);
  block.round = begin.round;
  block.process = begin.process;
  block.order = begin.order;
  block.repro = repro(begin.key, options_.tier(), options_.seed);
  current_.reset();
  ++done_;
  ++counts_[schema::to_string(block.status)];
  if (planned) {
    const schema::Key key = planned->key;
    answered_.insert(schema::to_string(key));
    drop(key);
  }
  return block;
}

void Visits::drop(const schema::Key& planned) {
  const schema::Key key = planned;
  left_.erase(std::remove_if(left_.begin(), left_.end(),
                             [&](const schema::Begin& visit) { return visit.key == key; }),
              left_.end());
}

double Visits::patience() const {
  if (!current_) return 2;  // the worker starts, opens a driver, builds its first program
  return needs_search(find_case(current_->key.case_name), current_->key.parameters) ? 5 : 1;
}

double Visits::seconds_left(double elapsed) const {
  if (done_ == 0) return 0;
  return elapsed / static_cast<double>(done_) * static_cast<double>(left_.size());
}

std::optional<double> Visits::fixed_seconds_seen() const {
  if (done_ == 0) return std::nullopt;
  return fixed_seconds_ / static_cast<double>(done_);
}

void Visits::write_impossible(Recorder& recorder) {
  for (const schema::Block& block : impossible_) {
    recorder.write(block);
    ++counts_[schema::to_string(block.status)];
  }
}

void Visits::write_skipped(Recorder& recorder, const std::string& reason) {
  for (const schema::Begin& trial : trials_) {
    if (reason == "complete" || answered_.contains(schema::to_string(trial.key))) continue;
    recorder.write(unmeasured(trial.key, find_case(trial.key.case_name).metric,
                              schema::Status::skipped, reason));
    ++counts_[schema::to_string(schema::Status::skipped)];
  }
}

schema::End Visits::end(const std::string& reason, double wall_seconds) const {
  schema::End end;
  end.reason = reason;
  end.counts = counts_;
  end.counts["visits_left"] = static_cast<std::int64_t>(left_.size());
  end.wall_seconds = wall_seconds;
  end.harness_share = wall_seconds > 0 ? std::max(0.0, 1 - phases_seconds_ / wall_seconds) : 0;
  return end;
}

}  // namespace motley
