#include "analysis/history.hpp"

#include <csignal>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>

#include "analysis/history_changes.hpp"
#include "analysis/history_rows.hpp"
#include "analysis/history_tables.hpp"
#include "analysis/synthetic_log.hpp"
#include "analysis/synthetic_noise.hpp"
#include "results_schema/json_lines.hpp"

namespace motley::analysis {
namespace {

using schema::BadRecord;

/// A complete run on day `day`: flops/fp32 and launch/empty, three processes.
schema::Log a_run(int day, double factor = 1) {
  schema::Log log;
  schema::Run run;
  run.id = fmt::format("run{}", day);
  run.started = fmt::format("2026-{:02}-{:02}T10:00:00Z", 1 + day / 28, 1 + day % 28);
  run.commit = fmt::format("c{:03}", day);
  run.build = "Release";
  run.device.id = "device1";
  run.device.name = "phone";
  run.processors = {{"cpu", "cpu|all", "cpu", "cores", {}}};
  log.runs.push_back(run);
  for (int process = 0; process < 3; ++process) {
    for (const auto& [name, metric] :
         {std::pair{"flops/fp32", schema::Metric::flops_per_second},
          std::pair{"launch/empty", schema::Metric::seconds_per_operation}}) {
      log.blocks.push_back(synthetic_block(name, "cpu", metric, 0.01 * factor));
      log.blocks.back().process = process;
    }
  }
  schema::End end;
  end.reason = "complete";
  log.ends.push_back(end);
  return log;
}

class HistoryTest : public testing::Test {
 protected:
  HistoryTest() : file(testing::TempDir() + "history_test.sqlite") {
    std::filesystem::remove(file);
  }
  ~HistoryTest() override { std::filesystem::remove(file); }

  History open() { return {file, History::Access::create}; }
  std::size_t figures() {
    std::size_t count = 0;
    for (const HistorySeries& one : open().series()) count += one.points.size();
    return count;
  }
  static std::string refusal(const std::function<void()>& action) {
    try {
      action();
    } catch (const BadRecord& error) {
      return error.what();
    }
    return "accepted";
  }
  std::string file;
};

TEST_F(HistoryTest, KeepsAFigureForEachProcessAndTheirMedian) {
  schema::Log log = a_run(0);
  log.blocks[2].samples.host_seconds.assign(16, 0.08);  // flops/fp32 of the second process
  EXPECT_EQ(open().add(log, "a.jsonl").measurements, 2u);
  const auto all = open().series();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].key, "flops/fp32/revision=1");
  EXPECT_EQ(all[0].processor, "cpu|all");
  EXPECT_EQ(all[0].processor_id, "cpu");
  EXPECT_EQ(all[0].metric, "flops_per_second");
  ASSERT_EQ(all[0].points.size(), 1u);
  const HistoryPoint& point = all[0].points[0];
  EXPECT_DOUBLE_EQ(*point.value, 2e11);
  EXPECT_EQ(point.processes, (std::vector<double>{2e11, 1e11, 2e11}));
  EXPECT_EQ(point.blocks, 3);
  EXPECT_EQ(point.commit, "c000");
  EXPECT_EQ(all[1].direction(), -1);
  EXPECT_EQ(open().runs().at(0).measurements, 2);
  EXPECT_TRUE(open().runs().at(0).finished);
}

TEST_F(HistoryTest, AddingAFileTwiceChangesNothing) {
  History history = open();
  history.add(a_run(0), "a.jsonl");
  const Added again = history.add(a_run(0), "copy of a.jsonl");
  EXPECT_EQ(again.known, 1u);
  EXPECT_EQ(again.runs + again.grown + again.measurements, 0u);
  EXPECT_EQ(history.runs().size(), 1u);
  EXPECT_EQ(figures(), 2u);
}

