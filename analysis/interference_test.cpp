#include "analysis/interference.hpp"

#include <cmath>
#include <gtest/gtest.h>

#include "analysis/summary.hpp"
#include "analysis/synthetic_log.hpp"

namespace motley::analysis {
namespace {

schema::Block block(const std::string& name, const std::string& load, double seconds, int round) {
  schema::Block one =
      synthetic_block(name, "cpu:0", schema::Metric::seconds_per_operation, seconds);
  one.key.load = load;
  one.round = round;
  return one;
}

/// a is twice and b three times as slow under memory, in each of 8 rounds of a machine that drifts.
schema::Log drifting() {
  schema::Log log;
  log.runs.emplace_back();
  for (int round = 0; round < 8; ++round) {
    const double drift = 1 + 0.5 * round;
    for (const auto& [name, factor] :
         std::map<std::string, double>{{"a/inference", 2}, {"b/inference", 3}}) {
      log.blocks.push_back(block(name, "none", drift, round));
      log.blocks.push_back(block(name, "memory", drift * factor, round));
    }
  }
  return log;
}

TEST(Interference, PairsBlocksOfOneRound) {
  const InterferenceMatrix matrix = interference(drifting());
  ASSERT_EQ(matrix.loads, std::vector<std::string>{"memory"});
  ASSERT_EQ(matrix.rows.size(), 2u);
  EXPECT_DOUBLE_EQ(matrix.rows[0].slowdowns[0].ratio, 2);
  EXPECT_DOUBLE_EQ(matrix.rows[1].slowdowns[0].ratio, 3);
  EXPECT_EQ(matrix.rows[1].slowdowns[0].pairs, 8u);
  ASSERT_TRUE(matrix.rows[1].slowdowns[0].interval);
  EXPECT_DOUBLE_EQ(matrix.rows[1].slowdowns[0].interval->first, 3);
  EXPECT_FALSE(matrix.rank_correlations[0]);
}

TEST(Interference, NoIntervalBelowSixPairs) {
  schema::Log log = drifting();
  log.blocks.resize(4 * 5);
  EXPECT_FALSE(interference(log).rows[0].slowdowns[0].interval);
  log = drifting();
  log.blocks.resize(4 * 6);
  EXPECT_TRUE(interference(log).rows[0].slowdowns[0].interval);
}

TEST(Interference, WhatDidNotRunSaysWhy) {
  schema::Log log = drifting();
  for (schema::Block& one : log.blocks) {
    if (one.key.load == "none") continue;
    one.status = schema::Status::unsupported;
    one.reason = "no device";
    one.samples = {};
  }
  const InterferenceMatrix matrix = interference(log);
  EXPECT_EQ(matrix.rows[0].slowdowns[0].pairs, 0u);
  EXPECT_EQ(matrix.rows[0].slowdowns[0].without, "unsupported: no device");
  EXPECT_NE(summary(log).find("no device"), std::string::npos);
}

TEST(Interference, WhatAnInterruptSkippedIsNoRow) {
  schema::Log log = drifting();
  log.blocks.push_back(block("c/inference", "memory", 1, 0));
  log.blocks.back().status = schema::Status::skipped;
  log.blocks.back().samples = {};
  EXPECT_EQ(interference(log).rows.size(), 2u);
}

TEST(Interference, ALogWithoutLoadsHasNoMatrix) {
  EXPECT_TRUE(interference(synthetic_log()).rows.empty());
}

TEST(Interference, KendallCountsPairsAndTies) {
  EXPECT_DOUBLE_EQ(*kendall({1, 2, 3, 4}, {10, 20, 30, 40}), 1);
  EXPECT_DOUBLE_EQ(*kendall({1, 2, 3, 4}, {4, 3, 2, 1}), -1);
  EXPECT_DOUBLE_EQ(*kendall({1, 2, 3, 4}, {1, 2, 4, 3}), 2.0 / 3);  // 5 pairs agree, 1 does not
  EXPECT_NEAR(*kendall({1, 2, 2, 3}, {1, 2, 3, 4}), 5 / std::sqrt(5.0 * 6), 1e-12);
  EXPECT_FALSE(kendall({1, 1}, {1, 2}));
}

TEST(Interference, RowsTellTheirScenariosAndResourcesApart) {
  schema::Log log;
  log.runs.emplace_back();
  for (const char* load : {"none", "memory"}) {
    for (const char* scenario : {"latency", "throughput"}) {
      log.blocks.push_back(block("a/inference", load, 1, 0));
      log.blocks.back().key.scenario = scenario;
    }
    log.blocks.push_back(block("a/inference", load, 2, 0));
    log.blocks.back().key.scenario = "latency";
    log.blocks.back().key.parameters["resources"] = std::string("priority=5");
  }
  const std::string text = summary(log);
  EXPECT_NE(text.find("  under latency\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  under throughput\n"), std::string::npos) << text;
  EXPECT_NE(text.find("a/inference resources"), std::string::npos) << text;
}

TEST(Interference, AQueriesRowSaysWhatItsScenarioConcluded) {
  schema::Log log;
  log.runs.emplace_back();
  log.blocks.push_back(block("a/inference", "none", 1, 0));
  schema::Block& peak = log.blocks.back();
  peak.key.scenario = "find_peak";
  peak.validity = schema::Validity{"valid", {}};
  peak.samples.latency_seconds.assign(16, 5);  // of all probes, also those that were too fast
  peak.figures = {{"duration_seconds", 1},        {"queries_per_second", 7},
                  {"latency_p50_seconds", 0.001}, {"latency_p90_seconds", 0.002},
                  {"latency_p99_seconds", 0.003}, {"peak_queries_per_second", 8}};
  const std::string text = summary(log);
  EXPECT_NE(text.find("  7     1 ms     2 ms     3 ms"), std::string::npos) << text;
  EXPECT_NE(text.find("peak_queries 8 /s"), std::string::npos) << text;
  EXPECT_EQ(text.find("5 s"), std::string::npos) << text;
}

TEST(Interference, LettersOfLoadsGoOnBeyondZ) {
  schema::Log log;
  log.runs.emplace_back();
  log.blocks.push_back(block("a/inference", "none", 1, 0));
  for (int i = 10; i < 38; ++i) {
    log.blocks.push_back(block("a/inference", "cpu:slice_us=" + std::to_string(i), 2, 0));
  }
  const std::string text = summary(log);
  EXPECT_NE(text.find("\n  z  cpu:slice_us=35\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\n  aa  cpu:slice_us=36\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\n  ab  cpu:slice_us=37\n"), std::string::npos) << text;
}

TEST(Interference, TheSummaryShowsTheMatrixWithin80Columns) {
  schema::Log log = drifting();
  for (const char* more : {"cpu:duty=0.5", "cache"}) {  // as many as a table holds
    for (const schema::Block& one : drifting().blocks) {
      if (one.key.load == "none") continue;
      log.blocks.push_back(one);
      log.blocks.back().key.load = more;
    }
  }
  for (schema::Block& one : log.blocks) {
    if (one.key.load != "none") {
      one.loads = {{one.key.load,
                    "cpu:1",
                    {{"read_bytes_per_second", 5e9}},
                    {{"read_bytes_per_second", 4e9}},
                    {{"read_bytes_per_second", 5e9}},
                    "it ran out of time",
                    {}}};
    }
  }
  const std::string text = summary(log);
  EXPECT_NE(text.find("2.00"), std::string::npos) << text;
  EXPECT_NE(text.find("it ran out of time"), std::string::npos) << text;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    EXPECT_LE(end - begin, 80u) << text.substr(begin, end - begin);
    begin = end + 1;
  }
}

}  // namespace
}  // namespace motley::analysis
