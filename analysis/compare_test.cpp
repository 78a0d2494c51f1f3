// Verdicts on runs whose truth is known, because nothing was measured.
#include "analysis/compare.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <random>

#include "analysis/alternate.hpp"
#include "analysis/compare_text.hpp"
#include "analysis/synthetic_log.hpp"

namespace motley::analysis {
namespace {

using schema::Metric;
using schema::Status;

schema::Run run_of(const std::string& id) {
  schema::Run run;
  run.id = id;
  run.device = {"device-1", "board", {}, {}, {}};
  run.exec_context = "desktop";
  run.build = "Release";
  run.processors = {{"cpu", "cpu|8 cores", "cpu", "eight cores", {}},
                    {"opencl:0", "opencl | A", "gpu", "A", {{"driver_version", std::string("1")}}},
                    {"opencl:1", "opencl | B", "gpu", "B", {}}};
  return run;
}

/// One side: each row's seconds, 10 processes that differ by 0.3 %, their order different in each.
class Side {
 public:
  explicit Side(const std::string& id) : run(run_of(id)), random_(std::hash<std::string>{}(id)) {}

  Side& row(const std::string& name, double seconds, const std::string& processor = "cpu",
            schema::Parameters parameters = {}) {
    std::normal_distribution<double> noise(0, 0.003);
    for (int process = 0; process < processes; ++process) {
      add(synthetic_block(name, processor, Metric::seconds_per_operation,
                          seconds * std::exp(noise(random_)), parameters),
          process);
    }
    return *this;
  }
  Side& add(schema::Block block, int process) {
    block.process = process;
    blocks.push_back(std::move(block));
    return *this;
  }
  RunFigures figures() const {
    FigureReader reader;
    reader.begin_file("file");
    reader.take(run);
    for (const schema::Block& block : blocks) reader.take(block);
    return reader.figures();
  }

  schema::Run run;
  std::vector<schema::Block> blocks;
  int processes = 10;