TEST_F(HistoryTest, ARunThatWentOnReplacesWhatWasThereOfIt) {
  schema::Log part = a_run(0);
  part.ends.clear();
  part.blocks.resize(1);
  History history = open();
  history.add(part, "a.jsonl");
  EXPECT_FALSE(history.runs().at(0).finished);
  schema::Log resumed = a_run(0);  // the resumed file: two run lines, one run
  resumed.runs.push_back(resumed.runs[0]);
  resumed.runs[1].id = "another id";
  for (std::size_t i = 1; i < resumed.blocks.size(); ++i) resumed.blocks[i].run = 1;
  resumed.ends[0].run = 1;
  EXPECT_EQ(history.add(resumed, "a.jsonl").grown, 1u);
  EXPECT_EQ(history.runs().size(), 1u);
  EXPECT_TRUE(history.runs().at(0).finished);
  EXPECT_EQ(figures(), 2u);
  EXPECT_EQ(history.add(part, "a.jsonl").known, 1u);
  EXPECT_EQ(figures(), 2u);
}

TEST_F(HistoryTest, RunsOneAfterAnotherInAFileStayApart) {
  schema::Log both = a_run(0);
  const schema::Log second = a_run(1);
  both.runs.push_back(second.runs[0]);
  for (schema::Block block : second.blocks) {
    block.run = 1;
    both.blocks.push_back(block);
  }
  EXPECT_EQ(open().add(both, "both.jsonl").runs, 2u);
  EXPECT_EQ(figures(), 4u);
}

/// Enough to leave SQLite's cache for the file before the end.
schema::Log a_large_run(int day) {
  schema::Log log = a_run(day);
  for (std::int64_t i = 0; i < 8000; ++i) {
    log.blocks.push_back(
        synthetic_block("op/x", "cpu", schema::Metric::flops_per_second, 0.01, {{"place", i}}));
    log.blocks.back().samples.host_seconds.resize(1);
  }
  return log;
}

using HistoryDeathTest = HistoryTest;
TEST_F(HistoryDeathTest, AKilledAddLosesNothing) {
  open().add(a_run(0), "a.jsonl");
  EXPECT_EXIT(open().add(a_large_run(1), "b.jsonl", "", [] { std::raise(SIGKILL); }),
              testing::KilledBySignal(SIGKILL), "");
  EXPECT_EQ(open().runs().size(), 1u);
  EXPECT_EQ(figures(), 2u);
  EXPECT_EQ(open().add(a_large_run(1), "b.jsonl").runs, 1u);
  EXPECT_EQ(figures(), 2u + 8002u);
}

TEST_F(HistoryTest, WhatIsNoMeasurementOfADeviceIsRefused) {
  schema::Log emulated = a_run(0);
  emulated.runs[0].emulated = true;
  EXPECT_NE(refusal([&] { open().add(emulated, "e.jsonl"); }).find("e.jsonl is emulated"),
            std::string::npos);
  EXPECT_NE(refusal([&] { open().add({}, "n.jsonl"); }).find("no run"), std::string::npos);
  schema::Log empty = a_run(0);
  empty.blocks.clear();
  EXPECT_NE(refusal([&] { open().add(empty, "n.jsonl"); }).find("no measurement"),
            std::string::npos);
  schema::Log timeless = a_run(0);
  timeless.runs[0].started = "tomorrow'; DROP TABLE run; --";
  EXPECT_NE(refusal([&] { open().add(timeless, "t.jsonl"); }).find("no time"), std::string::npos);
  EXPECT_NE(refusal([&] { open().add(a_run(0), "t.jsonl", "yesterday"); }).find("%cI"),
            std::string::npos);
  EXPECT_EQ(open().runs().size(), 0u);
}

TEST_F(HistoryTest, OneBadRunOfAFileKeepsOutTheOthers) {
  schema::Log both = a_run(0);
  both.runs.push_back(a_run(1).runs[0]);
  both.runs[1].started = "";
  both.blocks.back().run = 1;
  EXPECT_THROW(open().add(both, "both.jsonl"), BadRecord);
  EXPECT_EQ(open().runs().size(), 0u);
}

TEST_F(HistoryTest, RunsAreInOrderOfTime) {
  History history = open();
  history.add(a_run(5), "5");
  history.add(a_run(2), "2");
  history.add(a_run(9), "9", "2026-01-01T00:00:00+02:00");  // an old commit, measured late
  std::vector<std::string> order;
  const HistorySeries series = history.series().at(0);
  for (const HistoryPoint& point : series.points) order.push_back(point.run);
  EXPECT_EQ(order, (std::vector<std::string>{"run9", "run2", "run5"}));
}

