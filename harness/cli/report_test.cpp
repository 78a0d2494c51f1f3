// motley report as a user meets it.
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>

#include "harness/cli/workplace.hpp"

namespace motley {
namespace {

class ReportCommand : public testing::Test, protected Workplace {
 protected:
  ReportCommand()
      : Workplace(fs::path(testing::TempDir()) /
                  (std::string("motley report ") +
                   testing::UnitTest::GetInstance()->current_test_info()->name())) {}

  /// A run of three processes on a device.
  std::string write(const std::string& name, const std::string& device, double seconds) {
    schema::Run run;
    run.id = name;
    run.started = "2026-01-01T00:00:00Z";
    run.device.id = run.device.name = device;
    run.exec_context = "desktop";
    run.processors = {{"cpu", "cpu|" + device, "cpu", "", {}}};
    const fs::path records = folder / (name + ".jsonl");
    std::ofstream out(records);
    out << to_line(run) << "\n";
    for (int process = 0; process < 3; ++process) {
      schema::Block block;
      block.key.case_name = "launch/round_trip";
      block.key.processor = "cpu";
      block.process = process;
      block.metric = schema::Metric::seconds_per_operation;
      block.work.operations = 1;
      block.samples.host_seconds.assign(4, seconds * (1 + 0.001 * process));
      out << to_line(block) << "\n";
    }
    schema::End end;
    end.reason = "complete";
    out << to_line(end) << "\n";
    return quoted(records);
  }
  std::string quoted(const fs::path& path) const { return " '" + path.string() + "'"; }
  std::string to_folder() const { return " -o" + quoted(folder / "out"); }
  std::string text(const std::string& name) const {
    std::ifstream in(folder / "out" / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

TEST_F(ReportCommand, WritesAllOfItAndSaysWhere) {
  const Outcome outcome = motley("report" + write("a", "one", 1e-3) + to_folder());
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_TRUE(contains(outcome.output, "report.html")) << outcome.output;
  EXPECT_TRUE(contains(text("report.html"), "</html>"));
  EXPECT_TRUE(contains(text("report.md"), "# Motley report: one"));
  EXPECT_TRUE(contains(text("tables.tex"), "\\toprule"));
  EXPECT_TRUE(contains(text("tables/measurements.csv"), "launch/round_trip"));
}

TEST_F(ReportCommand, DevicesStandSideBySideAndFilesOfOneDeviceTogether) {
  const std::string files = write("a", "one", 1e-3) + write("b", "one", 1e-3);
  ASSERT_EQ(motley("report" + files + to_folder()).code, 0);
  EXPECT_TRUE(contains(text("report.html"), "One device and one commit"));
  ASSERT_EQ(motley("report" + files + write("c", "two", 0.5e-3) + to_folder()).code, 0);
  EXPECT_TRUE(contains(text("report.html"), "Speed of two against one"));
  EXPECT_TRUE(contains(text("report.md"), "faster"));
}

TEST_F(ReportCommand, BadFilesEndWithFourAndLeaveNothing) {
  const std::string good = write("a", "one", 1e-3);
  std::ofstream(folder / "bad.jsonl") << "{\"record\":\"run\"\n";
  std::ofstream(folder / "no_run.jsonl") << "{\"record\":\"unknown\"}\n";
  for (const std::string& files : {quoted(folder / "bad.jsonl"), quoted(folder / "no_run.jsonl"),
                                   quoted(folder / "missing.jsonl"), good + good}) {
    const Outcome outcome = motley("report" + files + to_folder());
    EXPECT_EQ(outcome.code, 4) << files << ": " << outcome.output;
    EXPECT_FALSE(fs::exists(folder / "out")) << files;
  }
  EXPECT_EQ(motley("report" + good).code, 5);
}

TEST_F(ReportCommand, AFolderThatCannotBeMadeIsTold) {
  std::ofstream(folder / "out") << "a file";
  const Outcome outcome = motley("report" + write("a", "one", 1e-3) + to_folder());
  EXPECT_EQ(outcome.code, 3) << outcome.output;
  EXPECT_TRUE(contains(outcome.output, "--out")) << outcome.output;
}

}  // namespace
}  // namespace motley
