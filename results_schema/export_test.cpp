// Exports against files that are kept in testdata/: a change of format is seen in review. To renew
// them after a change that is meant: MOTLEY_WRITE_GOLDEN=1 results_schema_test.
#include "results_schema/export.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

#include "results_schema/csv.hpp"
#include "results_schema/json_lines.hpp"
#include "results_schema/random_records.hpp"
#include "results_schema/validate.hpp"

namespace motley::schema {
namespace {

namespace fs = std::filesystem;

const fs::path folder = fs::path(MOTLEY_SOURCE_FOLDER) / "results_schema/testdata";

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void expect_golden(const std::string& name, const std::string& text) {
  if (std::getenv("MOTLEY_WRITE_GOLDEN")) std::ofstream(folder / name, std::ios::binary) << text;
  EXPECT_EQ(text, content(folder / name)) << name;
}

/// A run with a block of every status.
std::string log_text() {
  RandomRecords random(42);
  std::string text = to_line(random.run()) + "\n";
  for (const Status status : {Status::ok, Status::suspect, Status::unsupported, Status::wrong,
                              Status::failed, Status::skipped}) {
    Block block = random.block();
    block.status = status;
    block.reason = status == Status::ok ? "" : "because, as \"said\"";
    if (status != Status::ok && status != Status::suspect) block.samples = {};
    text += to_line(Begin{block.key, block.round, block.process, block.order}) + "\n";
    text += to_line(block) + "\n";
  }
  return text + to_line(random.end()) + "\n";
}

std::string exported(void (*exporter)(const Log&, std::ostream&)) {
  std::ostringstream out;
  exporter(read_log(folder / "log.jsonl"), out);
  return out.str();
}

TEST(Export, GoldenFiles) {
  expect_golden("log.jsonl", log_text());
  const auto validation = validate_file(folder / "log.jsonl");
  EXPECT_TRUE(validation.defects.empty()) << validation.defects.front();
  expect_golden("log.json", exported(export_json));
  expect_golden("log.csv", exported(export_csv));
  expect_golden("log.google_benchmark.json", exported(export_google_benchmark));
}

TEST(Export, NoSpreadsheetComputesAField) {
  EXPECT_EQ(csv_field("=1+1"), "'=1+1");
  EXPECT_EQ(csv_field("@SUM(A1)"), "'@SUM(A1)");
  EXPECT_EQ(csv_field("+cmd|' /C calc'!A0,"), "\"'+cmd|' /C calc'!A0,\"");
  EXPECT_EQ(csv_field("\t=1"), "'\t=1");
  EXPECT_EQ(csv_field("-1.5e-3"), "-1.5e-3");
  EXPECT_EQ(csv_field(std::string_view("-1\0=x", 5)), std::string("'-1\0=x", 6));
  Log log = read_log(folder / "log.jsonl");
  const std::string formula = "=HYPERLINK(A1)";
  log.runs[0].id = log.runs[0].device.id = log.runs[0].commit = formula;
  for (Block& block : log.blocks) {
    block.key.case_name = block.key.processor = block.key.engine = formula;
    block.key.scenario = block.key.load = block.reason = formula;
    block.key.parameters = {{formula, formula}};
    block.findings = {{formula, ""}};
    block.validity = Validity{formula, {}};
  }
  std::ostringstream out;
  export_csv(log, out);
  const std::string csv = out.str();
  for (const char* before : {",", "\n", "\""}) {
    EXPECT_EQ(csv.find(before + formula), std::string::npos) << before;
  }
}

TEST(Export, TheJsonDocumentHoldsEveryLine) {
  const auto document = nlohmann::json::parse(exported(export_json));
  EXPECT_EQ(document.at("runs").size(), 1u);
  EXPECT_EQ(document.at("blocks").size(), 6u);
  EXPECT_EQ(document.at("ends").size(), 1u);
}

TEST(Export, CsvHasARowForEachSampleAndQuotesByTheRfc) {
  const std::string csv = exported(export_csv);
  std::size_t rows = 0;
  for (std::size_t at = csv.find("\r\n"); at != std::string::npos; at = csv.find("\r\n", at + 2))
    ++rows;
  std::size_t samples = 0;
  for (const Block& block : read_log(folder / "log.jsonl").blocks) {
    samples += std::max<std::size_t>(1, block.samples.host_seconds.size());
  }
  EXPECT_EQ(rows, samples + 1);
  EXPECT_NE(csv.find("\"because, as \"\"said\"\"\""), std::string::npos);
}

nlohmann::json google(const Log& log) {
  std::ostringstream out;
  export_google_benchmark(log, out);
  return nlohmann::json::parse(out.str());
}

TEST(Export, GoogleBenchmarkGetsARepetitionForEachBlock) {
  Block block = RandomRecords(1).block();
  block.status = Status::ok;
  block.runs_per_sample = 10;
  block.samples.host_seconds = {3, 1, 2, 100};
  Block other = RandomRecords(2).block();
  other.status = Status::ok;
  Log log;
  log.blocks = {block, other, block};
  log.blocks[2].samples.host_seconds = {7};
  const auto document = google(log);
  EXPECT_EQ(document.at("context").at("json_schema_version"), 1);
  const auto& entries = document.at("benchmarks");
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].at("name"), to_string(block.key));
  EXPECT_DOUBLE_EQ(entries[0].at("real_time"), 0.25e9);
  EXPECT_EQ(entries[0].at("iterations"), 40);
  EXPECT_DOUBLE_EQ(entries[1].at("real_time"), 0.7e9);
  EXPECT_EQ(entries[1].at("repetitions"), 2);
  EXPECT_EQ(entries[1].at("repetition_index"), 1);
  EXPECT_EQ(entries[1].at("family_index"), 0);
  EXPECT_EQ(entries[2].at("repetitions"), 1);
  EXPECT_EQ(entries[2].at("family_index"), 1);
}