TEST_F(HistoryTest, DevicesThatChangePlacesKeepTheirSeries) {
  schema::Log first = a_run(0), second = a_run(1);
  first.runs[0].processors = {{"opencl:0", "gpu A", "gpu", "", {}},
                              {"opencl:1", "gpu B", "gpu", "", {}}};
  second.runs[0].processors = {{"opencl:0", "gpu B", "gpu", "", {}},
                               {"opencl:1", "gpu A", "gpu", "", {}}};
  for (schema::Block& block : first.blocks) block.key.processor = "opencl:0";
  for (schema::Block& block : second.blocks) block.key.processor = "opencl:1";
  History history = open();
  history.add(first, "1");
  history.add(second, "2");
  ASSERT_EQ(history.series().size(), 2u);
  EXPECT_EQ(history.series()[0].points.size(), 2u);
  EXPECT_EQ(history.series()[0].processor_id, "opencl:1");
}

TEST_F(HistoryTest, ProcessorsWithOneStableIdAreToldApart) {
  const schema::Run run = [] {
    schema::Run one;
    one.processors = {{"opencl:0", "gpu", "gpu", "", {}},
                      {"opencl:1", "gpu", "gpu", "", {}},
                      {"cpu", "cpu|all", "cpu", "", {}}};
    return one;
  }();
  EXPECT_NE(stable_processor(run, "opencl:0"), stable_processor(run, "opencl:1"));
  EXPECT_EQ(stable_processor(run, "cpu+opencl:0"), "cpu|all + gpu opencl:0");
  EXPECT_EQ(stable_processor(run, "unheard of"), "unheard of");
}

TEST_F(HistoryTest, ContextsAndBuildsAreSeriesOfTheirOwn) {
  schema::Log app = a_run(1), debug = a_run(2);
  app.runs[0].exec_context = "app";
  debug.runs[0].build = "Debug";
  History history = open();
  for (const schema::Log& log : {a_run(0), app, debug}) history.add(log, "x");
  EXPECT_EQ(history.series().size(), 6u);
}

TEST_F(HistoryTest, AScenarioAnswersWithItsFigures) {
  schema::Log log = a_run(0);
  log.blocks.resize(1);
  log.blocks[0].figures = {{"latency_p99_seconds", 0.25}, {"queries", 100}};
  log.blocks[0].validity = schema::Validity{"valid", {}};
  History history = open();
  history.add(log, "a");
  log.runs[0].id = "another";
  log.blocks[0].validity = schema::Validity{"invalid", {"too few"}};
  history.add(log, "b");
  ASSERT_EQ(history.series().size(), 1u);
  const HistorySeries series = history.series()[0];
  EXPECT_EQ(series.metric, "latency_p99_seconds");
  EXPECT_EQ(series.direction(), -1);
  EXPECT_EQ(series.points.at(0).value, 0.25);
  EXPECT_EQ(series.points.at(1).status, "suspect");
}

TEST_F(HistoryTest, AnotherChoiceIsNoOtherSeries) {
  schema::Log log = a_run(0);
  log.blocks.resize(1);
  History history = open();
  for (const std::int64_t width : {8, 16}) {
    log.runs[0].id = fmt::format("width {}", width);
    log.blocks[0].key.parameters = {{"width", width}, {"bytes", std::int64_t{64}}};
    log.blocks[0].selected_by = "search";
    log.blocks[0].search = {{{{"width", std::int64_t{8}}}, 1, "ok", ""},
                            {{{"width", std::int64_t{16}}}, 1, "ok", ""}};
    history.add(log, "a");
  }
  ASSERT_EQ(history.series().size(), 1u);
  EXPECT_EQ(history.series()[0].key, "flops/fp32/revision=1/bytes=64");
  EXPECT_EQ(history.series()[0].name, "flops/fp32 bytes=64");
  EXPECT_EQ(history.series()[0].points.size(), 2u);
}

