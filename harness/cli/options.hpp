// What the command line can say, in one place: subcommands fill this and hand it to the commands.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/supervisor.hpp"

namespace motley::cli {

/// Exit codes of the program.
inline constexpr int done = 0, regression = 1, inconclusive = 2, nothing_measured = 3,
                     bad_input = 4, bad_command = 5;

/// Of motley together.
inline constexpr int default_rounds = 5;

struct Options {
  std::vector<std::string> argv;

  // devices, list
  bool json = false, weak = false, list_scenarios = false, list_loads = false, list_suites = false,
       list_schedulers = false;

  // run, micro, worker
  std::string filter, tier = "standard", suite, out;
  std::vector<std::string> on, set, scenarios, loads;
  std::string resources;
  std::optional<int> processes, rounds;
  std::optional<double> budget_seconds, block_seconds;
  double timeout_seconds = 60;
  std::uint64_t seed = 1;
  bool resume = false, dry_run = false, trust = false;
  std::vector<std::string> benchmark_arguments;  ///< micro: --benchmark_... flags
  std::string worker_mode;
  std::vector<std::string> traces;  ///< worker: files that its scenarios replay
  std::string tuning;               ///< also train, infer: a file of choices; empty: none

  // models, train, infer
  std::optional<double> rate;  ///< infer: of the scenario, queries a second
  std::string model, optimizer = "momentum", residency = "resident", implementation = "auto";
  std::string data_set, data_folder, fallback;
  std::vector<std::string> place;  ///< NAME=cpu
  std::optional<std::int64_t> batch;
  std::optional<std::uint64_t> steps;
  std::optional<double> to_accuracy;
  std::uint64_t most_epochs = 20;
  double learning_rate = 0.01, weight_decay = 0, clip_norm = 0;

  // mix
  std::vector<std::string> tenants;  ///< MODEL@ARRIVALS
  std::string scheduler;
  double seconds = 10;
  bool drop = false, allow_overlap = false;

  // together; also --rounds, --on, --batch
  std::vector<std::string> split, placement, cut, batch_ratio;
  std::vector<std::string> synchronisation{"event_wait"};
  std::size_t depth = 2, runs = 20;
  int micro_batches = 0;

  // validate, export, summary, list --weak
  std::vector<std::string> files;
  std::string format, against;
};

/// The time as fmt writes it: motley-{:%Y%m%dT%H%M%SZ}.jsonl.
std::string utc_now(const char* pattern);
Selection selection(const Options& options);
/// Tier's values, overridden by what was given. Throws Error or UnknownName.
RunOptions run_options(const Options& options);
/// Version, build, arguments and start time of this program.
schema::Run run_facts(const Options& options);

/// What made a choice of implementations: version, commit, build, emulation.
std::string program_name();

int devices_command(const Options& options);
int list_command(const Options& options);
int run_command(const Options& options);
int micro_command(const Options& options);
int worker_command(const Options& options);
int models_command(const Options& options);
int train_command(const Options& options);
int infer_command(const Options& options);
int mix_command(const Options& options);
int together_command(const Options& options);
int tune_command(const Options& options);
int validate_command(const Options& options);
int export_command(const Options& options);
int summary_command(const Options& options);

}  // namespace motley::cli
