// What a reader must survive: files that a crash, a full disk, an editor or somebody who means harm
// left behind. Each is refused in one line that names file and line.
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "results_schema/json_lines.hpp"
#include "results_schema/lines.hpp"
#include "results_schema/random_records.hpp"
#include "results_schema/sha256.hpp"
#include "results_schema/side_file.hpp"
#include "results_schema/validate.hpp"

namespace motley::schema {
namespace {

namespace fs = std::filesystem;

class HostileFiles : public testing::Test {
 protected:
  HostileFiles() : file_(fs::path(testing::TempDir()) / "hostile.jsonl") {
    RandomRecords random(3);
    run_ = to_line(random.run()) + "\n";
    do block_ = random.block();
    while (block_.status != Status::ok);
  }
  ~HostileFiles() override { fs::remove(file_); }

  void write(const std::string& text) { std::ofstream(file_, std::ios::binary) << text; }
  /// Empty where the file is read.
  std::string refusal() {
    try {
      read_log(file_);
      return "";
    } catch (const BadRecord& error) {
      return error.what();
    }
  }
  /// In one line, at this line of the file.
  void expect_refused(std::size_t line, const std::string& because) {
    const std::string text = refusal();
    EXPECT_NE(text.find("hostile.jsonl:" + std::to_string(line) + ":"), std::string::npos) << text;
    EXPECT_NE(text.find(because), std::string::npos) << text;
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
    EXPECT_LT(text.size(), 400u);
    EXPECT_FALSE(validate_file(file_).defects.empty()) << because;
  }

  fs::path file_;
  std::string run_;
  Block block_;
};

TEST_F(HostileFiles, ALineOfAGibibyteIsNotRead) {
  write(run_ + "{\"record\":\"");
  fs::resize_file(file_, std::uintmax_t{1} << 30);  // a hole: nothing is on the disk
  EXPECT_NE(refusal().find("hostile.jsonl:2: longer than 1048576 bytes"), std::string::npos);
  fs::resize_file(file_, 1 << 24);
  expect_refused(2, "longer than 1048576 bytes");
}

TEST_F(HostileFiles, LinesBehindOneThatIsTooLongAreChecked) {
  write(run_ + std::string(3 << 20, ' ') + "\nnonsense\n" + run_);
  const Validation validation = validate_file(file_);
  EXPECT_EQ(validation.lines, 4u);
  ASSERT_EQ(validation.defects.size(), 2u);
  EXPECT_NE(validation.defects[0].find("line 2: more bytes"), std::string::npos);
  EXPECT_NE(validation.defects[1].find("line 3: not JSON"), std::string::npos);
}

TEST_F(HostileFiles, WhatACrashOfTheSystemLeavesIsNoRecord) {
  write(run_ + std::string(5000, '\0') + "\n");
  expect_refused(2, "not JSON");
}

TEST_F(HostileFiles, DeepNestingIsRefusedBeforeItIsParsed) {
  for (const std::string& open : {std::string("["), std::string("{\"a\":")}) {
    std::string deep = "{\"record\":\"block\",\"details\":";
    while (deep.size() < 1000000) deep += open;
    write(run_ + deep + "\n");
    expect_refused(2, "nested too deeply");
  }
  for (const std::size_t depth : {40u, 4000u}) {
    write(run_ + R"({"record":"chart","x":)" + std::string(depth, '[') + std::string(depth, ']') +
          "}\n");
    EXPECT_NE(refusal().find("nested too deeply"), std::string::npos) << depth;
  }
  write(run_ + R"({"record":"chart","x":)" + std::string(30, '[') + std::string(30, ']') + "}\n");
  EXPECT_EQ(refusal(), "");
}

TEST_F(HostileFiles, AKeyThatComesTwiceIsRefused) {
  std::string twice = to_line(block_);
  twice.insert(1, "\"runs_per_sample\":7,");
  write(run_ + twice + "\n");
  expect_refused(2, "key twice");
  write(run_ + R"({"record":"end","conditions":{"a":{"b":1,"b":2}}})" + "\n");
  expect_refused(2, "key twice");
  write(run_ + R"({"record":"chart","a":{"b":1},"c":{"b":2},"d":[{"b":1},{"b":1}]})" + "\n");
  EXPECT_EQ(refusal(), "");
}

TEST_F(HostileFiles, NamesMayHoldAnything) {
  write(run_ + R"({"record":"end","conditions":{"a\u0000b":1,"a":2,"":3}})" + "\n");
  EXPECT_EQ(refusal(), "");
  EXPECT_EQ(read_log(file_).ends.at(0).conditions.size(), 3u);
  EXPECT_EQ(read_log(file_).ends.at(0).conditions.at("a"), Fact(std::int64_t{2}));
}

TEST_F(HostileFiles, ManyKeysAreCheckedInAMoment) {
  std::string many = "{\"record\":\"end\",\"counts\":{";
  for (int i = 0; i < 80000; ++i) many += "\"" + std::to_string(i) + "\":1,";
  write(run_ + many + "\"0\":1}}\n");
  expect_refused(2, "key twice");
}

TEST_F(HostileFiles, NumbersThatAreNoneAreRefused) {
  for (const char* number : {"NaN", "nan", "Infinity", "-inf", "1e309", "-1e999", "0x10", "01",
                             "\"1e-3\"", "null,1", "true", "[1]", "{}"}) {
    write(run_ + R"({"record":"block","case":"a","samples":{"host_seconds":[)" + number + "]}}\n");
    const std::string text = refusal();
    EXPECT_NE(text.find("hostile.jsonl:2:"), std::string::npos) << number << ": " << text;
  }
  write(run_ + R"({"record":"block","case":"a","samples":{"host_seconds":[1,null]}})" + "\n");
  expect_refused(2, "samples/host_seconds is not a list without null");
}

TEST_F(HostileFiles, LargeAndSmallNumbersAreNumbers) {
  write(run_ + R"({"record":"block","case":"a","samples":{"host_seconds":[1e308,5e-324,-0.0]}})" +
        "\n");
  EXPECT_EQ(refusal(), "");
  EXPECT_EQ(read_log(file_).blocks.at(0).samples.host_seconds[0], 1e308);
}

TEST_F(HostileFiles, WholeNumbersBeyond64BitsAreNumbers) {
  write("\xEF\xBB\xBF" + run_ +
        R"({"record":"end","wall_seconds":100000000000000000000,"conditions":{)"
        R"("a":18446744073709551616,"b":-9223372036854775809,"c":-9223372036854775808,)"
        R"("d":"\"99999999999999999999","e":18446744073709551615,"f":-99999999999999999999.5}})"
        "\n");
  EXPECT_EQ(refusal(), "");
  const End end = read_log(file_).ends.at(0);
  EXPECT_EQ(end.wall_seconds, 1e20);
  EXPECT_EQ(end.conditions, (Facts{{"a", 0x1p64},
                                   {"b", -0x1p63},
                                   {"c", std::numeric_limits<std::int64_t>::min()},
                                   {"d", "\"99999999999999999999"},
                                   {"e", 0x1p64},
                                   {"f", -1e20}}));
  write(run_ + R"({"record":"end","wall_seconds":099999999999999999999})" + "\n");
  expect_refused(2, "not JSON");
}

