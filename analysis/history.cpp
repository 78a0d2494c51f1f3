#include "analysis/history.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "analysis/history_changes.hpp"
#include "analysis/history_rows.hpp"
#include "analysis/statistics.hpp"
#include "results_schema/json_lines.hpp"

namespace motley::analysis {
namespace {

using schema::BadRecord;

constexpr std::int64_t application = 0x4D6F746C;  // "Motl", so that other databases are told apart
constexpr std::int64_t layout = 1;

constexpr const char* create_tables = R"sql(
CREATE TABLE run (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, device TEXT NOT NULL,
  device_name TEXT NOT NULL, time INTEGER NOT NULL, started TEXT NOT NULL,
  commit_name TEXT NOT NULL, dirty INTEGER NOT NULL, version TEXT NOT NULL, tier TEXT NOT NULL,
  finished INTEGER NOT NULL, blocks INTEGER NOT NULL, file TEXT NOT NULL);
CREATE TABLE series (number INTEGER PRIMARY KEY, device TEXT NOT NULL, exec_context TEXT NOT NULL,
  build TEXT NOT NULL, processor TEXT NOT NULL, processor_id TEXT NOT NULL, key TEXT NOT NULL,
  name TEXT NOT NULL,
  metric TEXT NOT NULL, UNIQUE (device, exec_context, build, processor, key, metric));
CREATE TABLE measurement (series INTEGER NOT NULL REFERENCES series, run INTEGER NOT NULL
  REFERENCES run, status TEXT NOT NULL, reason TEXT NOT NULL, value REAL, blocks INTEGER NOT NULL,
  processes TEXT NOT NULL, PRIMARY KEY (series, run)) WITHOUT ROWID;
CREATE INDEX measurement_by_run ON measurement (run);
CREATE TABLE accepted (series INTEGER NOT NULL REFERENCES series, run INTEGER NOT NULL
  REFERENCES run, PRIMARY KEY (series, run)) WITHOUT ROWID;
)sql";

std::int64_t one_number(const Database& database, std::string_view sql) {
  Statement statement(database, sql);
  return statement.next() ? statement.whole(0) : 0;
}

void create_or_check(Database& database) {
  Transaction transaction(database);
  const std::int64_t found = one_number(database, "PRAGMA application_id");
  if (found == 0 && one_number(database, "SELECT count(*) FROM sqlite_master") == 0) {
    database.execute(create_tables);
    database.execute(fmt::format("PRAGMA application_id = {}", application).c_str());
    database.execute(fmt::format("PRAGMA user_version = {}", layout).c_str());
  } else if (found != application) {
    throw BadRecord(fmt::format(
        "{} is a database of something else (motley would write into it). Name another file with "
        "--store.",
        database.name()));
  } else if (one_number(database, "PRAGMA user_version") > layout) {
    throw BadRecord(fmt::format(
        "{} was written by a newer motley (this one does not know its tables). Update motley.",
        database.name()));
  }
  transaction.commit();
}

std::vector<double> numbers_of(const std::string& json) {
  const auto list = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  std::vector<double> numbers;
  if (!list.is_array()) return numbers;
  for (const auto& one : list) {
    if (one.is_number()) numbers.push_back(one.get<double>());
  }
  return numbers;
}

/// Seconds since 1970; none where the text is no time.
std::optional<std::int64_t> time_of(const Database& database, const std::string& text) {
  Statement statement(database, "SELECT strftime('%s', ?)");
  statement.bind(1, std::string_view(text));
  if (!statement.next() || !statement.number(0)) return std::nullopt;
  return statement.whole(0);
}

bool passes(const HistorySeries& one, const HistoryFilter& filter) {
  return (!filter.key || std::regex_search(one.key, *filter.key)) &&
         (filter.metric.empty() || one.metric == filter.metric) &&
         (!filter.number || one.number == *filter.number) &&
         (one.device.find(filter.device) != std::string::npos ||
          one.device_name.find(filter.device) != std::string::npos);
}

/// For a person: case and parameters, and what is not as usual.
std::string name_of(const schema::Key& key) {
  std::string text = key.case_name;
  for (const auto& [axis, value] : key.parameters) {
    text += " " + axis + "=" + schema::to_string(value);
  }
  if (key.scenario != "throughput") text += " " + key.scenario;
  if (key.load != "none") text += " beside " + key.load;
  if (key.engine != "motley") text += " (" + key.engine + ")";
  return text;
}

/// One log into the tables.
class Writer {
 public:
  Writer(Database& database, const std::string& file, const std::string& commit_time)
      : database_(database),
        file_(file),
        commit_time_(commit_time),
        find_series_(database,
                     "INSERT INTO series (device, exec_context, build, processor, processor_id, "
                     "key, metric, name) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                     "processor_id = excluded.processor_id RETURNING number"),
        insert_(database, "INSERT INTO measurement VALUES (?, ?, ?, ?, ?, ?, ?)") {}

  void add(const schema::Log& log, Added& added) {
    const schema::Run& run = log.runs.front();
    if (run.emulated) {
      throw BadRecord(fmt::format(
          "{} is emulated (its delays are no property of the device). Add what was measured.",
          file_));
    }
    const auto blocks = static_cast<std::int64_t>(log.blocks.size());
    Statement known(database_, "SELECT number, blocks FROM run WHERE id = ?");
    known.bind(1, std::string_view(run.id));
    const bool is_known = known.next();
    if (is_known && known.whole(1) >= blocks) {
      ++added.known;
      return;
    }
    const std::int64_t number = is_known ? known.whole(0) : 0;
    if (is_known) forget(number);
    ++(is_known ? added.grown : added.runs);
    added.measurements +=
        add_rows(log, add_run(log, is_known ? std::optional(number) : std::nullopt));
  }

 private:
  void forget(std::int64_t run) {
    Statement(database_, "DELETE FROM measurement WHERE run = ?").bind(1, run).execute();
    Statement(database_, "DELETE FROM run WHERE number = ?").bind(1, run).execute();
  }

  std::int64_t add_run(const schema::Log& log, std::optional<std::int64_t> number) {
    const schema::Run& run = log.runs.front();
    const std::string& when = commit_time_.empty() ? run.started : commit_time_;
    const auto time = time_of(database_, when);
    if (!time) {
      throw BadRecord(fmt::format(
          "{}: \"{}\" is no time in ISO 8601 (runs are kept in order of time). {}", file_, when,
          commit_time_.empty() ? "Give --commit-time." : "git show -s --format=%cI prints one."));
    }
    Statement insert(database_, "INSERT INTO run VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    if (number) insert.bind(1, *number);
    const bool finished = !log.ends.empty() && log.ends.back().reason == "complete";
    insert.bind(2, std::string_view(run.id)).bind(3, std::string_view(run.device.id));
    insert.bind(4, std::string_view(run.device.name)).bind(5, *time);
    insert.bind(6, std::string_view(run.started)).bind(7, std::string_view(run.commit));
    insert.bind(8, std::int64_t{run.dirty}).bind(9, std::string_view(run.motley_version));
    insert.bind(10, std::string_view(run.tier)).bind(11, std::int64_t{finished});
    insert.bind(12, static_cast<std::int64_t>(log.blocks.size()));
    insert.bind(13, std::string_view(file_)).execute();
    return database_.last_row();
  }

  std::size_t add_rows(const schema::Log& log, std::int64_t run) {
    const std::vector<HistoryRow> rows = history_rows(log);
    for (const HistoryRow& row : rows) {
      std::vector<double> processes, all;
      for (const auto& [process, values] : row.by_process) {
        processes.push_back(median(values));
        all.insert(all.end(), values.begin(), values.end());
      }
      insert_.bind(1, series_of(log.runs.front(), row)).bind(2, run);
      insert_.bind(3, std::string_view(row.status)).bind(4, std::string_view(row.reason));
      insert_.bind(5, all.empty() ? std::nullopt : std::optional(median(all)));
      insert_.bind(6, static_cast<std::int64_t>(all.size()));
      insert_.bind(7, std::string_view(fmt::format("[{}]", fmt::join(processes, ","))));
      insert_.execute();
    }
    return rows.size();
  }

  std::int64_t series_of(const schema::Run& run, const HistoryRow& row) {
    const std::string processor = stable_processor(run, row.key.processor);
    const std::string key = key_without_processor(row.key);
    find_series_.bind(1, std::string_view(run.device.id));
    find_series_.bind(2, std::string_view(run.exec_context)).bind(3, std::string_view(run.build));
    find_series_.bind(4, std::string_view(processor));
    find_series_.bind(5, std::string_view(row.key.processor)).bind(6, std::string_view(key));
    const std::string name = name_of(row.key);
    find_series_.bind(7, std::string_view(row.metric)).bind(8, std::string_view(name));
    std::int64_t number = 0;
    while (find_series_.next()) number = find_series_.whole(0);
    return number;
  }

  Database& database_;
  const std::string& file_;
  const std::string& commit_time_;
  Statement find_series_, insert_;
};

HistoryPoint point_of(const Statement& row) {
  HistoryPoint point;
  point.run = row.text(1);
  point.commit = row.text(2);
  point.dirty = row.whole(3) != 0;
  point.started = row.text(4);
  point.status = row.text(5);
  point.value = row.number(6);
  if (point.value && !(*point.value > 0)) point.value.reset();
  point.blocks = row.whole(7);
  point.processes = numbers_of(row.text(8));
  point.accepted = row.whole(9) != 0;
  return point;
}

}  // namespace

int HistorySeries::direction() const {
  return metric.ends_with("_per_second") ? 1 : -1;
}

History::History(const std::filesystem::path& file, Access access) : database_(file, access) {
  create_or_check(database_);
}

Added History::add(const schema::Log& log, const std::string& file, const std::string& commit_time,
                   const std::function<void()>& written) {
  if (log.runs.empty() || log.blocks.empty()) {
    throw BadRecord(fmt::format("{} holds no {} (there is nothing to keep). Leave it out.", file,
                                log.runs.empty() ? "run" : "measurement"));
  }
  Transaction transaction(database_);
  Added added;
  Writer writer(database_, file, commit_time);
  for (const schema::Log& run : separate_runs(log)) writer.add(run, added);
  if (written) written();
  transaction.commit();
  return added;
}

std::vector<HistoryRun> History::runs(const HistoryFilter& filter) const {
  Statement rows(database_,
                 "SELECT id, device, device_name, commit_name, dirty, started, tier, finished, "
                 "file, (SELECT count(*) FROM measurement WHERE run = run.number) FROM run "
                 "ORDER BY time, started, number");
  std::vector<HistoryRun> all;
  while (rows.next()) {
    HistoryRun run{rows.text(0),       rows.text(1), rows.text(2), rows.text(3),
                   rows.text(5),       rows.text(6), rows.text(8), rows.whole(4) != 0,
                   rows.whole(7) != 0, rows.whole(9)};
    if (run.device.find(filter.device) != std::string::npos ||
        run.device_name.find(filter.device) != std::string::npos) {
      all.push_back(std::move(run));
    }
  }
  return all;
}

std::vector<HistorySeries> History::series(const HistoryFilter& filter) const {
  Statement list(database_,
                 "SELECT number, device, (SELECT device_name FROM run WHERE run.device = "
                 "series.device ORDER BY time DESC LIMIT 1), exec_context, build, processor, "
                 "processor_id, key, name, metric FROM series ORDER BY number");
  Statement points(database_,
                   "SELECT m.series, run.id, commit_name, dirty, started, status, value, m.blocks, "
                   "processes, EXISTS (SELECT 1 FROM accepted a WHERE a.series = m.series AND "
                   "a.run = m.run) FROM measurement m JOIN run ON run.number = m.run WHERE "
                   "m.series = ? ORDER BY time, started, run.number");
  std::vector<HistorySeries> all;
  while (list.next()) {
    HistorySeries one{list.whole(0),
                      list.text(1),
                      list.text(2),
                      list.text(3),
                      list.text(4),
                      list.text(5),
                      list.text(6),
                      list.text(7),
                      list.text(8),
                      list.text(9),
                      {}};
    if (!passes(one, filter)) continue;
    points.bind(1, one.number);
    while (points.next()) one.points.push_back(point_of(points));
    all.push_back(std::move(one));
  }
  return all;
}

bool History::accept(std::int64_t series, const std::string& run) {
  Transaction transaction(database_);
  Statement find(database_,
                 "SELECT run.number FROM measurement m JOIN run ON run.number = m.run WHERE "
                 "m.series = ? AND run.id = ?");
  find.bind(1, series).bind(2, std::string_view(run));
  if (!find.next()) return false;
  Statement(database_, "INSERT OR IGNORE INTO accepted VALUES (?, ?)")
      .bind(1, series)
      .bind(2, find.whole(0))
      .execute();
  while (find.next()) {
  }
  transaction.commit();
  return true;
}

std::optional<double> History::noise(const schema::Run& run, const schema::Key& key,
                                     const std::string& metric) const {
  Statement find(
      database_,
      "SELECT number FROM series WHERE device = ? AND exec_context = ? AND build = ? AND "
      "processor = ? AND key = ? AND metric = ?");
  find.bind(1, std::string_view(run.device.id)).bind(2, std::string_view(run.exec_context));
  find.bind(3, std::string_view(run.build));
  const std::string processor = stable_processor(run, key.processor);
  const std::string text = key_without_processor(key);
  find.bind(4, std::string_view(processor)).bind(5, std::string_view(text));
  find.bind(6, std::string_view(metric));
  if (!find.next()) return std::nullopt;
  HistoryFilter filter;
  filter.number = find.whole(0);
  const std::vector<HistorySeries> found = series(filter);
  return found.empty() ? std::nullopt : changes_of(found.front()).noise;
}

std::string stable_processor(const schema::Run& run, const std::string& id) {
  if (const auto plus = id.find('+'); plus != std::string::npos) {
    return stable_processor(run, id.substr(0, plus)) + " + " +
           stable_processor(run, id.substr(plus + 1));
  }
  const auto found =
      std::find_if(run.processors.begin(), run.processors.end(),
                   [&](const schema::Processor& processor) { return processor.id == id; });
  if (found == run.processors.end() || found->stable_id.empty()) return id;
  const auto alike = std::count_if(
      run.processors.begin(), run.processors.end(),
      [&](const schema::Processor& other) { return other.stable_id == found->stable_id; });
  return alike == 1 ? found->stable_id : found->stable_id + " " + id;
}

std::string key_without_processor(const schema::Key& key) {
  std::string text = to_string(key);
  const std::string processor = "/processor=" + key.processor;
  if (const auto at = text.find(processor); at != std::string::npos) {
    text.erase(at, processor.size());
  }
  return text;
}

}  // namespace motley::analysis