TEST(Export, GoogleBenchmarkGetsNoTimeOfABlockThatIsNotOk) {
  const auto document = google(read_log(folder / "log.jsonl"));
  EXPECT_EQ(document.at("benchmarks").size(), 1u);
  EXPECT_EQ(document.at("context").at("motley_left_out"),
            nlohmann::json(
                {{"failed", 1}, {"skipped", 1}, {"suspect", 1}, {"unsupported", 1}, {"wrong", 1}}));
}

TEST(Export, QueriesKeepTheirColumnsAndVerdict) {
  Block block = RandomRecords(1).block();
  block.status = Status::ok;
  block.key.scenario = "server_poisson:rate=50,seconds=2";
  block.key.load = "cpu:duty=0.5,threads=1";
  block.validity = Validity{"invalid", {"saturated"}};
  block.samples = {};
  block.samples.host_seconds = block.samples.started_seconds = {1};
  block.samples.scheduled_seconds = block.samples.enqueued_seconds = {2};
  block.samples.latency_seconds = {3};
  block.samples.segment = {4};
  Log log;
  log.runs = {RandomRecords(1).run()};
  log.blocks = {block};
  std::ostringstream csv;
  export_csv(log, csv);
  EXPECT_NE(csv.str().find("\"server_poisson:rate=50,seconds=2\",\"cpu:duty=0.5,threads=1\",ok,"),
            std::string::npos)
      << csv.str();
  EXPECT_NE(csv.str().find(",invalid,0,1,1,,,,2,2,3,4\r\n"), std::string::npos) << csv.str();
}

TEST(Export, TheJsonDocumentHoldsWhatLayInASideFile) {
  Log log;
  log.blocks = {RandomRecords(1).block()};
  log.blocks[0].samples = {};
  log.blocks[0].samples.host_seconds.assign(200000, 1.0 / 3);
  log.blocks[0].side_file = SideFile{"beside", std::string(64, '0'), 200000, {"host_seconds"}};
  std::ostringstream out;
  export_json(log, out);
  const auto block = nlohmann::json::parse(out.str()).at("blocks").at(0);
  EXPECT_EQ(block.at("samples").at("host_seconds").size(), 200000u);
  EXPECT_FALSE(block.contains("side_file"));
}

TEST(Export, RowsTellTheirRun) {
  Log log;
  log.runs = {RandomRecords(1).run(), RandomRecords(2).run()};
  log.runs[1].id = "the second, resumed";
  log.runs[1].device.id = "device";
  log.runs[1].emulated = true;
  log.runs[1].commit = "c0ffee";
  log.blocks = {RandomRecords(1).block()};
  log.blocks[0].run = 1;
  std::ostringstream csv, json;
  export_csv(log, csv);
  EXPECT_NE(csv.str().find("\r\n\"the second, resumed\",device,true,c0ffee,family/"),
            std::string::npos)
      << csv.str();
  export_json(log, json);
  EXPECT_EQ(nlohmann::json::parse(json.str()).at("blocks").at(0).at("run"), 1);
}

}  // namespace
}  // namespace motley::schema