TEST_F(HostileFiles, SecondsInAnotherUnitAreNoSeconds) {
  std::string line = to_line(block_);
  for (auto at = line.find("host_seconds"); at != std::string::npos;
       at = line.find("host_seconds")) {
    line.replace(at, 12, "host_milliseconds");
  }
  write(run_ + line + "\n");
  EXPECT_TRUE(read_log(file_).blocks.at(0).samples.host_seconds.empty());
  EXPECT_FALSE(validate_file(file_).defects.empty());
}

TEST_F(HostileFiles, VersionsThatThisProgramDoesNotKnowAreRefused) {
  std::string newer = to_line(block_);
  const std::string schema = "\"schema\":1";
  ASSERT_NE(newer.find(schema), std::string::npos);
  newer.replace(newer.find(schema), schema.size(), "\"schema\":2");
  write(run_ + to_line(block_) + "\n" + newer + "\n");
  expect_refused(3, "Update motley");
  newer.replace(newer.find("\"schema\":2"), schema.size(), "\"schema\":0");
  write(run_ + newer + "\n");
  expect_refused(2, "schema is not 1 or more");
}

TEST_F(HostileFiles, TextThatIsNotUnicodeIsRefused) {
  write(run_ + "{\"record\":\"end\",\"reason\":\"\xC3\x28\"}\n");
  expect_refused(2, "not JSON");
}

TEST_F(HostileFiles, ProcessesBeyondCountingAreRefused) {
  const fs::path other = fs::path(testing::TempDir()) / "hostile2.jsonl";
  schema::Run run = RandomRecords(3).run();
  run.id = "another";
  std::ofstream(other, std::ios::binary) << to_line(run) << "\n"
                                         << R"({"record":"block","case":"a","process":2147483647})"
                                         << "\n";
  write(run_ + to_line(block_) + "\n");
  EXPECT_THROW(read_logs({file_.string(), other.string()}), BadRecord);
  fs::remove(other);
}

