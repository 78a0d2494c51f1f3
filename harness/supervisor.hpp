// A run from the supervisor's side: it never touches a driver. It plans through workers, hands out
// trials, writes what comes back, and goes on behind a trial that crashed, hung or was killed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "harness/plan.hpp"
#include "harness/recorder.hpp"
#include "harness/worker_process.hpp"
#include "results_schema/record.hpp"

namespace motley {

/// What is measured where.
struct Part {
  Selection selection;
  std::vector<std::string> processors;  ///< empty: the machine's defaults
};

struct RunOptions {
  std::vector<Part> parts{1};   ///< of one tier
  int processes = 2;            ///< fresh processes, one after another
  int rounds = 2;               ///< visits to each trial in each process
  double budget_seconds = 0;    ///< of the whole run; 0: none
  double block_seconds = 0.15;  ///< sampling time of one visit at most
  double timeout_seconds = 60;  ///< without a word from the worker: it hangs
  std::uint64_t seed = 0;
  std::filesystem::path out;
  bool resume = false;
  std::filesystem::path tuning;     ///< choices that workers look up and add to; empty: none
  std::vector<std::string> traces;  ///< files that scenarios replay
  const std::string& resources() const { return parts.front().selection.resources; }
  Tier tier() const { return parts.front().selection.tier; }
};
/// Processes, rounds, budget and block time of a tier.
void set_tier(RunOptions& options, Tier tier);

/// What the user sees meanwhile.
class Progress {
 public:
  virtual ~Progress() = default;
  virtual void planned(std::size_t visits) = 0;
  virtual void visiting(const schema::Key& key, std::size_t done, std::size_t visits,
                        double seconds_left) = 0;
  virtual void finished(const schema::Block& block) = 0;
  virtual void note(const std::string& text) = 0;
};

/// What a run would do, before anything is measured.
struct Plan {
  schema::Run run;                        ///< device, processors, conditions
  std::vector<schema::Begin> trials;      ///< one for each trial, not for each visit
  std::vector<schema::Block> impossible;  ///< unsupported or failed already
};

class Visits;

class Supervisor {
 public:
  Supervisor(WorkerLauncher& launcher, Progress& progress, RunOptions options);

  /// Throws BadCommand when a worker refused a name (it has said why).
  Plan make_plan();

  /// Seconds that a visit is planned to take before any was seen.
  double planned_visit_seconds() const;

  /// Measures the plan into options.out. `facts` fill the run record's version, build and argv.
  schema::End run(Plan plan, schema::Run facts);

 private:
  std::vector<std::string> worker_arguments(const std::string& mode) const;
  std::vector<std::string> selection_arguments(const Selection& selection) const;
  std::vector<schema::Record> ask(const std::vector<std::string>& arguments, std::string& ending,
                                  bool& whole);
  void plan_part(const Part& part, Plan& plan);
  void plan_processor(const std::string& id, const Selection& selection, Plan& plan);
  schema::Facts conditions_now();
  double block_seconds(const Visits& visits, double elapsed) const;
  std::string follow(WorkerProcess& worker, Visits& visits, Recorder& recorder,
                     const std::function<double()>& elapsed);

  WorkerLauncher& launcher_;
  Progress& progress_;
  RunOptions options_;
  std::map<std::string, std::string> environment_;
};

/// A worker has told the user what is wrong with the command line.
class BadCommand : public std::exception {};

}  // namespace motley
