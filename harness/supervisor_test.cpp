// Workers here are scripts: each is a list of events. What is tested is what the supervisor makes
// of them: rows, order, what it starts next, what is in the file.
#include "harness/supervisor.hpp"

#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <sstream>

#include "harness/error.hpp"
#include "harness/simulated_machine.hpp"
#include "harness/worker.hpp"
#include "results_schema/json_lines.hpp"
#include "results_schema/validate.hpp"

namespace motley {
namespace {

const Registration registration([] {
  std::vector<Case> cases;
  for (const char* name : {"supervisor_test/a", "supervisor_test/b", "supervisor_test/c"}) {
    Case one;
    one.name = name;
    one.prepare = [](Workbench&) {
      Trial trial;
      trial.work.operations = 1;
      trial.run = [](Queue&) {};
      trial.error = [](Queue&) { return 0.0; };
      return trial;
    };
    cases.push_back(one);
  }
  return cases;
});

struct Fault {
  std::string at;  ///< case at which the worker dies
  WorkerProcess::Event event = WorkerProcess::Event::ended;
  int times = 1;
  bool hangs_at_end = false;  ///< all lines come, and then nothing
};

/// Runs the real worker code on the simulated machine, then plays its lines back.
class ScriptedWorker final : public WorkerProcess {
 public:
  ScriptedWorker(std::deque<std::string> lines, Fault* fault)
      : lines_(std::move(lines)), fault_(fault) {}
  Event next(double, std::string& line) override {
    if (dead_) return Event::ended;
    if (lines_.empty()) return fault_->hangs_at_end && visits_ ? Event::silent : Event::ended;
    line = lines_.front();
    lines_.pop_front();
    const auto record = schema::parse_line(line);
    const auto* block = std::get_if<schema::Block>(&*record);
    visits_ |= block != nullptr;
    if (block && fault_->times > 0 && block->key.case_name == fault_->at) {
      --fault_->times;
      dead_ = true;
      return fault_->event;
    }
    return Event::line;
  }
  void kill() override { dead_ = true; }
  int exit_code() const override { return dead_ ? -1 : 0; }
  std::string ending() const override { return dead_ ? "killed by SIGSEGV" : "exit code 0"; }

 private:
  std::deque<std::string> lines_;
  Fault* fault_;
  bool dead_ = false, visits_ = false;
};

class ScriptedLauncher final : public WorkerLauncher {
 public:
  std::unique_ptr<WorkerProcess> start(const std::vector<std::string>& arguments,
                                       const std::string& input,
                                       const std::map<std::string, std::string>&) override {
    VirtualClock clock;
    SimulatedMachine machine(clock);
    std::deque<std::string> lines;
    const Emit emit = [&](const schema::Record& record) {
      lines.push_back(schema::to_line(record));
    };
    Selection selection;
    selection.filter = "^supervisor_test/";
    const std::string& mode = arguments.at(1);
    ++started[mode];
    if (mode == "describe") describe(machine, processors, emit);
    if (mode == "plan") plan_processor(machine, arguments.back(), selection, emit);
    if (mode == "visit") {
      inputs.push_back(input);
      std::istringstream begins(input);
      VisitOptions options;
      options.block_seconds = 1e-3;
      visit_all(machine, begins, options, emit);
    }
    return std::make_unique<ScriptedWorker>(std::move(lines), &fault);
  }
  std::vector<std::string> processors{"cpu"};
  std::map<std::string, int> started;
  std::vector<std::string> inputs;
  Fault fault;
};

class Silence final : public Progress {
  void planned(std::size_t) override {}
  void visiting(const schema::Key&, std::size_t, std::size_t, double) override {}
  void finished(const schema::Block&) override {}
  void note(const std::string&) override {}
};

class SupervisorTest : public testing::Test {
 protected:
  SupervisorTest() {
    options.parts.front().selection.filter = "^supervisor_test/";
    options.out = std::filesystem::path(testing::TempDir()) / "supervisor_test.jsonl";
    options.processes = 2;
    options.rounds = 2;
    std::filesystem::remove(options.out);
  }
  schema::End go() {
    Supervisor supervisor(launcher, silence, options);
    schema::Run facts;
    facts.id = "1";
    facts.motley_version = version;
    facts.started = "2026-01-01T00:00:00Z";
    return supervisor.run(supervisor.make_plan(), facts);
  }
  schema::Log log() { return schema::read_log(options.out); }
  std::size_t count(const std::string& case_name, schema::Status status) {
    std::size_t n = 0;
    for (const auto& block : log().blocks) {
      n += block.key.case_name == case_name && block.status == status;
    }
    return n;
  }

