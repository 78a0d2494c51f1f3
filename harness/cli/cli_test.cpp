// The program as a user meets it: started with arguments, judged by exit code, output and files.
#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "harness/cli/workplace.hpp"

namespace motley {
namespace {

class Cli : public testing::Test, protected Workplace {
 protected:
  Cli()
      : Workplace(fs::path(testing::TempDir()) /
                  (std::string("motley cli ") +
                   testing::UnitTest::GetInstance()->current_test_info()->name())) {}
  void expect_valid() const { EXPECT_EQ(first_defect(), ""); }

  const std::string one_trial =
      "run --tier smoke --filter '^bandwidth/copy$' --on cpu:0 --set bytes=16K "
      "--set store=cached";
};

TEST_F(Cli, WrongNamesAreToldWithTheNearestOnes) {
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"run --filter bandwith/copy", "bandwidth/copy"},
      {"run --filter '^bandwidth/copy$' --set byte=1", "bytes"},
      {"run --filter '^bandwidth/copy$' --set store=cachd --on cpu:0", "cached"},
      {"run --filter '^lenet5/training$' --set implementation=smid --on cpu:0", "simd"},
      {"run --filter '^bandwidth/copy$' --on cpux", "cpu"},
      {"run --tier smok", "smoke"},
      {"run --scenario latence", "latency"},
      {"export --format cvs x", "csv"}};
  for (const auto& [arguments, nearest] : wrong) {
    const Outcome outcome = motley(arguments + (contains(arguments, "run") ? out() : ""));
    EXPECT_EQ(outcome.code, 5) << arguments << ": " << outcome.output;
    EXPECT_TRUE(contains(outcome.output, "unknown") && contains(outcome.output, nearest))
        << outcome.output;
    EXPECT_FALSE(fs::exists(file)) << "nothing is written for a command that was not understood";
  }
}

TEST_F(Cli, BadCommandLinesEndWithFive) {
  for (const char* arguments :
       {"", "fly", "run --processes 0", "run --set bytes", "run --set bytes=1..", "run --budget x",
        "run --filter '['", "run --resume", "validate"}) {
    const Outcome outcome = motley(arguments);
    EXPECT_TRUE(outcome.code == 5 || outcome.code == 3) << arguments << " gave " << outcome.code;
    EXPECT_FALSE(outcome.output.empty()) << arguments;
    EXPECT_FALSE(contains(outcome.output, "terminate")) << outcome.output;
  }
}

TEST_F(Cli, MeasuresATrialAndReproducesIt) {
  const Outcome outcome = motley(one_trial + out());
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  expect_valid();
  const schema::Log first = log();
  ASSERT_EQ(first.blocks.size(), 1u);
  EXPECT_EQ(first.blocks[0].status, schema::Status::ok) << first.blocks[0].reason;
  EXPECT_EQ(first.ends.at(0).reason, "complete");
  fs::remove(file);
  const std::string repro = first.blocks[0].repro.substr(std::string("motley ").size());
  EXPECT_EQ(motley(repro + out()).code, 0);
  EXPECT_EQ(log().blocks.at(0).key, first.blocks[0].key);
}

TEST_F(Cli, ExportsAreMadeOfARun) {
  ASSERT_EQ(motley(one_trial + out()).code, 0);
  const Outcome json = motley("export --format json '" + file.string() + "'");
  EXPECT_EQ(nlohmann::json::parse(json.output).at("blocks").size(), 1u);
  const Outcome google = motley("export --format google-benchmark '" + file.string() + "'");
  EXPECT_EQ(nlohmann::json::parse(google.output).at("benchmarks").size(), 1u);
  const Outcome csv = motley("export --format csv '" + file.string() + "'");
  EXPECT_EQ(static_cast<std::size_t>(std::count(csv.output.begin(), csv.output.end(), '\n')),
            log().blocks.at(0).samples.host_seconds.size() + 1);
  EXPECT_EQ(motley("export --format csv --out /nowhere/x '" + file.string() + "'").code, 3);
}

