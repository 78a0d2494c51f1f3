// One network on several processors at once, as a user meets it.
#include <gtest/gtest.h>

#include "harness/cli/workplace.hpp"

namespace motley {
namespace {

class TogetherCommand : public testing::Test {
 protected:
  Workplace place{fs::path(testing::TempDir()) / "together"};
  /// The pair of two cores, where there are two.
  bool two_cores() const { return motley("devices").output.find("cpu:1 ") != std::string::npos; }
  const std::string lenet = "together lenet5 --implementation first --on cpu:0 --on cpu:1 ";
};

TEST_F(TogetherCommand, EachDivisionIsABlockWithWhatItGains) {
  if (!two_cores()) GTEST_SKIP() << "one core";
  const Outcome outcome =
      motley(lenet +
             "--split conv2d:ratio=0..1+0.5 --placement random:seed=1..2+1 --cut pool1 "
             "--batch-ratio 0.5 --batch 4 --rounds 2 --runs 4" +
             place.out());
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_EQ(place.first_defect(), "");
  const schema::Log log = place.log();
  ASSERT_EQ(log.blocks.size(), 3u + 2 + 1 + 1);
  for (const schema::Block& block : log.blocks) {
    SCOPED_TRACE(block.repro);
    EXPECT_EQ(block.status, schema::Status::ok) << block.reason;
    EXPECT_EQ(block.key.processor, "cpu:0+cpu:1");
    EXPECT_GT(block.figures.at("gain"), 0);
    EXPECT_EQ(block.samples.host_seconds.size(), 8u);
    EXPECT_EQ(block.series.at("alone_seconds/cpu:1").size(), 8u);
    EXPECT_LE(block.check->error, block.check->tolerance);
    EXPECT_TRUE(block.timeline.contains("cpu:0"));
  }
  EXPECT_GT(log.blocks.at(3).figures.at("overlap_share"), -1);
  for (std::size_t begin = 0; begin < outcome.output.size();) {
    const std::size_t end = std::min(outcome.output.find('\n', begin), outcome.output.size());
    EXPECT_LE(end - begin, 80u) << outcome.output.substr(begin, end - begin);
    begin = end + 1;
  }
}

TEST_F(TogetherCommand, StagesTrainPartsOfTheBatch) {
  if (!two_cores()) GTEST_SKIP() << "one core";
  const Outcome outcome =
      motley(lenet + "--cut pool1 --micro-batches 2 --batch 4 --rounds 1 --runs 2" + place.out());
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  const schema::Log log = place.log();
  ASSERT_EQ(log.blocks.size(), 1u);
  EXPECT_EQ(log.blocks[0].key.case_name, "lenet5/training");
  EXPECT_EQ(log.blocks[0].key.parameters.at("micro_batches"), schema::Value(std::int64_t(2)));
  EXPECT_LE(log.blocks[0].check->error, log.blocks[0].check->tolerance);
}

TEST_F(TogetherCommand, ChainsHaveNoBranches) {
  if (!two_cores()) GTEST_SKIP() << "one core";
  const Outcome outcome = motley(lenet + "--placement branches" + place.out());
  EXPECT_EQ(outcome.code, 3) << outcome.output;
  EXPECT_EQ(place.count(schema::Status::unsupported), 1u);
  EXPECT_TRUE(contains(outcome.output, "no independent branches")) << outcome.output;
}

TEST_F(TogetherCommand, RefusesWhatCannotBeMeant) {
  for (const char* bad :
       {"together lenet5 --on cpu --on cpu:0 --placement cost",
        "together lenet5 --on cpu:0 --placement cost", "together lenet5 --on cpu:0 --on cpu:1",
        "together lenet5 --on cpu:0 --on cpu:1 --placement cst",
        "together lenet5 --on cpu:0 --on cpu:1 --split conv2d:ratio=2",
        "together lenet5 --on cpu:0 --on cpu:1 --split conv2d:axis=width",
        "together lenet5 --on cpu:0 --on cpu:1 --placement cost --synchronisation hope",
        "together op/conv2d:shape=none --on cpu:0 --on cpu:1 --split conv2d",
        "together nothing --on cpu:0 --on cpu:1 --placement cost"}) {
    const Outcome outcome = motley(std::string(bad) + place.out());
    EXPECT_EQ(outcome.code, 5) << bad << "\n" << outcome.output;
    EXPECT_FALSE(fs::exists(place.file)) << bad;
  }
}

}  // namespace
}  // namespace motley
