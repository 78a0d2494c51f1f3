#include "results_schema/json_lines.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <limits>

#include "results_schema/random_records.hpp"
#include "results_schema/validate.hpp"

namespace motley::schema {
namespace {

namespace fs = std::filesystem;

void expect_round_trip(const Record& record) {
  const std::string line = to_line(record);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto defects = defects_of_line(line);
  EXPECT_TRUE(defects.empty()) << defects.front() << "\n" << line;
  const auto back = parse_line(line);
  ASSERT_TRUE(back.has_value());
  EXPECT_TRUE(*back == record) << line << "\n" << to_line(*back);
}

TEST(JsonLines, EveryRecordComesBackAsItWasWritten) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    RandomRecords random(seed);
    expect_round_trip(random.run());
    expect_round_trip(random.begin());
    expect_round_trip(random.block());
    expect_round_trip(random.end());
  }
}

TEST(JsonLines, ABareBlockIsValidToo) {
  Block block;
  block.key.case_name = "a/b";
  block.key.processor = "cpu";
  block.status = Status::skipped;
  block.reason = "budget";
  expect_round_trip(block);
}

TEST(JsonLines, NonFiniteNumbersAreRefusedByName) {
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    Block block = RandomRecords(1).block();
    block.samples.host_seconds[0] = bad;
    try {
      to_line(block);
      FAIL() << "accepted";
    } catch (const BadRecord& error) {
      EXPECT_NE(std::string(error.what()).find("host_seconds"), std::string::npos) << error.what();
    }
  }
}

TEST(JsonLines, TextThatIsNotUnicodeIsWrittenAllTheSame) {
  End end;
  end.reason = "driver said \xFF\xFE";
  EXPECT_NO_THROW(parse_line(to_line(end)));
}

TEST(JsonLines, ALineAboveOneMebibyteIsRefused) {
  Block block = RandomRecords(2).block();
  block.samples.host_seconds.assign(100000, 0.12345678901234567);
  EXPECT_THROW(to_line(block), BadRecord);
}

TEST(JsonLines, UnknownKindsAndKeysArePassedOver) {
  EXPECT_FALSE(parse_line(R"({"record":"chart","schema":1})").has_value());
  std::string line = to_line(RandomRecords(3).end());
  line.insert(1, "\"new_key\":{\"a\":[1,2]},");
  EXPECT_TRUE(parse_line(line).has_value());
}

TEST(JsonLines, HostileLinesAreRefusedNotCrashedOn) {
  const std::string deep = "{\"record\":\"block\",\"x\":" + std::string(100000, '[');
  for (const std::string& line :
       {std::string(""), std::string("{}"), std::string("[]"), std::string("nul"),
        std::string("\0\1\2", 3), deep, std::string(R"({"record":7})"),
        std::string(R"({"record":"block"})"), std::string(R"({"record":"block","case":1})"),
        std::string(R"({"record":"run","argv":"x"})"),
        std::string(R"({"record":"block","case":"a","round":1e99})"),
        std::string(R"({"record":"block","case":"a","round":99999999999999999999})"),
        std::string(R"({"record":"block","case":"a","status":"fine"})"),
        std::string(R"({"record":"block","case":"a","samples":[]})"),
        std::string(R"({"record":"end","schema":2})")}) {
    EXPECT_THROW(parse_line(line), BadRecord) << line.substr(0, 60);
    EXPECT_FALSE(defects_of_line(line).empty()) << line.substr(0, 60);
  }
}

class LogFile : public testing::Test {
 protected:
  LogFile() : file(fs::path(testing::TempDir()) / (std::string("log_") + name() + ".jsonl")) {}
  ~LogFile() override { fs::remove(file); }
  static std::string name() {
    return testing::UnitTest::GetInstance()->current_test_info()->name();
  }
  void write(const std::string& text) { std::ofstream(file, std::ios::binary) << text; }
  static std::string line(const Record& record) { return to_line(record) + "\n"; }
  /// run, begin, block, end.
  static std::string whole() {
    RandomRecords random(5);
    const Begin begin = random.begin();
    Block block = random.block();
    block.key = begin.key;
    return line(random.run()) + line(begin) + line(block) + line(random.end());
  }
  std::vector<std::string> defects() { return validate_file(file).defects; }
  bool says(const std::string& part) {
    for (const std::string& defect : defects()) {
      if (defect.find(part) != std::string::npos) return true;
    }
    return false;
  }
  fs::path file;
};

TEST_F(LogFile, IsReadWholeAndValid) {
  write(whole());
  const Log log = read_log(file);
  EXPECT_EQ(log.runs.size() + log.begins.size() + log.blocks.size() + log.ends.size(), 4u);
  EXPECT_TRUE(defects().empty()) << defects().front();
  EXPECT_TRUE(validate_file(file).ended);
}