TEST_F(HistoryTest, SuspectAndFailedAreKeptAndCountForNothing) {
  History history = open();
  for (int day = 0; day < 12; ++day) {
    schema::Log log = a_run(day, day == 5 ? 0.1 : 1);
    for (schema::Block& block : log.blocks) {
      if (day == 5) block.status = schema::Status::suspect;
      if (day == 7) block.status = schema::Status::failed;
    }
    history.add(log, "x");
  }
  const HistorySeries series = history.series().at(0);
  EXPECT_EQ(series.points.size(), 12u);
  EXPECT_EQ(series.points[5].status, "suspect");
  EXPECT_TRUE(series.points[5].value.has_value());
  EXPECT_EQ(series.points[7].status, "failed");
  EXPECT_FALSE(series.points[7].value.has_value());
  EXPECT_EQ(changes_of(series).points, 10u);
  EXPECT_TRUE(changes_of(series).changes.empty());
}

TEST_F(HistoryTest, ValuesThatNoRatioCanBeMadeOfAreLeftOut) {
  History history = open();
  for (int day = 0; day < 12; ++day) {
    schema::Log log = a_run(day);
    for (schema::Block& block : log.blocks) {
      if (day == 1) block.work.flops = 1e308;
      if (day == 2) block.runs_per_sample = 0;
      if (day == 3) block.work.flops = 0;
      if (day == 4) block.samples.host_seconds.clear();
      if (day == 5) block.samples.host_seconds.assign(3, -1);
    }
    history.add(log, "x");
  }
  EXPECT_EQ(changes_of(history.series().at(0)).points, 7u);
  EXPECT_NO_THROW(history_points(history.series(), Reader::program));
}

/// Runs one after another in one file, `deviation` apart, 10 % slower from `step` on.
schema::Log many_runs(int runs, double deviation, int step) {
  schema::Log all;
  Noise noise(3);
  for (int day = 0; day < runs; ++day) {
    schema::Log one = a_run(day, (day < step ? 1 : 1.1) * (1 + deviation * noise.normal()));
    for (schema::Block& block : one.blocks) block.run = all.runs.size();
    one.ends[0].run = all.runs.size();
    all.runs.push_back(one.runs[0]);
    all.ends.push_back(one.ends[0]);
    all.blocks.insert(all.blocks.end(), one.blocks.begin(), one.blocks.end());
  }
  return all;
}

void add_runs(History& history, int runs, int step) {
  EXPECT_EQ(history.add(many_runs(runs, 0.01, step), "x").runs, static_cast<std::size_t>(runs));
}

TEST_F(HistoryTest, AStepIsToldOnceUntilItIsAccepted) {
  History history = open();
  add_runs(history, 40, 20);
  HistorySeries series = history.series().at(0);
  SeriesChanges found = changes_of(series);
  ASSERT_EQ(found.changes.size(), 1u);
  const LevelChange& change = found.changes[0];
  EXPECT_NEAR(static_cast<double>(change.point.index), 20, 2);
  EXPECT_NEAR(change.point.relative_change, 1 / 1.1 - 1, 0.02);
  EXPECT_TRUE(change.worse);
  EXPECT_TRUE(found.alarms());
  EXPECT_NEAR(found.level, 2e11 / 1.1, 2e9);
  ASSERT_TRUE(found.noise.has_value());
  EXPECT_NEAR(*found.noise, 0.01, 0.006);
  EXPECT_FALSE(history.accept(series.number, "nobody"));
  EXPECT_TRUE(history.accept(series.number, change.run));
  found = changes_of(history.series().at(0));
  ASSERT_EQ(found.changes.size(), 1u);
  EXPECT_TRUE(found.changes[0].accepted);
  EXPECT_FALSE(found.alarms());
  EXPECT_TRUE(changes_of(history.series().at(1)).alarms()) << "accepted for one series alone";
}

TEST_F(HistoryTest, AnAcceptedRunBeginsABaselineThatNoTestFound) {
  History history = open();
  add_runs(history, 30, 22);
  history.accept(1, "run8");
  const SeriesChanges found = changes_of(history.series().at(0));
  ASSERT_FALSE(found.changes.empty());
  EXPECT_FALSE(found.changes.back().accepted);
  History other(testing::TempDir() + "history_other.sqlite", History::Access::create);
  add_runs(other, 12, 100);
  other.accept(1, "run5");
  EXPECT_TRUE(changes_of(other.series().at(0)).noise.has_value());  // 7 runs since
  other.accept(1, "run8");
  EXPECT_FALSE(changes_of(other.series().at(0)).noise.has_value());  // 4
  std::filesystem::remove(testing::TempDir() + "history_other.sqlite");
}

