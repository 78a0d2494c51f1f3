// motley history: a file that keeps runs, and what changed over them.
#include <algorithm>
#include <fmt/format.h>
#include <memory>

#include "analysis/history_tables.hpp"
#include "harness/cli/command.hpp"
#include "harness/cli/options.hpp"
#include "harness/error.hpp"
#include "results_schema/json_lines.hpp"

namespace motley::cli {
namespace {

using namespace analysis;

struct HistoryOptions {
  std::string store = "history.sqlite", filter, device, metric, commit_time, run;
  std::vector<std::string> files;
  std::int64_t series = 0;
  bool json = false, csv = false, points = false, accept = false, gate = false;
};

HistoryFilter filter_of(const HistoryOptions& options) {
  HistoryFilter filter;
  try {
    if (!options.filter.empty()) filter.key.emplace(options.filter);
  } catch (const std::regex_error& error) {
    throw BadArgument(
        fmt::format("--filter {} is no regular expression ({}). Escape what is meant as it stands.",
                    options.filter, error.what()));
  }
  filter.device = options.device;
  filter.metric = options.metric;
  return filter;
}

Reader reader_of(const HistoryOptions& options) {
  return options.json || options.csv ? Reader::program : Reader::person;
}

void print(const HistoryOptions& options, const Table& table) {
  fmt::print("{}", options.json  ? json_text(table)
                   : options.csv ? csv_text(table)
                                 : terminal_text(table));
}

int add(const HistoryOptions& options) {
  for (const std::string& file : options.files) {
    const schema::Log log = schema::read_log(file, schema::CutLine::pass_over);
    History history(options.store, History::Access::create);
    const Added added = history.add(log, file, options.commit_time);
    if (added.runs + added.grown == 0) {
      fmt::print("{}: is there already\n", file);
    } else {
      fmt::print("{}: {} run{}, {} figures{}\n", file, added.runs + added.grown,
                 added.runs + added.grown == 1 ? "" : "s", added.measurements,
                 added.grown > 0 ? "; more of a run that was there" : "");
    }
  }
  return done;
}

int show(const HistoryOptions& options) {
  const History history(options.store, History::Access::existing);
  const HistoryFilter filter = filter_of(options);
  std::vector<HistorySeries> series = history.series(filter);
  if (reader_of(options) == Reader::person) {
    print(options, history_runs(history.runs(filter), Reader::person));
  }
  if (series.empty()) {
    fmt::print(stderr, "motley: {} has no such figure (nothing to show). Try a wider filter.\n",
               options.store);
    return nothing_measured;
  }
  print(options, options.points ? history_points(series, reader_of(options))
                                : history_series(examined(std::move(series)), reader_of(options)));
  return done;
}

int changes(const HistoryOptions& options) {
  History history(options.store, History::Access::existing);
  std::vector<Examined> all = examined(history.series(filter_of(options)));
  if (options.accept) {
    for (Examined& one : all) {
      for (LevelChange& change : one.changes.changes) {
        if (change.accepted) continue;
        history.accept(one.series.number, change.run);
      }
    }
    all = examined(history.series(filter_of(options)));
  }
  print(options, history_changes(all, reader_of(options)));
  if (reader_of(options) == Reader::person) fmt::print("{}\n", changes_sentence(all));
  const bool alarm =
      std::any_of(all.begin(), all.end(), [](const Examined& one) { return one.changes.alarms(); });
  return options.gate && alarm ? regression : done;
}

/// The run that was named by its id or commit, or by the beginning of one; of several with that
/// commit, the one where the level changed.
std::string run_named(const Examined& one, const std::string& name) {
  for (const LevelChange& change : one.changes.changes) {
    if (change.run.starts_with(name) || change.commit.starts_with(name)) return change.run;
  }
  for (const HistoryPoint& point : one.series.points) {
    if (point.run.starts_with(name) || point.commit.starts_with(name)) return point.run;
  }
  throw BadArgument(fmt::format(
      "series {} has no run {} (a new level begins with one of its runs). motley history show "
      "--points names them.",
      one.series.number, name));
}

int accept(const HistoryOptions& options) {
  History history(options.store, History::Access::existing);
  HistoryFilter filter;
  filter.number = options.series;
  const std::vector<Examined> all = examined(history.series(filter));
  if (all.empty()) {
    throw BadArgument(fmt::format(
        "{} has no series {} (its number stands in motley history changes). Look there.",
        options.store, options.series));
  }
  const std::string run = run_named(all.front(), options.run);
  history.accept(options.series, run);
  fmt::print("{}: the level since run {} is the baseline\n", all.front().series.name, run);
  return done;
}

void add_selection(CLI::App& command, HistoryOptions& options) {
  command.add_option("--filter", options.filter, "Cases and parameters that match this expression")
      ->type_name("REGEX");
  command.add_option("--device", options.device, "Devices whose name or id holds this")
      ->type_name("TEXT");
  command.add_option("--metric", options.metric, "Figures of this name: flops_per_second ...")
      ->type_name("NAME");
  CLI::Option* json = command.add_flag("--json", options.json, "As JSON");
  command.add_flag("--csv", options.csv, "As CSV")->excludes(json);
}

void add_store(CLI::App& command, HistoryOptions& options) {
  command.add_option("--store", options.store, "The file that keeps the runs")
      ->type_name("FILE.sqlite")
      ->capture_default_str();
}

void add_keeping(CLI::App& history, HistoryOptions& options) {
  CLI::App* add = history.add_subcommand("add", "Keep the runs of these files");
  add->add_option("files", options.files, "Files of records")->required();
  add->add_option("--commit-time", options.commit_time,
                  "When the commit was made, if runs are to be in that order (ISO 8601; default: "
                  "when each run began)")
      ->type_name("TIME");
  add_store(*add, options);
  CLI::App* accept = history.add_subcommand("accept", "Take a new level as the baseline");
  accept->add_option("series", options.series, "Its number in motley history changes")
      ->required()
      ->type_name("NUMBER");
  accept
      ->add_option("run", options.run,
                   "The first run of the new level, or its commit; a beginning is enough")
      ->required()
      ->type_name("RUN");
  add_store(*accept, options);
}

void add_reading(CLI::App& history, HistoryOptions& options) {
  CLI::App* show = history.add_subcommand("show", "Runs and series");
  add_selection(*show, options);
  show->add_flag("--points", options.points, "Every run's figure instead of one row a series");
  add_store(*show, options);
  CLI::App* changes = history.add_subcommand("changes", "Series whose level changed or creeps");
  add_selection(*changes, options);
  changes->add_flag("--accept", options.accept, "Take all new levels as baselines");
  changes->add_flag("--gate", options.gate,
                    "Exit code 1 if a change for the worse is not accepted");
  add_store(*changes, options);
}

void add_history(Commands& commands) {
  const auto options = std::make_shared<HistoryOptions>();
  const auto parsed = std::make_shared<CLI::App*>(nullptr);
  CLI::App& history =
      commands.add("history", "Keep runs and see what changed over them", [options, parsed] {
        const CLI::App& app = **parsed;
        if (app.got_subcommand("add")) return add(*options);
        if (app.got_subcommand("show")) return show(*options);
        if (app.got_subcommand("changes")) return changes(*options);
        return accept(*options);
      });
  *parsed = &history;
  history.require_subcommand(1);
  add_keeping(history, *options);
  add_reading(history, *options);
}

const CommandRegistration registration("history", add_history);

}  // namespace
}  // namespace motley::cli