/// A block whose side file has these bytes.
class HostileSideFiles : public HostileFiles {
 protected:
  ~HostileSideFiles() override { fs::remove(beside_); }
  void put(const std::vector<double>& values, std::int64_t count,
           const std::vector<std::string>& columns) {
    const auto bytes = std::as_bytes(std::span(values));
    std::ofstream(beside_, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
    block_.samples = {};
    block_.side_file = SideFile{"hostile.samples", sha256(bytes), count, columns};
    nlohmann::json line = nlohmann::json::parse(to_line(block_));
    line["side_file"]["columns"] = columns;  // also where there are none
    write(run_ + line.dump() + "\n");
  }
  fs::path beside_ = fs::path(testing::TempDir()) / "hostile.samples";
};

TEST_F(HostileSideFiles, HoldWhatTheLineSays) {
  put({1, 2, 3}, 3, {"host_seconds"});
  EXPECT_EQ(refusal(), "");
  put({1, 2, 3}, 4, {"host_seconds"});
  expect_refused(2, "24 bytes long");
  put({1, 2, 3}, 3, {});
  expect_refused(2, "");
  put({1, 2, 3}, 3, {"waited_seconds"});
  expect_refused(2, "host_seconds is not among them");
  put({1, 2, 3}, std::int64_t{1} << 62, {"host_seconds", "latency_seconds", "segment", "segment"});
  expect_refused(2, "side_file/count");
  put({1, 2, 3}, std::int64_t{1} << 30, {"host_seconds"});
  expect_refused(2, "side_file/count");
  put({1, 2, 3}, -3, {"host_seconds"});
  expect_refused(2, "");
}

TEST_F(HostileSideFiles, HoldNumbersOfSeconds) {
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(),
                           std::numeric_limits<double>::infinity(), -1.0, 1e300}) {
    put({1, bad, 3}, 3, {"host_seconds"});
    expect_refused(2, "no number of seconds");
  }
  put({1, 2, 3, 0, 1e18, 0}, 3, {"host_seconds", "segment"});
  expect_refused(2, "no number of seconds");
}

TEST(Lines, AreReadOneByOne) {
  const fs::path file = fs::path(testing::TempDir()) / "lines.txt";
  std::ofstream(file, std::ios::binary) << "one\n\nthree is long\n"
                                        << std::string(200000, 'x') << "\nfive\nsix";
  Lines lines(file, 5);
  const auto expect = [&](const std::string& text, bool whole, bool too_long) {
    ASSERT_TRUE(lines.next()) << text;
    EXPECT_EQ(lines.text(), text);
    EXPECT_EQ(lines.whole(), whole) << text;
    EXPECT_EQ(lines.too_long(), too_long) << text;
  };
  expect("one", true, false);
  expect("", true, false);
  expect("three", false, true);
  EXPECT_THROW(lines.refuse_long(), BadRecord);
  expect("xxxxx", false, true);
  expect("five", true, false);
  EXPECT_NO_THROW(lines.refuse_long());
  expect("six", false, false);
  EXPECT_EQ(lines.number(), 6u);
  EXPECT_FALSE(lines.next());
  EXPECT_EQ(whole_file(file, 300000).size(), 200028u);
  EXPECT_THROW(whole_file(file, 200000), BadRecord);
  EXPECT_THROW(Lines("/nowhere", 5), BadRecord);
  EXPECT_THROW(Lines(testing::TempDir(), 5), BadRecord);
  fs::remove(file);
}

/// Changes that a parser meets: bytes flipped, removed, repeated, cut, and words of the format.
std::string mutated(std::string text, std::uint64_t& state) {
  const auto random = [&state](std::size_t below) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return static_cast<std::size_t>(state % std::max<std::size_t>(below, 1));
  };
  static const std::vector<std::string> words = {"{",
                                                 "}",
                                                 "[",
                                                 "]",
                                                 ",",
                                                 ":",
                                                 "\"",
                                                 "null",
                                                 "-",
                                                 "1e309",
                                                 "1e308",
                                                 "NaN",
                                                 "\\u0000",
                                                 "\\ud800",
                                                 "true",
                                                 "\xF0\x9F",
                                                 "99999999999999999999"};
  for (std::size_t change = 0; change <= random(4); ++change) {
    const std::size_t at = random(text.size()), length = random(20);
    switch (random(5)) {
      case 0:
        if (!text.empty()) text[at] = static_cast<char>(random(256));
        break;
      case 1:
        text.erase(std::min(at, text.size()), length);
        break;
      case 2:
        text.insert(at, text.substr(std::min(at, text.size()), length));
        break;
      case 3:
        text.insert(at, words[random(words.size())]);
        break;
      default:
        text.resize(at);
    }
  }
  return text;
}

/// Where there is no libFuzzer: the same number of lines everywhere.
TEST(Mutations, AreReadAsWhatTheyAreWrittenOrRefused) {
  RandomRecords records(11);
  std::vector<std::string> seeds{to_line(records.run()), to_line(records.begin()),
                                 to_line(records.end())};
  for (int i = 0; i < 5; ++i) seeds.push_back(to_line(records.block()));
  std::uint64_t state = 88172645463325252u;
  std::size_t read = 0, refused = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::string line = mutated(seeds[static_cast<std::size_t>(i) % seeds.size()], state);
    try {
      const auto record = parse_line(line);
      if (!record) continue;
      ++read;
      const std::string text = to_json(*record);
      EXPECT_EQ(to_json(*parse_line(text)), text) << line;
    } catch (const BadRecord&) {
      ++refused;
    }
  }
  EXPECT_GT(read, 50u);
  EXPECT_GT(refused, 500u);
}

}  // namespace
}  // namespace motley::schema
