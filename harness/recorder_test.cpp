#include "harness/recorder.hpp"

#include <filesystem>
#include <gtest/gtest.h>

#include "harness/error.hpp"
#include "results_schema/json_lines.hpp"

namespace motley {
namespace {

namespace fs = std::filesystem;

class RecorderTest : public testing::Test {
 protected:
  RecorderTest() : file(fs::path(testing::TempDir()) / "recorder_test.jsonl") { fs::remove(file); }
  static schema::End end() {
    schema::End record;
    record.reason = "complete";
    return record;
  }
  fs::path file;
};

TEST_F(RecorderTest, AppendsWholeLines) {
  {
    Recorder recorder(file, Recorder::Mode::create);
    recorder.write(end());
    recorder.write(end());
  }
  EXPECT_EQ(schema::read_log(file).ends.size(), 2u);
  EXPECT_THROW(Recorder(file, Recorder::Mode::create), Error);
  Recorder(file, Recorder::Mode::resume).write(end());
  EXPECT_EQ(schema::read_log(file).ends.size(), 3u);
}

TEST_F(RecorderTest, ResumeCutsTheLineThatACrashLeft) {
  Recorder(file, Recorder::Mode::create).write(end());
  std::ofstream(file, std::ios::app) << "{\"record\":\"en";
  Recorder(file, Recorder::Mode::resume).write(end());
  EXPECT_EQ(schema::read_log(file).ends.size(), 2u);
}

TEST_F(RecorderTest, SaysWhyItCannotWrite) {
  EXPECT_THROW(Recorder(testing::TempDir(), Recorder::Mode::create), Error);
  EXPECT_THROW(Recorder("/proc/nowhere/x.jsonl", Recorder::Mode::create), Error);
}

TEST_F(RecorderTest, AFullDiskIsAnErrorAtTheLineThatMeetsIt) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full on this system";
  Recorder recorder("/dev/full", Recorder::Mode::create);
  EXPECT_THROW(recorder.write(end()), Error);
}

TEST_F(RecorderTest, AnotherWriterIsNoticed) {
  Recorder recorder(file, Recorder::Mode::create);
  recorder.write(end());
  std::ofstream(file, std::ios::app) << "{}\n";
  EXPECT_THROW(recorder.write(end()), Error);
}

TEST_F(RecorderTest, AVanishedFileIsNoticed) {
  Recorder recorder(file, Recorder::Mode::create);
  recorder.write(end());
  fs::remove(file);
  EXPECT_THROW(recorder.write(end()), Error);
}

}  // namespace
}  // namespace motley