TEST_F(HistoryTest, FewRunsSayNothing) {
  History history = open();
  add_runs(history, 9, 5);
  const SeriesChanges found = changes_of(history.series().at(0));
  EXPECT_FALSE(found.enough);
  EXPECT_TRUE(found.changes.empty());
  EXPECT_NE(changes_sentence(examined(history.series())).find("2 have not enough runs"),
            std::string::npos);
}

TEST_F(HistoryTest, NoiseBetweenRunsIsKnownByKey) {
  History history = open();
  history.add(many_runs(200, 0.03, 200), "x");
  const schema::Log log = a_run(0);
  const auto found = history.noise(log.runs[0], log.blocks[0].key, "flops_per_second");
  ASSERT_TRUE(found.has_value());
  EXPECT_NEAR(*found, 0.03, 0.008);
  EXPECT_FALSE(history.noise(log.runs[0], log.blocks[0].key, "bytes_per_second").has_value());
  schema::Run other = log.runs[0];
  other.device.id = "another";
  EXPECT_FALSE(history.noise(other, log.blocks[0].key, "flops_per_second").has_value());
}

TEST_F(HistoryTest, FilesThatAreNoHistoryAreToldInOneLine) {
  std::ofstream(file) << "this is not a database, but a text that is longer than a header of one, "
                         "which has a hundred bytes";
  const std::string text = refusal([&] { open(); });
  EXPECT_NE(text.find("history_test.sqlite"), std::string::npos) << text;
  EXPECT_NE(text.find("no database"), std::string::npos) << text;
  EXPECT_EQ(text.find('\n'), std::string::npos);
  std::filesystem::remove(file);
  EXPECT_NE(refusal([&] { History(file, History::Access::existing); }).find("not there"),
            std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(file));
  Database(file, Database::Access::create).execute("CREATE TABLE run (x)");
  EXPECT_NE(refusal([&] { open(); }).find("something else"), std::string::npos);
  std::filesystem::remove(file);
  EXPECT_NE(refusal([&] {
              History("/nowhere/x.sqlite", History::Access::create);
            }).find("cannot be opened"),
            std::string::npos);
}

TEST_F(HistoryTest, ADamagedFileIsTold) {
  open().add(a_large_run(0), "a");
  std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
  EXPECT_NE(refusal([&] { open().series(); }), "accepted");
  {
    std::fstream damage(file, std::ios::in | std::ios::out | std::ios::binary);
    damage.seekp(4096);
    damage << std::string(4096 * 3, 'x');
  }
  EXPECT_NE(refusal([&] { open().series(); }), "accepted");
}

TEST_F(HistoryTest, TheFileOfANewerMotleyIsRefused) {
  open();
  Database(file, Database::Access::existing).execute("PRAGMA user_version = 2");
  EXPECT_NE(refusal([&] { open(); }).find("Update motley"), std::string::npos);
}

TEST_F(HistoryTest, TablesFitATerminal) {
  History history = open();
  add_runs(history, 40, 20);
  const auto all = examined(history.series());
  for (const Table& table :
       {history_runs(history.runs(), Reader::person), history_series(all, Reader::person),
        history_points(history.series(), Reader::person), history_changes(all, Reader::person)}) {
    ASSERT_FALSE(table.rows.empty());
    std::istringstream lines(terminal_text(table));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
  }
  for (const Table& table :
       {history_runs(history.runs(), Reader::program), history_series(all, Reader::program),
        history_points(history.series(), Reader::program), history_changes(all, Reader::program)}) {
    for (const auto& row : table.rows) EXPECT_EQ(row.size(), table.columns.size());
  }
  EXPECT_NE(terminal_text(history_changes(all, Reader::person)).find("worse"), std::string::npos);
}

}  // namespace
}  // namespace motley::analysis
