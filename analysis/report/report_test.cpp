#include "analysis/report/report.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <set>

#include "analysis/report/chart_scale.hpp"
#include "analysis/report/chart_spec.hpp"
#include "analysis/report/example_log.hpp"

namespace motley::analysis::report {
namespace {

using Json = nlohmann::json;

Report example_report() {
  return report_of(sources_of({example_log()}));
}

std::string bytes_of(const std::vector<File>& files, const std::string& path) {
  for (const File& file : files) {
    if (file.path == path) return file.bytes;
  }
  return "";
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

const Section& section(const Report& report, const std::string& id) {
  const auto found = std::find_if(report.sections.begin(), report.sections.end(),
                                  [&](const Section& one) { return one.id == id; });
  if (found == report.sections.end()) throw std::runtime_error("no section " + id);
  return *found;
}

std::string text_of(const Section& one) {
  std::string text;
  for (const Part& part : one.parts) {
    for (const Sentence& sentence : part.sentences) text += sentence.text + "\n";
    for (const Tile& tile : part.tiles) text += tile.label + " " + tile.value + "\n";
  }
  return text;
}

TEST(Report, EverySectionHasItsContent) {
  const Report report = example_report();
  for (const char* id : {"summary", "devices", "memory", "transfers", "operators", "networks",
                         "latency", "interference", "together", "time", "appendix"}) {
    EXPECT_FALSE(section(report, id).empty()) << id;
  }
  EXPECT_TRUE(section(report, "comparison").empty());
}

TEST(Report, SectionsWithoutDataNameTheCommandThatMakesThem) {
  const Report report = report_of(sources_of({schema::Log{}}));
  for (const Section& one : report.sections) {
    if (one.id == "summary" || one.id == "comparison") continue;
    EXPECT_TRUE(one.empty()) << one.id;
    EXPECT_NE(one.without.find("motley "), std::string::npos) << one.id;
  }
}

/// What a chart draws is what its table says: the same rows, the same numbers.
TEST(Report, ChartsHoldTheRowsOfTheirTables) {
  std::size_t charts = 0;
  for (const Section& one : example_report().sections) {
    for (const Part& part : one.parts) {
      for (const Chart& chart : part.charts) {
        ++charts;
        const Json spec = Json::parse(vega_lite(chart));
        ASSERT_EQ(spec["layer"].size(), chart.layers.size()) << chart.name;
        for (std::size_t i = 0; i < chart.layers.size(); ++i) {
          const Table& table = chart.layers[i].table;
          const Json& values = spec["layer"][i]["data"]["values"];
          ASSERT_EQ(values.size(), table.rows.size()) << chart.name;
          ASSERT_FALSE(table.rows.empty()) << chart.name;
          for (std::size_t row = 0; row < values.size(); ++row) {
            for (std::size_t column = 0; column < table.columns.size(); ++column) {
              const Cell& cell = table.rows[row][column];
              const Json& value = values[row][table.columns[column].key];
              if (cell.value) {
                EXPECT_EQ(value.get<double>(), *cell.value);
              } else {
                EXPECT_EQ(value.get<std::string>(), cell.text);
              }
            }
          }
        }
      }
    }
  }
  EXPECT_GE(charts, 10u);
}

TEST(Report, TheSameRecordsGiveTheSameBytes) {
  const auto first = files_of(example_report(), {}), second = files_of(example_report(), {});
  ASSERT_EQ(first.size(), second.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].path, second[i].path);
    EXPECT_EQ(first[i].bytes, second[i].bytes) << first[i].path;
  }
}

TEST(Report, HostileNamesStayText) {
  const auto files =
      files_of(report_of(sources_of({hostile_log()})), {{"a script", "const a = 1;"}});
  const std::string page = bytes_of(files, "report.html");
  EXPECT_EQ(page.find("<script>alert"), std::string::npos);
  EXPECT_EQ(page.find("<!-- |"), std::string::npos);
  // Data, our script and the one that was handed over: what was opened is closed by us.
  EXPECT_EQ(count(page, "<script"), count(page, "</script>"));
  EXPECT_NE(page.find("&lt;/script&gt;"), std::string::npos);
  EXPECT_EQ(bytes_of(files, "tables.tex").find("\\input"), std::string::npos);
  EXPECT_EQ(bytes_of(files, "report.md").find("<script"), std::string::npos);
  EXPECT_NE(bytes_of(files, "tables/operators.csv").find("'=1+1"), std::string::npos);
  for (const File& file : files) {
    EXPECT_EQ(file.path.find_first_of("<>|\\ '"), std::string::npos) << file.path;
    EXPECT_EQ(file.path.find(".."), std::string::npos) << file.path;
  }
}

TEST(Report, NumbersThatAreNoneDoNotReachAChart) {
  schema::Log log = example_log();
  for (schema::Block& block : log.blocks) {
    if (block.key.case_name == "bandwidth/read") block.samples.host_seconds.assign(16, 0);
    if (block.key.case_name == "latency/chase") block.samples.host_seconds.clear();
    if (block.key.case_name == "transfer/write") block.work = {};
  }
  for (const File& file : files_of(report_of(sources_of({log})), {})) {
    if (!file.path.ends_with(".json")) continue;
    const Json spec = Json::parse(file.bytes);
    EXPECT_EQ(file.bytes.find("null,\n"), std::string::npos) << file.path;
    EXPECT_FALSE(spec["layer"].empty()) << file.path;
  }
}

TEST(Report, EmulatedRecordsAreLoudAndNoPartOfTheSummary) {
  schema::Log emulated = example_log();
  emulated.runs[0].emulated = true;
  const Report alone = report_of(sources_of({emulated}));
  ASSERT_EQ(alone.banners.size(), 1u);
  EXPECT_NE(alone.banners[0].find("EMULATED"), std::string::npos);
  EXPECT_TRUE(section(alone, "summary").empty());
  EXPECT_FALSE(section(alone, "networks").empty());
  const Report both = report_of(sources_of({example_log(), emulated}));
  EXPECT_EQ(section(both, "summary").parts.size(),
            section(example_report(), "summary").parts.size());
  EXPECT_TRUE(section(both, "comparison").empty());
}

TEST(Report, SuspectBlocksAreShownAndCountForNothing) {
  schema::Log log = example_log();
  schema::Block suspect =
      synthetic_block("flops/fp32", "cpu", schema::Metric::flops_per_second, 1e-9);
  suspect.status = schema::Status::suspect;
  suspect.reason = "above the peak";
  suspect.process = 7;
  log.blocks.push_back(suspect);
  const Report report = report_of(sources_of({log}));
  const std::string summary = text_of(section(report, "summary"));
  EXPECT_NE(summary.find("1 blocks are faster than the hardware can be"), std::string::npos);
  EXPECT_NE(summary.find("Peak fp32 199 GFLOP/s"), std::string::npos) << summary;
  const std::string csv = bytes_of(files_of(report, {}), "tables/measurements.csv");
  EXPECT_NE(csv.find("suspect: above the peak"), std::string::npos);
}

TEST(Report, TheSummarySaysHowTheGpuComparesAndWhereTimeGoes) {
  const std::string text = text_of(section(example_report(), "summary"));
  EXPECT_NE(text.find("opencl:0 resident takes 800 us, 1.25 times faster than the CPU"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(" % of this step "), std::string::npos) << text;
  EXPECT_EQ(text.find("rehearse"), std::string::npos);
  schema::Log log = example_log();
  log.runs[0].processors[1].kind = "cpu";
  EXPECT_NE(text_of(section(report_of(sources_of({log})), "summary")).find("rehearse"),
            std::string::npos);
}

TEST(Report, SourcesAndFilesHaveNamesOfTheirOwn) {
  schema::Log other = example_log();
  other.runs[0].commit = "fedcba9876543210";
  const auto sources = sources_of({example_log(), other, example_log()});
  EXPECT_NE(sources[0].label, sources[1].label);
  EXPECT_NE(sources[0].label, sources[2].label);
  const Report report = report_of(sources);
  std::set<std::string> paths;
  for (const File& file : files_of(report, {})) {
    EXPECT_TRUE(paths.insert(file.path).second) << file.path;
  }
  EXPECT_FALSE(section(report, "comparison").empty());
}

TEST(Report, WithoutScriptsThePageSaysWhatIsMissingAndKeepsTheTables) {
  const Report report = example_report();
  const std::string without = html_document(report, {});
  EXPECT_NE(without.find("Charts are missing"), std::string::npos);
  EXPECT_EQ(without.find("class=\"plot\""), std::string::npos);
  const std::string with = html_document(report, {{"a script", "const a = 1;"}});
  EXPECT_EQ(with.find("Charts are missing"), std::string::npos);
  EXPECT_EQ(count(without, "<tbody>"), count(with, "<tbody>"));
}

/// For other programs' tests: every section, 5,000 measurements, hostile names.
TEST(Pages, AreWritten) {
  schema::Log many = example_log();
  for (int i = 0; i < 5000; ++i) {
    many.blocks.push_back(synthetic_block("op/conv2d", i % 2 == 0 ? "cpu" : "opencl:0",
                                          schema::Metric::flops_per_second, 0.01 + 1e-5 * i,
                                          {{"implementation", i % 3 == 0 ? "simd" : "reference"},
                                           {"shape", "64x" + std::to_string(i)}}));
  }
  for (const auto& [name, log] : {std::pair{"example", example_log()}, std::pair{"many", many},
                                  std::pair{"hostile", hostile_log()}}) {
    const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / name;
    for (const File& file : files_of(report_of(sources_of({log})), chart_scripts())) {
      std::filesystem::create_directories((folder / file.path).parent_path());
      std::ofstream(folder / file.path, std::ios::binary) << file.bytes;
      EXPECT_GT(std::filesystem::file_size(folder / file.path), 0u) << file.path;
    }
  }
}

TEST(ChartScale, LogarithmicTicksAreRoundAndFew) {
  const LogScale sizes = log_scale(16384, 67108864, true);
  EXPECT_LE(sizes.ticks.size(), 9u);
  for (const double tick : sizes.ticks) EXPECT_EQ(std::log2(tick), std::floor(std::log2(tick)));
  EXPECT_LT(sizes.from, 16384);
  EXPECT_GT(sizes.to, 67108864);
  const LogScale narrow = log_scale(2.2, 9, false);
  EXPECT_EQ(narrow.ticks, (std::vector<double>{2, 5, 10}));
  EXPECT_EQ(log_scale(0, -1, false).ticks, (std::vector<double>{1, 10}));
  EXPECT_GE(log_scale(5, 5, false).ticks.size(), 1u);
}

TEST(Content, UnitsHavePrefixes) {
  EXPECT_EQ(unit_text(Unit::seconds, 1.234e-6), "1.23 us");
  EXPECT_EQ(unit_text(Unit::bytes_per_second, 12.3e9), "12.3 GB/s");
  EXPECT_EQ(unit_text(Unit::flops_per_second, 999.7e9), "1 TFLOP/s");
  EXPECT_EQ(unit_text(Unit::bytes, 65536), "64 KiB");
  EXPECT_EQ(unit_text(Unit::share, 0.5), "50 %");
  EXPECT_EQ(unit_text(Unit::seconds, 0), "0 s");
  EXPECT_EQ(unit_text(Unit::seconds, 1 / 0.0), "-");
  EXPECT_FALSE(unit_cell(Unit::seconds, 0.0 / 0.0).value.has_value());
}

TEST(Content, WhatCannotBeDrawnIsLeftOut) {
  Layer layer(Mark::line);
  layer.table.columns = {{"x", true, "x"}, {"y", true, "y"}};
  layer.table.rows = {{unit_cell(Unit::none, 1), unit_cell(Unit::none, 2)},
                      {unit_cell(Unit::none, 0), unit_cell(Unit::none, 2)},
                      {unit_cell(Unit::none, 1), Cell("-")}};
  layer.x = "x";
  layer.y = "y";
  const Axis linear, logarithmic{"", Unit::none, Scale::logarithmic};
  EXPECT_EQ(drawable(layer, linear, linear).table.rows.size(), 2u);
  EXPECT_EQ(drawable(layer, logarithmic, linear).table.rows.size(), 1u);
}

TEST(Content, FileNamesAreHarmless) {
  EXPECT_EQ(file_name("../../etc/passwd"), "etc-passwd");
  EXPECT_EQ(file_name("opencl:0/1of2"), "opencl-0-1of2");
  EXPECT_EQ(file_name("\xff<>"), "unnamed");
}

}  // namespace
}  // namespace motley::analysis::report
