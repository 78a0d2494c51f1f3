// Programs that end well, badly, or cannot be started at all.
#include "devices/linux/program.hpp"

#include <fstream>
#include <gtest/gtest.h>

#include "harness/error.hpp"

namespace motley::devices {
namespace {

std::filesystem::path output() {
  return std::filesystem::path(testing::TempDir()) / "program_output.txt";
}

TEST(Program, TellsHowItEndedAndKeepsWhatItPrinted) {
  const ProgramEnding ending =
      run_program("/bin/sh", {"-c", "echo out; echo err >&2; exit 3"}, output());
  EXPECT_EQ(ending.exit_code, 3);
  std::ifstream in(output());
  const std::string text(std::istreambuf_iterator<char>(in), {});
  EXPECT_EQ(text, "out\nerr\n");
}

TEST(Program, TellsASignal) {
  const ProgramEnding ending = run_program("/bin/sh", {"-c", "kill -9 $$"}, output());
  EXPECT_EQ(ending.exit_code, -1);
  EXPECT_EQ(ending.text, "killed by signal 9");
}

TEST(Program, IsToldSettings) {
  EXPECT_EQ(run_program("/bin/sh", {"-c", "exit $CODE"}, output(), {{"CODE", "7"}}).exit_code, 7);
}

TEST(Program, SaysWhatCannotBeStarted) {
  EXPECT_THROW(run_program("/no/such/program", {}, output()), Error);
}

}  // namespace
}  // namespace motley::devices
