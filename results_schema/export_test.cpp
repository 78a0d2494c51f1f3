// Exports against files that are kept in testdata/: a change of format is seen in review. To renew
// them after a change that is meant: MOTLEY_WRITE_GOLDEN=1 results_schema_test.
#include "results_schema/export.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

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

TEST(Export, GoogleBenchmarkGetsARepetitionForEachSample) {
  const auto document = nlohmann::json::parse(exported(export_google_benchmark));
  EXPECT_EQ(document.at("context").at("json_schema_version"), 1);
  const Block first = read_log(folder / "log.jsonl").blocks.at(0);
  const auto& entry = document.at("benchmarks").at(0);
  EXPECT_EQ(entry.at("repetitions"), first.samples.host_seconds.size());
  EXPECT_DOUBLE_EQ(entry.at("real_time"), first.samples.host_seconds[0] /
                                              static_cast<double>(first.runs_per_sample) * 1e9);
  EXPECT_TRUE(document.at("benchmarks").back().at("error_occurred"));
}

}  // namespace
}  // namespace motley::schema
