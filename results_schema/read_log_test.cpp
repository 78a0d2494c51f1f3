// What do one file and several give together, whole, cut or of different devices?
#include <fstream>
#include <gtest/gtest.h>

#include "results_schema/json_lines.hpp"
#include "results_schema/random_records.hpp"

namespace motley::schema {
namespace {

namespace fs = std::filesystem;

class LogFiles : public testing::Test {
 protected:
  LogFiles() { fs::create_directories(folder_); }
  ~LogFiles() override { fs::remove_all(folder_); }

  static std::string line(const Record& record) { return to_line(record) + "\n"; }
  /// Runs of one device, unless a test changes that.
  static schema::Run run(const std::string& id) {
    schema::Run run = RandomRecords(1).run();
    run.id = id;
    run.emulated = false;
    return run;
  }
  static std::string block(int process) {
    Block block = RandomRecords(2).block();
    block.process = process;
    return line(Begin{block.key, block.round, process, 0}) + line(block);
  }
  static std::string end() { return line(RandomRecords(3).end()); }
  std::string file(const std::string& text) {
    const fs::path path = folder_ / std::to_string(count_++);
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
  static void expect_refused(const std::vector<std::string>& files, const std::string& why) {
    try {
      read_logs(files);
      FAIL() << "accepted: " << why;
    } catch (const BadRecord& error) {
      const std::string said = error.what();
      EXPECT_EQ(said.rfind(files.back(), 0), 0u) << said;
      EXPECT_NE(said.find(why), std::string::npos) << said;
      EXPECT_EQ(said.find('\n'), std::string::npos) << said;
    }
  }

 private:
  const fs::path folder_ =
      fs::path(testing::TempDir()) /
      (std::string("logs_") + testing::UnitTest::GetInstance()->current_test_info()->name());
  int count_ = 0;
};

TEST_F(LogFiles, ABlockCutBeforeItsNewlineIsLeftToTheResumingRun) {
  std::string text = line(run("a")) + block(0);
  text.pop_back();
  const std::string cut = file(text);
  EXPECT_EQ(read_log(cut).blocks.size(), 1u);
  EXPECT_TRUE(read_log(cut, CutLine::pass_over).blocks.empty());
  EXPECT_EQ(read_log(cut, CutLine::pass_over).begins.size(), 1u);
}

TEST_F(LogFiles, ABlockKnowsItsRun) {
  const Log log = read_log(file(line(run("a")) + block(0) + line(run("b")) + block(1) + end()));
  EXPECT_EQ(log.blocks.at(0).run, 0u);
  EXPECT_EQ(log.blocks.at(1).run, 1u);
  EXPECT_EQ(log.ends.at(0).run, 1u);
}

TEST_F(LogFiles, ProcessesOfTwoFilesDoNotCollide) {
  const Log log = read_logs({file(line(run("a")) + block(0) + block(2) + end()),
                             file(line(run("b")) + block(0) + block(1) + end())});
  ASSERT_EQ(log.blocks.size(), 4u);
  const int processes[] = {0, 2, 3, 4};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(log.blocks[i].process, processes[i]);
    EXPECT_EQ(log.begins[i].process, processes[i]);
    EXPECT_EQ(log.blocks[i].run, i / 2);
  }
  EXPECT_EQ(log.runs.size(), 2u);
  EXPECT_EQ(log.ends.size(), 2u);
  EXPECT_EQ(log.ends[1].run, 1u);
}

TEST_F(LogFiles, OneFileIsReadAsItIs) {
  const Log log = read_logs({file(line(run("a")) + block(7) + end() + line(run("b")))});
  EXPECT_EQ(log.blocks.at(0).process, 7);
  EXPECT_EQ(log.ends.size(), 1u);
}

TEST_F(LogFiles, AFileThatDidNotFinishLeavesNoEnd) {
  const std::string whole = file(line(run("a")) + block(0) + end());
  EXPECT_TRUE(read_logs({whole, file(line(run("b")) + block(0))}).ends.empty());
  EXPECT_TRUE(read_logs({file(line(run("b")) + block(0)), whole}).ends.empty());
  // Interrupted with an end line, then resumed and killed.
  const std::string resumed = line(run("b")) + block(0) + end() + line(run("c")) + block(0);
  EXPECT_TRUE(read_logs({whole, file(resumed)}).ends.empty());
}

TEST_F(LogFiles, FilesThatDoNotBelongTogetherAreRefused) {
  const std::string first = file(line(run("a")) + block(0) + end());
  schema::Run other = run("b");
  other.device.id = "another";
  expect_refused({first, file(line(other) + block(0) + end())}, "device another");
  schema::Run emulated = run("b");
  emulated.emulated = true;
  expect_refused({first, file(line(emulated) + block(0) + end())}, "emulated");
  expect_refused({first, file(line(run("a")) + block(0) + end())}, "run a again");
  expect_refused({first, file(block(0) + end())}, "no run line");
}

}  // namespace
}  // namespace motley::schema
