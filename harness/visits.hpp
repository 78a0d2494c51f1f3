// The book that a supervisor keeps: which visits are left, which trial brought a worker down, what
// searches chose, and how each block compares with the earlier ones of its key.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/recorder.hpp"
#include "harness/supervisor.hpp"
#include "results_schema/record.hpp"

namespace motley {

class Visits {
 public:
  Visits(const Plan& plan, const RunOptions& options);

  /// Takes out what an earlier run into the same file has measured or was brought down by. Throws
  /// Error where the file is of another program, device, tier or seed.
  void pass_over_done(const schema::Log& log, const schema::Run& now);

  std::size_t left() const { return left_.size(); }
  std::size_t done() const { return done_; }

  /// Begin lines of all visits of the next process, each with what searches have chosen so far.
  std::string next_process();
  bool process_is_done() const;

  void begun(const schema::Begin& begin);
  const schema::Block& finished(schema::Block block);  ///< with findings from comparison added
  /// The worker is gone: the visit that was under way (or, if none began, the next) has failed, and
  /// its trial is not visited again.
  schema::Block lost(const std::string& reason);

  /// How much longer than a plain visit the current one may keep silent: a search builds many
  /// kernels.
  double patience() const;
  double seconds_left(double elapsed) const;
  /// Mean of what visits took besides warm-up, scaling test and sampling; nothing before the first.
  std::optional<double> fixed_seconds_seen() const;

  void write_impossible(Recorder& recorder);
  /// One row for each trial of which nothing at all was measured.
  void write_skipped(Recorder& recorder, const std::string& reason);
  schema::End end(const std::string& reason, double wall_seconds) const;

 private:
  void drop(const schema::Key& planned);
  void drop_what_brought_runs_down(const schema::Log& log);
  const schema::Begin* planned_visit(const schema::Key& measured) const;

  const RunOptions& options_;
  std::vector<schema::Begin> trials_;
  std::vector<schema::Block> impossible_;
  std::deque<schema::Begin> left_;  ///< in order; of the current process first
  std::optional<schema::Begin> current_;
  std::set<std::string> answered_;  ///< planned keys with at least one block
  std::map<std::string, schema::Parameters> chosen_;
  std::map<std::string, std::vector<double>> medians_;
  std::map<std::string, std::int64_t> counts_;
  schema::Block last_;
  std::size_t done_ = 0;
  int process_ = -1;
  double phases_seconds_ = 0, fixed_seconds_ = 0;
};

}  // namespace motley
