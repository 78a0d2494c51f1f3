#include "analysis/text.hpp"

#include <gtest/gtest.h>
#include <sstream>

namespace motley::analysis {
namespace {

TEST(Text, CountsCodePointsNotBytes) {
  EXPECT_EQ(columns("Intel®"), 6u);
  EXPECT_EQ(columns(right("Intel®", 8)), 8u);
  EXPECT_EQ(clipped("Mali™ something", 7), "Mali™..");
  EXPECT_EQ(clipped("abc", 1), ".");
  EXPECT_EQ(left("abc", 3), "abc");
}

TEST(Text, ScalesUnitsOnlyForPrinting) {
  EXPECT_EQ(bytes_text(65536), "64 KiB");
  EXPECT_EQ(bytes_text(1.5 * 1024 * 1024), "1.5 MiB");
  EXPECT_EQ(seconds_text(1.194e-9), "1.19 ns");
  EXPECT_EQ(seconds_text(999.7e-9), "1 us");
  EXPECT_EQ(seconds_text(0.25), "250 ms");
  EXPECT_EQ(seconds_text(2), "2 s");
  EXPECT_EQ(three_digits(7210.4), "7210");
  EXPECT_EQ(three_digits(99.97), "100");
  EXPECT_EQ(three_digits(7.213), "7.21");
}

TEST(Text, AFiguresNameHoldsItsUnit) {
  EXPECT_EQ(quantity_text("read_bytes_per_second", 5e9), "read 5 GB/s");
  EXPECT_EQ(quantity_text("flops_per_second", 1.5e9), "1.5 GFLOP/s");
  EXPECT_EQ(quantity_text("frames_per_second", 59.94), "frames 59.9 /s");
  EXPECT_EQ(quantity_text("lateness_p99_seconds", 2e-5), "lateness_p99 20 us");
  EXPECT_EQ(quantity_text("duty", 0.5), "duty 0.5");
}

TEST(Text, WrapsAtSpacesAndClipsWhatHasNone) {
  std::istringstream lines(wrapped("one two three four five six " + std::string(50, 'x'), 12));
  std::string line, all;
  while (std::getline(lines, line)) {
    EXPECT_LE(line.size(), 12u) << line;
    all += line + "|";
  }
  EXPECT_EQ(all, "one two|  three four|  five six|  xxxxxxxx..|");
}

TEST(Text, WrapKeepsTheIndentOfTheFirstLineAndBreaksAtAnyWhiteSpace) {
  EXPECT_EQ(wrapped("  one two\nthree", 10, 4), "  one two\n    three\n");
  EXPECT_EQ(wrapped("", 10), "\n");
}

}  // namespace
}  // namespace motley::analysis
