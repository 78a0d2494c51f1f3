#include "results_schema/side_file.hpp"

#include <fstream>
#include <gtest/gtest.h>

#include "results_schema/json_lines.hpp"
#include "results_schema/random_records.hpp"
#include "results_schema/sha256.hpp"
#include "results_schema/validate.hpp"

namespace motley::schema {
namespace {

std::string hash(const std::string& text) {
  return sha256(std::as_bytes(std::span(text)));
}

TEST(Sha256, ExamplesOfTheStandard) {  // FIPS 180-4 examples, and lengths about a block's end
  EXPECT_EQ(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hash(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hash(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Histogram, BucketsAreNarrowAndCountAll) {
  const std::vector<double> values{0, 1, 1.01, 1.04, 2, 3.999, 1e-6};
  const Histogram counted = histogram(values);
  EXPECT_EQ(counted.lower.size(), 6u);  // 1 and 1.01 share one
  EXPECT_EQ(counted.lower.front(), 0);
  EXPECT_EQ(counted.counts[2], 2);
  for (std::size_t i = 1; i < counted.lower.size(); ++i) {
    EXPECT_LE(counted.lower[i], values.at(5) + 1e-9);
  }
}

class SideFiles : public testing::Test {
 protected:
  SideFiles() : log_(testing::TempDir() + "side.jsonl") {
    RandomRecords random(7);
    do block_ = random.block();
    while (block_.status != Status::ok);
    block_.order = 12;
    for (auto* column : {&block_.samples.started_seconds, &block_.samples.host_seconds,
                         &block_.samples.latency_seconds}) {
      column->clear();
      for (int i = 0; i < 100000; ++i) column->push_back(1e-3 * i + 1.0 / 3);
    }
    block_.samples.scheduled_seconds.clear();
    block_.samples.segment.assign(100000, 3);
    block_.histograms.clear();
  }
  std::filesystem::path side() const { return log_.parent_path() / block_.side_file->file; }

  std::filesystem::path log_;
  Block block_;
};

TEST_F(SideFiles, ComeBackAsTheyWere) {
  Block moved = block_;
  move_long_samples(moved, log_);
  EXPECT_TRUE(moved.samples.host_seconds.empty());
  EXPECT_EQ(defects_of_line(to_line(moved)), std::vector<std::string>{});
  Block read = std::get<Block>(*parse_line(to_line(moved)));
  fetch_samples(read, log_.parent_path());
  EXPECT_EQ(read.samples, block_.samples);
  EXPECT_EQ(read.histograms.count("latency_seconds"), 1u);
}

TEST_F(SideFiles, AreWrittenOnlyWhereTheLineIsTooLong) {
  block_.samples = {};
  block_.samples.host_seconds = {1, 2};
  Block same = block_;
  move_long_samples(same, log_);
  EXPECT_EQ(same, block_);
}

TEST_F(SideFiles, OfBlocksInOneFileAreNeverMixedUp) {
  Block resumed = block_;  // a run that was resumed counts its blocks anew
  resumed.samples.host_seconds[7] = 8;
  move_long_samples(block_, log_);
  move_long_samples(resumed, log_);
  EXPECT_TRUE(block_.side_file->file.starts_with("side.jsonl."));
  fetch_samples(block_, log_.parent_path());
  fetch_samples(resumed, log_.parent_path());
  EXPECT_NE(block_.samples.host_seconds[7], resumed.samples.host_seconds[7]);
}

TEST_F(SideFiles, LieBesideFilesOnly) {
  EXPECT_THROW(move_long_samples(block_, "/dev/null"), BadRecord);
  EXPECT_THROW(move_long_samples(block_, "/nowhere/records.jsonl"), BadRecord);
}

TEST_F(SideFiles, HoldTimes) {
  move_long_samples(block_, log_);
  block_.side_file->columns[1] = "unheard_of";
  EXPECT_THROW(fetch_samples(block_, log_.parent_path()), BadRecord);
}

TEST_F(SideFiles, AnAlteredOrMissingFileIsTold) {
  move_long_samples(block_, log_);
  {
    std::fstream file(side(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(1000);
    file.put('x');
  }
  EXPECT_THROW(fetch_samples(block_, log_.parent_path()), BadRecord);
  std::filesystem::resize_file(side(), 999);
  EXPECT_THROW(fetch_samples(block_, log_.parent_path()), BadRecord);
  std::filesystem::remove(side());
  EXPECT_THROW(fetch_samples(block_, log_.parent_path()), BadRecord);
  block_.side_file->file = "../side.jsonl";
  EXPECT_THROW(fetch_samples(block_, log_.parent_path()), BadRecord);
}

TEST_F(SideFiles, ALogTakesThemInAndNamesTheLine) {
  move_long_samples(block_, log_);
  std::ofstream(log_) << to_line(RandomRecords(1).run()) << "\n" << to_line(block_) << "\n";
  EXPECT_EQ(read_log(log_).blocks.at(0).samples.host_seconds.size(), 100000u);
  const auto keys_alone = [&] { return read_log(log_, CutLine::refuse, LongSamples::leave); };
  EXPECT_TRUE(keys_alone().blocks.at(0).samples.host_seconds.empty());
  std::filesystem::remove(side());
  EXPECT_EQ(keys_alone().blocks.at(0).key, block_.key);
  try {
    read_log(log_);
    FAIL();
  } catch (const BadRecord& defect) {
    EXPECT_NE(std::string(defect.what()).find("side.jsonl:2:"), std::string::npos) << defect.what();
  }
}

}  // namespace
}  // namespace motley::schema