  std::string version = "1";
  RunOptions options;
  ScriptedLauncher launcher;
  Silence silence;
};

TEST_F(SupervisorTest, VisitsEachTrialInEachRoundOfEachProcessAndWritesValidLines) {
  const schema::End end = go();
  EXPECT_EQ(end.reason, "complete");
  EXPECT_EQ(launcher.started["visit"], 2);
  EXPECT_EQ(log().blocks.size(), 12u);
  EXPECT_EQ(count("supervisor_test/b", schema::Status::ok), 4u);
  EXPECT_EQ(log().begins.size(), 12u);
  const auto validation = schema::validate_file(options.out);
  EXPECT_TRUE(validation.defects.empty()) << validation.defects.front();
  EXPECT_TRUE(validation.ended);
}

TEST_F(SupervisorTest, EveryOtherRoundRunsBackwards) {
  go();
  const auto blocks = log().blocks;
  EXPECT_EQ(blocks[0].key.case_name, "supervisor_test/a");
  EXPECT_EQ(blocks[3].key.case_name, "supervisor_test/c");
}

TEST_F(SupervisorTest, GoesOnBehindACrashAndDoesNotTryItAgain) {
  launcher.fault = {"supervisor_test/b", WorkerProcess::Event::ended, 1};
  const schema::End end = go();
  EXPECT_EQ(end.reason, "complete");
  EXPECT_EQ(count("supervisor_test/b", schema::Status::failed), 1u);
  EXPECT_EQ(count("supervisor_test/b", schema::Status::ok), 0u);
  EXPECT_EQ(count("supervisor_test/c", schema::Status::ok), 4u);
  for (const auto& block : log().blocks) {
    if (block.status == schema::Status::failed) {
      EXPECT_NE(block.reason.find("SIGSEGV"), std::string::npos);
    }
  }
}

TEST_F(SupervisorTest, AHangingWorkerIsKilledAndNamed) {
  launcher.fault = {"supervisor_test/a", WorkerProcess::Event::silent, 1};
  go();
  EXPECT_EQ(count("supervisor_test/a", schema::Status::failed), 1u);
  EXPECT_EQ(count("supervisor_test/b", schema::Status::ok), 4u);
}

TEST_F(SupervisorTest, AnInterruptKeepsWhatWasMeasuredAndResumeGoesOn) {
  launcher.fault = {"supervisor_test/b", WorkerProcess::Event::interrupted, 1};
  EXPECT_EQ(go().reason, "interrupted");
  EXPECT_EQ(count("supervisor_test/a", schema::Status::ok), 1u);
  EXPECT_EQ(count("supervisor_test/c", schema::Status::skipped), 1u);
  options.resume = true;
  EXPECT_EQ(go().reason, "complete");
  EXPECT_EQ(count("supervisor_test/a", schema::Status::ok), 4u);
  EXPECT_EQ(count("supervisor_test/b", schema::Status::ok), 4u);
  EXPECT_EQ(count("supervisor_test/c", schema::Status::ok), 4u);
}

TEST_F(SupervisorTest, ResumeCutsAHalfWrittenLineAndRefusesOtherVersions) {
  go();
  std::ofstream(options.out, std::ios::app) << "{\"record\":\"blo";
  EXPECT_THROW(go(), Error) << "an existing file is not overwritten";
  options.resume = true;
  EXPECT_EQ(go().reason, "complete");
  EXPECT_EQ(this->log().blocks.size(), 12u);
  version = "2";
  EXPECT_THROW(go(), Error);
}

TEST_F(SupervisorTest, ResumeRefusesWhatWouldMixUnderOneKey) {
  go();
  options.resume = true;
  options.seed = 7;
  EXPECT_THROW(go(), Error);
  options.seed = 0;
  options.parts.front().selection.tier = Tier::smoke;
  EXPECT_THROW(go(), Error);
  options.parts.front().selection.tier = Tier::standard;
  EXPECT_EQ(go().reason, "complete");
}

TEST_F(SupervisorTest, ResumeLeavesAFileAloneThatHoldsNoRun) {
  std::ofstream(options.out) << "{\"a\":1}";
  options.resume = true;
  EXPECT_THROW(go(), Error);
  EXPECT_EQ(std::filesystem::file_size(options.out), 7u);
}

TEST_F(SupervisorTest, AWorkerThatHangsBehindItsLastVisitLosesNothing) {
  launcher.fault.hangs_at_end = true;
  EXPECT_EQ(go().reason, "complete");
  EXPECT_EQ(log().blocks.size(), 12u);
  EXPECT_EQ(count("supervisor_test/c", schema::Status::ok), 4u);
}

TEST_F(SupervisorTest, InterruptsDoNotCondemnTheTrialThatTheyMeet) {
  options.resume = true;
  for (int i = 0; i < 3; ++i) {
    launcher.fault = {"supervisor_test/b", WorkerProcess::Event::interrupted, 1};
    EXPECT_EQ(go().reason, "interrupted");
  }
  EXPECT_EQ(go().reason, "complete");
  EXPECT_EQ(count("supervisor_test/b", schema::Status::ok), 4u);
}

TEST_F(SupervisorTest, ResumeDoesNotTryACrashingTrialAgain) {
  launcher.fault = {"supervisor_test/b", WorkerProcess::Event::ended, 1};
  go();
  options.resume = true;
  const int visits = launcher.started["visit"];
  go();
  EXPECT_EQ(launcher.started["visit"], visits);
}

TEST_F(SupervisorTest, WhatTheBudgetDoesNotReachIsSkipped) {
  options.budget_seconds = 1e-9;
  const schema::End end = go();
  EXPECT_EQ(end.reason, "budget");
  EXPECT_EQ(count("supervisor_test/c", schema::Status::skipped), 1u);
}

TEST_F(SupervisorTest, ABrokenProcessorIsARowForEachCaseAndTheRestIsMeasured) {
  launcher.processors = {"broken", "cpu"};
  go();
  EXPECT_EQ(count("supervisor_test/a", schema::Status::failed), 1u);
  EXPECT_EQ(count("supervisor_test/a", schema::Status::ok), 4u);
}

}  // namespace
}  // namespace motley
