#include "harness/scenarios/trace.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

#include "harness/scenarios/simulated_server.hpp"

namespace motley {
namespace {

std::string file_with(const std::string& text) {
  const std::string path = testing::TempDir() + "trace.txt";
  std::ofstream(path) << text;
  return path;
}

std::string refusal(const std::string& text) {
  try {
    trace_key(file_with(text));
  } catch (const BadTrace& error) {
    return error.what();
  }
  return "";
}

TEST(Trace, ReadsTimesInOrder) {
  EXPECT_EQ(trace_times(trace_key(file_with("0\n0.5\n\n 0.5 \r\n1e3\n"))),
            (std::vector<double>{0, 0.5, 0.5, 1000}));
  EXPECT_EQ(trace_times(trace_key(file_with("7"))), std::vector<double>{7});
}

TEST(Trace, KeysByNameAndContentWhereverItLies) {
  const std::string file = file_with("0\n1\n");
  const std::string one = scenario_spec("trace_replay:file=" + file).canonical();
  EXPECT_EQ(one, "trace_replay:file=trace.txt#82c1315e6c75");  // printf '0\n1\n' | sha256sum
  EXPECT_EQ(scenario_spec(one).canonical(), one);
  EXPECT_EQ(with_trace_files(one + ",speed=2"), "trace_replay:file=" + file + ",speed=2");
  const std::string folder = testing::TempDir() + "elsewhere";
  std::filesystem::create_directories(folder);
  std::filesystem::copy_file(file, folder + "/trace.txt",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(scenario_spec("trace_replay:file=" + folder + "/trace.txt").canonical(), one);
  EXPECT_NE(scenario_spec("trace_replay:file=" + file_with("0\n2\n")).canonical(), one);
  EXPECT_EQ(trace_times(scenario_spec(one).text("file")), (std::vector<double>{0, 1}));
}

TEST(Trace, RefusesInOneLineThatSaysWhere) {
  EXPECT_NE(refusal("0\n2\n1\n").find("trace.txt:3: \"1\" is before the line above, 2"),
            std::string::npos);
  EXPECT_NE(refusal("0\nnan\n").find(":2: \"nan\" is no time"), std::string::npos);
  EXPECT_NE(refusal("inf\n").find(":1: \"inf\" is no time"), std::string::npos);
  EXPECT_NE(refusal("1e999\n").find(":1:"), std::string::npos);
  EXPECT_NE(refusal("-1\n").find(":1: \"-1\" is negative"), std::string::npos);
  EXPECT_NE(refusal("0\n1 2\n").find(":2: \"1 2\" is no number"), std::string::npos);
  EXPECT_NE(refusal("seconds\n0\n").find(":1:"), std::string::npos);
  EXPECT_NE(refusal("").find("no arrival time"), std::string::npos);
  EXPECT_NE(refusal("\n\n").find("no arrival time"), std::string::npos);
  for (const char* bad : {"0\n2\n1\n", "nan", "-1", "x", ""}) {
    EXPECT_EQ(refusal(bad).find('\n'), std::string::npos) << bad;
  }
  EXPECT_THROW(scenario_spec("trace_replay:file=/nowhere/trace.txt"), BadTrace);
  EXPECT_THROW(scenario_spec("trace_replay"), BadArgument);
}

TEST(Trace, TakesAMillionLines) {
  std::string text;
  for (int i = 0; i < 1000000; ++i) text += std::to_string(i / 1000) + "\n";
  const std::string path = file_with(text);
  const schema::Block block = play("trace_replay:file=" + path, 1e-4);
  EXPECT_EQ(block.samples.host_seconds.size(), 1000000u);
  EXPECT_EQ(block.validity->verdict, "valid");
}

TEST(Trace, IsReplayedAtItsSpeedWithItsGaps) {
  // A log's own clock, and a gap of an hour.
  std::string text;
  for (int i = 0; i < 100; ++i) text += std::to_string(1700000000 + i + (i < 50 ? 0 : 3600)) + "\n";
  const std::string path = file_with(text);
  const schema::Block block = play("trace_replay:speed=10,file=" + path, 0.01);
  EXPECT_EQ(block.validity->verdict, "valid");
  ASSERT_EQ(block.samples.scheduled_seconds.size(), 100u);
  EXPECT_NEAR(block.samples.scheduled_seconds[50] - block.samples.scheduled_seconds[49], 360.1,
              1e-6);
  EXPECT_EQ(block.series.at("segment"), (std::vector<double>{0, 9}));
  EXPECT_NEAR(block.figures.at("latency_seconds"), 0.01, 1e-6);
}

TEST(Trace, HasTheRateOfItsOwnTime) {
  std::string text;
  for (int i = 0; i <= 100; ++i) text += std::to_string(0.01 * i) + "\n";
  const schema::Block block = play("trace_replay:file=" + file_with(text), 0.005);
  EXPECT_NEAR(block.figures.at("scheduled_queries_per_second"), 101, 0.01);
  EXPECT_NEAR(block.figures.at("duration_seconds"), 1.005, 1e-6);
  EXPECT_NEAR(block.figures.at("queries_per_second"), 101 / 1.005, 0.01);
}

TEST(Trace, EndsOnTimeAndSaysSoWhereItIsTooFast) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += std::to_string(i) + "\n";
  const std::string path = file_with(text);
  const schema::Block block = play("trace_replay:speed=100,file=" + path, 0.1);
  EXPECT_EQ(block.validity->verdict, "invalid");
  EXPECT_NE(block.validity->reasons.at(0).find("saturated"), std::string::npos);
  EXPECT_NEAR(block.phases.at("sample"), 10, 0.3);
  EXPECT_EQ(play("trace_replay:seconds=5,file=" + path, 0.1).figures.at("queries"), 5);
}

}  // namespace
}  // namespace motley