TEST_F(Cli, BadFilesEndWithFour) {
  EXPECT_EQ(motley("validate /nowhere.jsonl").code, 4);
  std::ofstream(file) << "{\"record\":\"run\"}\nnot json\n";
  const Outcome outcome = motley("validate '" + file.string() + "'");
  EXPECT_EQ(outcome.code, 4);
  EXPECT_TRUE(contains(outcome.output, "line 2")) << outcome.output;
  EXPECT_EQ(motley("summary '" + file.string() + "'").code, 4);
}

TEST_F(Cli, OutputThatCannotBeWrittenIsOneClearLine) {
  const Outcome nowhere = motley(one_trial + " --out /proc/nowhere/x.jsonl");
  EXPECT_EQ(nowhere.code, 3);
  EXPECT_TRUE(contains(nowhere.output, "cannot write")) << nowhere.output;
  if (fs::exists("/dev/full")) {
    const Outcome full = motley(one_trial + " --out /dev/full");
    EXPECT_EQ(full.code, 3);
    EXPECT_TRUE(contains(full.output, "No space left")) << full.output;
  }
  ASSERT_EQ(motley(one_trial + out()).code, 0);
  const Outcome again = motley(one_trial + out());
  EXPECT_TRUE(contains(again.output, "already holds records")) << again.output;
}

TEST_F(Cli, AKilledWorkerCostsOneTrial) {
  // A shell beside the run waits for its worker, and for no other's, and sends SIGKILL.
  const std::string killer =
      " & p=$!; for i in $(seq 100); do sleep 0.05; pkill -9 -P $p -f '^motley worker visit' && "
      "break; done; wait $p";
  const Outcome outcome =
      motley("run --tier smoke --filter '^bandwidth/(copy|triad)$' --on cpu:0" + out() + killer);
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  expect_valid();
  EXPECT_LE(count(schema::Status::failed), 1u);
  EXPECT_GE(count(schema::Status::ok), 3u);
  EXPECT_EQ(log().ends.at(0).reason, "complete");
}

TEST_F(Cli, AKilledSupervisorLosesAtMostTheLineBeingWrittenAndResumes) {
  const std::string run = "run --tier smoke --budget 0 --filter '^bandwidth/' --on cpu:0" + out();
  motley(run + " & p=$!; sleep 1; kill -9 $p; wait $p");
  motley(run + " --resume");
  expect_valid();
  EXPECT_EQ(log().ends.size(), 1u);
  EXPECT_EQ(count(schema::Status::skipped), 0u);
}

TEST_F(Cli, CtrlCEndsCleanly) {
  motley("run --tier smoke --filter '^bandwidth/' --on cpu:0" + out() + " & p=$!; until [ -s '" +
             file.string() + "' ] || ! kill -0 $p; do sleep 0.1; done; kill -INT $p; wait $p",
         "set -m;");
  expect_valid();
  ASSERT_EQ(log().ends.size(), 1u);
  EXPECT_EQ(log().ends[0].reason, "interrupted");
}

TEST_F(Cli, WithoutAnOpenclLibraryTheCpuIsMeasuredAndTheRowsSayWhy) {
  const std::string none = "MOTLEY_OPENCL_LIBRARY=/nowhere/libOpenCL.so";
  const Outcome outcome = motley(
      "run --tier smoke --filter '^bandwidth/copy$' --on cpu:0 --on opencl:0 --set bytes=16K" +
          out(),
      none);
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_GE(count(schema::Status::ok), 1u);
  EXPECT_EQ(count(schema::Status::unsupported), 1u);
  EXPECT_EQ(motley("devices", none).code, 0);
}