TEST_F(LogFile, ACutLastLineIsToldOrPassedOver) {
  write(whole() + whole().substr(0, 40));
  EXPECT_THROW(read_log(file), BadRecord);
  EXPECT_EQ(read_log(file, CutLine::pass_over).blocks.size(), 1u);
  EXPECT_TRUE(says("line 5"));
}

TEST_F(LogFile, ADefectIsToldWithFileAndLine) {
  write(line(RandomRecords(1).run()) + "{broken\n" + line(RandomRecords(1).end()));
  try {
    read_log(file, CutLine::pass_over);  // passes over a cut last line only
    FAIL() << "accepted";
  } catch (const BadRecord& error) {
    EXPECT_NE(std::string(error.what()).find(".jsonl:2:"), std::string::npos) << error.what();
  }
}

TEST_F(LogFile, FilesThatAreNoneAreRefused) {
  EXPECT_THROW(read_log("/nowhere.jsonl"), BadRecord);
  EXPECT_THROW(read_log(testing::TempDir()), BadRecord);
  EXPECT_THROW(validate_file("/nowhere.jsonl"), BadRecord);
  write("");
  EXPECT_TRUE(says("empty"));
  EXPECT_TRUE(read_log(file).runs.empty());
}

TEST_F(LogFile, ValidationKnowsTheOrderOfLines) {
  RandomRecords random(9);
  const schema::Run run = random.run();
  Block block = random.block();
  write(line(block));
  EXPECT_TRUE(says("outside a run"));
  write(line(run) + line(block) + line(block) + line(random.end()));
  EXPECT_TRUE(says("a second block"));
  write(line(run) + line(block));
  EXPECT_TRUE(defects().empty());
  EXPECT_FALSE(validate_file(file).ended);
  write(whole() + line(random.run()));
  EXPECT_FALSE(validate_file(file).ended);
  write(line(random.end()));
  EXPECT_TRUE(says("outside a run"));
  EXPECT_FALSE(validate_file(file).ended);
  write("{\"record\":\"x\"}\n");
  EXPECT_TRUE(says("no run line"));
  EXPECT_FALSE(validate_file(file).ended);
}

TEST(JsonLines, AReasonIsMoreThanAKey) {
  Block block = RandomRecords(12).block();
  block.status = Status::failed;
  block.reason.clear();
  std::string text = to_line(block);
  text.insert(1, "\"reason\":\"\",");
  EXPECT_FALSE(defects_of_line(text).empty());
}

TEST_F(LogFile, ALineAboveOneMebibyteIsADefect) {
  std::string run = line(RandomRecords(9).run());
  write(run);
  EXPECT_TRUE(defects().empty());
  run.insert(run.size() - 1, std::string(std::size_t{1} << 20, ' '));
  write(run);
  EXPECT_TRUE(says("1 MiB"));
}

TEST_F(LogFile, ValidationKnowsWhatABlockMustHold) {
  RandomRecords random(11);
  const std::string run = line(random.run());
  const auto with = [&](auto change) {
    Block block = RandomRecords(12).block();
    block.status = Status::ok;
    block.reason.clear();
    change(block);
    write(run + line(block) + line(End{{}, {}, "complete", 1, 0}));
  };
  with([](Block&) {});
  EXPECT_TRUE(defects().empty()) << defects().front();
  with([](Block& block) { block.samples.device_seconds.pop_back(); });
  EXPECT_TRUE(says("device_seconds"));
  with([](Block& block) { block.samples = {}; });
  EXPECT_TRUE(says("host_seconds"));
  with([](Block& block) { block.status = Status::wrong; });
  EXPECT_TRUE(says("reason"));
  EXPECT_EQ(defects().size(), 1u);
  with([](Block& block) {
    block.status = Status::suspect;
    block.reason = "above peak";
    block.samples = {};
  });
  EXPECT_TRUE(says("host_seconds"));
  with([](Block& block) { block.check = Check{2, 1}; });
  EXPECT_TRUE(says("check"));
  with([](Block& block) { block.samples.host_seconds[0] = -1; });
  EXPECT_TRUE(says("host_seconds"));
  with([](Block& block) { block.series["loss"].pop_back(); });
  EXPECT_TRUE(says("series/loss: 1 values beside 2 step"));
  with([](Block& block) { block.series["accuracy"] = {0.5}; });
  EXPECT_TRUE(says("series/accuracy"));
  with([](Block& block) { block.stopped_by = "boredom"; });
  EXPECT_TRUE(says("stopped_by"));
}

}  // namespace
}  // namespace motley::schema