 private:
  std::mt19937_64 random_;
};

const ComparedRow& row_of(const Comparison& comparison, const std::string& name) {
  for (const ComparedRow& row : comparison.rows) {
    if (row.name == name) return row;
  }
  throw std::runtime_error("no row " + name);
}

TEST(Compare, ATimeThatGrowsIsSlowerAndARateThatGrowsIsFaster) {
  Side first("a"), second("b");
  first.row("launch/one", 1e-3).row("same", 1e-3);
  second.row("launch/one", 1.05e-3).row("same", 1e-3);
  for (int process = 0; process < 10; ++process) {
    const double wave = 1 + 0.001 * process;
    first.add(synthetic_block("flops/fp32", "cpu", Metric::flops_per_second, 0.01 * wave), process);
    second.add(synthetic_block("flops/fp32", "cpu", Metric::flops_per_second, 0.009 * wave),
               process);
  }
  const Comparison result = compare(first.figures(), second.figures());
  EXPECT_EQ(row_of(result, "launch/one").change, Change::slower);
  EXPECT_NEAR(row_of(result, "launch/one").ratio(), 1 / 1.05, 0.005);
  EXPECT_EQ(row_of(result, "flops/fp32").change, Change::faster);
  EXPECT_NEAR(row_of(result, "flops/fp32").ratio(), 1 / 0.9, 0.005);
  EXPECT_EQ(row_of(result, "same").change, Change::same);
}

TEST(Compare, OneProcessASideDecidesNothing) {
  Side first("a"), second("b");
  first.processes = second.processes = 1;
  first.row("x", 1e-3).row("x", 1.001e-3);
  second.row("x", 2e-3).row("x", 2.001e-3);
  const Comparison result = compare(first.figures(), second.figures());
  EXPECT_EQ(result.rows.at(0).change, Change::inconclusive);
  EXPECT_FALSE(result.rows[0].tested);
  EXPECT_TRUE(result.rows[0].resampled) << "within the run something is known";
  EXPECT_NE(comparison_csv(result).find("within-run"), std::string::npos);
}

TEST(Compare, DevicesThatChangedTheirNumbersArePairedByWhatTheyAre) {
  Side first("a"), second("b");
  std::swap(second.run.processors[1].id, second.run.processors[2].id);
  first.row("x", 1e-3, "opencl:0").row("x", 5e-3, "opencl:1");
  second.row("x", 5e-3, "opencl:0").row("x", 1e-3, "opencl:1");
  const Comparison result = compare(first.figures(), second.figures());
  ASSERT_EQ(result.rows.size(), 2u);
  for (const ComparedRow& row : result.rows) EXPECT_EQ(row.change, Change::same) << row.ratio();
  EXPECT_EQ(result.rows[0].processor_id, "opencl | A");
}

TEST(Compare, AnUpdatedDriverIsADifferenceAndNoOtherDevice) {
  Side first("a"), second("b");
  second.run.processors[1].stable_id = "opencl | A 2";
  second.run.processors[1].facts["driver_version"] = std::string("2");
  first.row("x", 1e-3, "opencl:0");
  second.row("x", 1e-3, "opencl:0");
  const Comparison result = compare(first.figures(), second.figures());
  EXPECT_EQ(result.rows.size(), 1u);
  ASSERT_EQ(result.differences.size(), 1u);
  EXPECT_EQ(result.differences[0].what, "driver_version of opencl:0");
  EXPECT_EQ(result.differences[0].second, "2");
}

TEST(Compare, OtherThingsAreRefusedWithoutConsent) {
  Side first("a"), second("b");
  first.row("x", 1e-3);
  second.row("x", 1e-3);
  second.run.exec_context = "app";
  EXPECT_THROW(compare(first.figures(), second.figures()), Incomparable);
  CompareOptions consent;
  consent.across = {"exec_context"};
  EXPECT_EQ(compare(first.figures(), second.figures(), consent).rows.size(), 1u);
  second.run.emulated = true;
  consent.across = {"exec_context", "device", "build"};
  EXPECT_THROW(compare(first.figures(), second.figures(), consent), Incomparable);
  second.run.emulated = false;
  second.run.device.id = "device-2";
  EXPECT_THROW(compare(first.figures(), second.figures(), {}), Incomparable);
  EXPECT_EQ(compare(first.figures(), second.figures(), consent).rows.size(), 1u);
}

TEST(Compare, RevisionsDoNotMix) {
  Side first("a"), second("b");
  first.row("x", 1e-3);
  second.row("x", 1e-3);
  for (schema::Block& block : second.blocks) block.key.revision = 2;
  const Comparison result = compare(first.figures(), second.figures());
  EXPECT_TRUE(result.rows.empty());
  ASSERT_EQ(result.only_first.size(), 1u);
  EXPECT_NE(result.only_first[0].reason.find("revision 1 here, 2 there"), std::string::npos);
}

TEST(Compare, WhatASearchChoseIsPartOfTheAnswer) {
  Side first("a"), second("b");
  for (Side* side : {&first, &second}) {
    const std::int64_t chosen = side == &first ? 4 : 8;
    side->row("flops/fp32", 1e-3, "cpu", {{"chains", chosen}, {"bytes", std::int64_t{64}}});
    for (schema::Block& block : side->blocks) block.selected_by = "search";
    side->blocks[0].search = {
        {{{"chains", std::int64_t{4}}, {"bytes", std::int64_t{64}}}, 1, "ok", ""},
        {{{"chains", std::int64_t{8}}, {"bytes", std::int64_t{64}}}, 1, "ok", ""}};
  }
  const Comparison result = compare(first.figures(), second.figures());
  ASSERT_EQ(result.rows.size(), 1u);
  EXPECT_EQ(result.rows[0].name, "flops/fp32");
  EXPECT_EQ(result.rows[0].first.choices, std::set<std::string>{"chains=4"});
  EXPECT_NE(comparison_text(result, true).find("choice in flops/fp32"), std::string::npos);
}

TEST(Compare, ARowThatIsWrongNowIsNotSound) {
  Side first("a"), second("b");
  first.row("x", 1e-3);
  second.row("x", 1e-3);
  second.blocks[3].status = Status::wrong;
  second.blocks[3].reason = "error 2 above 1e-6";
  const Comparison result = compare(first.figures(), second.figures());
  EXPECT_FALSE(result.rows.at(0).sound());
  EXPECT_EQ(result.rows[0].change, Change::inconclusive) << "a wrong result has no speed";
  EXPECT_TRUE(result.means.empty());
  EXPECT_NE(comparison_text(result, false).find("1 wrong in B: error 2 above 1e-6"),
            std::string::npos);
}

TEST(Compare, QueriesAreComparedByTheirPercentiles) {
  Side first("a"), second("b");
  for (Side* side : {&first, &second}) {
    side->row("op/x", 1e-3);
    int i = 0;
    for (schema::Block& block : side->blocks) {
      block.key.scenario = "server_poisson:rate=50";
      block.validity = schema::Validity{"valid", {}};
      block.figures["latency_p99_seconds"] = (side == &first ? 0.01 : 0.012) * (1 + 0.001 * i++);
    }
  }
  const Comparison result = compare(first.figures(), second.figures());
  EXPECT_EQ(result.rows.at(0).quantity, "latency_p99_seconds");
  EXPECT_EQ(result.rows[0].change, Change::slower);
}

TEST(Compare, ProcessesOfOneKindOfSpeedMakeTheMeanWide) {
  // Each process is slow or fast as a whole: 100 rows know no more than one does.
  Side first("a"), second("b");
  std::mt19937_64 random(7);
  std::normal_distribution<double> noise(0, 0.02);
  for (Side* side : {&first, &second}) {
    for (int process = 0; process < 10; ++process) {
      const double wave = std::exp(noise(random));
      for (int row = 0; row < 100; ++row) {
        side->add(synthetic_block("row" + std::to_string(row), "cpu", Metric::seconds_per_operation,
                                  1e-3 * wave),
                  process);
      }
    }
  }
  const Comparison result = compare(first.figures(), second.figures());
  ASSERT_EQ(result.means.size(), 1u);
  ASSERT_TRUE(result.means[0].interval);
  EXPECT_EQ(result.means[0].rows, 100u);
  EXPECT_GT(result.means[0].interval->high / result.means[0].interval->low, 1.02);
}

RunFigures one_process(const std::string& id, double seconds, double drift) {
  Side side(id);
  side.processes = 1;
  side.row("x", seconds * drift).row("y", 1e-3 * drift);
  return side.figures();
}

TEST(ComparePairs, AMachineThatDriftsHidesNothing) {
  std::vector<RunPair> pairs;
  for (int i = 0; i < 8; ++i) {
    const double drift = 1 + 0.1 * i;  // 70 % in all, as where a device gets hot
    const std::string id = std::to_string(i);
    pairs.emplace_back(one_process("a" + id, 1e-3, drift), one_process("b" + id, 1.05e-3, drift));
  }
  const Comparison result = compare_pairs(pairs);
  EXPECT_EQ(row_of(result, "x").change, Change::slower);
  EXPECT_EQ(row_of(result, "y").change, Change::same);
  EXPECT_EQ(row_of(result, "x").first.processes, 8u);
  ASSERT_EQ(result.means.size(), 1u);
  EXPECT_NEAR(result.means[0].ratio, 1 / std::sqrt(1.05), 0.005);
}

/// Pairs of processes of 30 samples: four undisturbed ones, the others slower by what the process
/// met. `second`: of the second program's undisturbed and disturbed samples.
std::vector<RunPair> disturbed_pairs(const std::vector<double>& met, double fast, double slow) {
  std::vector<RunPair> pairs;
  for (std::size_t i = 0; i < met.size(); ++i) {
    const auto side = [&](const std::string& id, double of_fast, double of_slow) {
      const double own = 1 + 0.0003 * static_cast<double>(i % 7);
      schema::Block block = synthetic_block("x", "cpu", Metric::seconds_per_operation, 1e-3);
      block.samples.host_seconds.assign(30, 1e-3 * own * of_slow);
      std::fill_n(block.samples.host_seconds.begin(), 4, 1e-3 * own * of_fast);
      return Side(id).add(block, 0).figures();
    };
    const double other = met[(i * 7 + 3) % met.size()];
    pairs.emplace_back(side("a" + std::to_string(i), 1, met[i]),
                       side("b" + std::to_string(i), fast, other * slow));
  }
  return pairs;
}

const std::vector<double> two_states{1.4, 1.4, 1.0, 1.4, 1.0, 1.0, 1.4, 1.0, 1.4, 1.4, 1.0, 1.0,
                                     1.0, 1.4, 1.0, 1.4, 1.4, 1.0, 1.4, 1.0, 1.0, 1.4, 1.0, 1.4};

TEST(ComparePairs, WhereMediansDrownUndisturbedSpeedsTell) {
  const Comparison slower = compare_pairs(disturbed_pairs(two_states, 1.05, 1.05));
  EXPECT_EQ(slower.rows.at(0).change, Change::slower);
  EXPECT_TRUE(slower.rows[0].by_undisturbed);
  EXPECT_NEAR(slower.rows[0].ratio(), 1 / 1.05, 0.002);
  EXPECT_NE(comparison_text(slower, true).find("0.952*"), std::string::npos);
  const Comparison same = compare_pairs(disturbed_pairs(two_states, 1, 1));
  EXPECT_EQ(same.rows.at(0).change, Change::same);
  EXPECT_TRUE(same.rows[0].by_undisturbed);
}

TEST(ComparePairs, UndisturbedSpeedsDoNotExcuseWhatMediansShow) {
  const std::vector<double> calm(24, 1.2);
  const Comparison slower = compare_pairs(disturbed_pairs(calm, 1, 1.1));
  EXPECT_EQ(slower.rows.at(0).change, Change::slower);
  EXPECT_FALSE(slower.rows[0].by_undisturbed);
  const Comparison both = compare_pairs(disturbed_pairs(calm, 0.9, 1.1));
  EXPECT_EQ(both.rows.at(0).change, Change::inconclusive) << "one says slower, one faster";
}

TEST(ComparePairs, ARowThatIsDecidedKeepsWhatDecidedIt) {
  const auto first = disturbed_pairs(two_states, 1.05, 1.05);
  const auto later = disturbed_pairs(std::vector<double>(24, 1.0), 1.05, 3);  // medians see that
  const auto undecided = [](const std::string& id, std::size_t step) {
    Side side(id);
    side.processes = 1;
    return side.row("y", 1e-3 * (1 + 0.2 * static_cast<double>(step))).figures().keys.at(0);
  };
  const auto measure = [&](std::size_t pair, const std::vector<std::string>&) {
    RunPair both = pair < 24 ? first[pair] : later[pair - 24];
    both.first.keys.push_back(undecided("a", pair * 7 % 5));
    both.second.keys.push_back(undecided("b", pair * 3 % 7));
    return std::optional(both);
  };
  const Alternated all = alternate({24, 48}, {}, measure, [](const std::string&) {});
  ASSERT_EQ(all.pairs.size(), 48u);
  EXPECT_EQ(row_of(all.comparison, "x").change, Change::slower);
  EXPECT_TRUE(row_of(all.comparison, "x").by_undisturbed);
}

TEST(Compare, AChangeWithinTheNoiseOfItsRowIsNone) {
  Side first("a"), second("b");
  first.row("x", 1e-3).row("y", 1e-3);
  second.row("x", 1.05e-3).row("y", 1.05e-3);
  CompareOptions options;
  options.margin = [](const ComparedRow& row) {
    return row.key.case_name == "x" ? std::optional(0.1) : std::nullopt;
  };
  const Comparison result = compare(first.figures(), second.figures(), options);
  EXPECT_NE(row_of(result, "x").change, Change::slower);
  EXPECT_EQ(row_of(result, "y").change, Change::slower);
}

TEST(CompareText, FitsATerminalAndNamesWhatDiffers) {
  Side first("a"), second("b");
  first.row("op/a_very_long_name_of_an_operator/with_more", 1e-3, "cpu",
            {{"shape", std::string("yolov2/3x3x128-256@52")}});
  second.row("op/a_very_long_name_of_an_operator/with_more", 2e-3, "cpu",
             {{"shape", std::string("yolov2/3x3x128-256@52")}});
  second.run.commit = "0123456789012345678901234567890123456789";
  second.run.flags = std::string(100, 'f');
  const std::string text = comparison_text(compare(first.figures(), second.figures()), false);
  EXPECT_NE(text.find("1 slower, 0 faster"), std::string::npos) << text;
  EXPECT_NE(text.find("commit"), std::string::npos) << text;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
}

TEST(CompareText, NamesOfOthersStayText) {
  Side first("a"), second("b");
  for (Side* side : {&first, &second})
    side->row("=cmd|'x'", 1e-3, "cpu", {{"a|b", std::string("<i>")}});
  const Comparison result = compare(first.figures(), second.figures());
  EXPECT_NE(comparison_csv(result).find("'=cmd"), std::string::npos);
  EXPECT_EQ(comparison_markdown(result).find("<i>"), std::string::npos);
  const auto document = nlohmann::json::parse(comparison_json(result));
  EXPECT_EQ(document.at("rows").at(0).at("change"), "same");
  EXPECT_TRUE(nlohmann::json::parse(comparison_json({})).at("rows").empty());
}

TEST(CompareText, MarkdownStaysBelowItsLimit) {
  Side first("a"), second("b");
  first.processes = second.processes = 2;
  for (int i = 0; i < 2000; ++i) {
    first.row("case/" + std::to_string(i), 1e-3);
    second.row("case/" + std::to_string(i), 1e-3 * (1 + 0.0001 * i));
  }
  const std::string text = comparison_markdown(compare(first.figures(), second.figures()), 100000);
  EXPECT_LT(text.size(), 100000u);
  EXPECT_NE(text.find("more rows"), std::string::npos);
}

TEST(RunFigures, ARunCountsOnce) {
  FigureReader reader;
  reader.begin_file("one.jsonl");
  reader.take(run_of("a"));
  reader.begin_file("two.jsonl");
  EXPECT_THROW(reader.take(run_of("a")), schema::BadRecord);
}

TEST(RunFigures, AFileThatWasResumedIsCompleteIfItsLastRunIs) {
  FigureReader reader;
  reader.begin_file("one");
  reader.take(run_of("killed"));
  EXPECT_FALSE(reader.figures().complete());
  reader.take(run_of("resumed"));
  EXPECT_FALSE(reader.figures().complete());
  schema::End end;
  end.run = 1;
  end.reason = "complete";
  reader.take(schema::Record(end));
  EXPECT_TRUE(reader.figures().complete());
  reader.begin_file("two");
  reader.take(run_of("unfinished"));
  EXPECT_FALSE(reader.figures().complete());
}

TEST(RunFigures, ProcessesOfTwoFilesAreTwo) {
  FigureReader reader;
  for (const char* file : {"one", "two"}) {
    reader.begin_file(file);
    reader.take(run_of(file));
    reader.take(synthetic_block("x", "cpu", Metric::seconds_per_operation, 1e-3));
  }
  EXPECT_EQ(reader.figures().keys.at(0).figures.begin()->second.values.size(), 2u);
}

}  // namespace
}  // namespace motley::analysis