/// A driver that fails where `fault` says, beside a CPU that does not.
class FaultyDriver : public Cli {
 protected:
  Outcome measure_with(const std::string& fault,
                       const std::string& on = "--on cpu:0 --on opencl:0") {
    return motley(
        "run --tier smoke --filter '^bandwidth/(copy|read)$' --set bytes=16K "
        "--timeout 1 " +
            on + out(),
        "MOTLEY_FAULT=" + fault);
  }
  void SetUp() override {
    if (!contains(motley("devices").output, "opencl:0")) GTEST_SKIP() << "no OpenCL device here";
  }
  /// Rows of the CPU are measured, those of the device failed and name `why`.
  void expect_rows_that_say(const std::string& why, const Outcome& outcome) {
    EXPECT_EQ(outcome.code, 0) << outcome.output;
    expect_valid();
    std::size_t told = 0;
    for (const schema::Block& block : log().blocks) {
      if (block.key.processor.starts_with("cpu")) {
        EXPECT_EQ(block.status, schema::Status::ok) << block.reason;
      } else {
        EXPECT_EQ(block.status, schema::Status::failed) << block.reason;
        told += contains(block.reason, why);
      }
    }
    EXPECT_GE(told, 1u) << "no row says " << why;
    EXPECT_TRUE(log().runs.at(0).emulated);
  }
};

TEST_F(FaultyDriver, AFailingCallIsARowThatNamesIt) {
  expect_rows_that_say("CL_OUT_OF_RESOURCES",
                       measure_with("clEnqueueNDRangeKernel:fail=CL_OUT_OF_RESOURCES"));
}

TEST_F(FaultyDriver, AContextThatCannotBeMade) {
  expect_rows_that_say("clCreateContext",
                       measure_with("clCreateContext:fail=CL_OUT_OF_HOST_MEMORY"));
}

TEST_F(FaultyDriver, ACrashInALaunch) {
  expect_rows_that_say("the worker process ended", measure_with("clEnqueueNDRangeKernel:crash"));
}

TEST_F(FaultyDriver, ABuildThatNeverReturns) {
  expect_rows_that_say("hangs", measure_with("clBuildProgram:hang"));
}

TEST_F(FaultyDriver, ACrashWhileDevicesAreListed) {
  expect_rows_that_say("listed its devices", measure_with("clGetDeviceIDs:crash", ""));
}

TEST_F(FaultyDriver, ACrashWhileADeviceIsOpened) {
  expect_rows_that_say("the process that opened", measure_with("clCreateContext:crash"));
}

TEST_F(Cli, EveryCasePassesItsChecksOnEveryProcessorHere) {
  const Outcome outcome = motley("run --tier smoke --block-seconds 0.002 --budget 0" + out());
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  expect_valid();
  EXPECT_GT(count(schema::Status::ok), 50u);
  for (const schema::Block& block : log().blocks) {
    EXPECT_NE(block.status, schema::Status::wrong) << block.repro << ": " << block.reason;
    EXPECT_NE(block.status, schema::Status::failed) << block.repro << ": " << block.reason;
  }
}

TEST_F(Cli, DryRunMeasuresNothing) {
  const Outcome outcome = motley("run --dry-run --on cpu:0" + out());
  EXPECT_EQ(outcome.code, 0);
  EXPECT_TRUE(contains(outcome.output, "bandwidth")) << outcome.output;
  EXPECT_FALSE(fs::exists(file));
}

TEST_F(Cli, HelpAndListsFitEightyColumns) {
  for (const char* arguments :
       {"--help", "run --help", "mix --help", "devices", "list", "list --schedulers"}) {
    const Outcome outcome = motley(arguments);
    EXPECT_EQ(outcome.code, 0);
    std::size_t begin = 0, longest = 0;
    for (std::size_t end; (end = outcome.output.find('\n', begin)) != std::string::npos;
         begin = end + 1) {
      longest = std::max(longest, end - begin);
    }
    EXPECT_LE(longest, 80u) << arguments;
  }
}

}  // namespace
}  // namespace motley
