#include "analysis/headlines.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "analysis/headline_transfers.hpp"
#include "analysis/synthetic_log.hpp"

namespace motley::analysis {
namespace {

std::vector<Headline> headlines_of(const schema::Log& log) {
  const auto all = measurements(log);
  return headlines(log, all, memory_levels(all));
}

const Headline* find(const std::vector<Headline>& all, const std::string& name) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Headline& one) { return one.name() == name; });
  return found == all.end() ? nullptr : &*found;
}

std::string names(const std::vector<Headline>& all) {
  std::string text;
  for (const Headline& one : all) text += one.processor + " " + one.name() + "\n";
  return text;
}

TEST(Headlines, HaveOneFigureForEachLevelAndTwoForEachTransfer) {
  const auto all = headlines_of(synthetic_log({{"cpu"}, 2, 1, 0}));
  for (const char* name :
       {"flops/fp32", "clock/chain", "launch/round_trip idle 1 ms", "bandwidth/read 16 KiB - 1 MiB",
        "bandwidth/read 4 MiB - 64 MiB", "bandwidth/triad non_temporal 4 MiB - 64 MiB",
        "latency/chase 4k 16 KiB - 1 MiB", "transfer/write alpha", "transfer/write rate 64 MiB"}) {
    ASSERT_NE(find(all, name), nullptr) << name << " not in\n" << names(all);
  }
  EXPECT_NEAR(find(all, "transfer/write rate 64 MiB")->value, 4e9, 1e7);
  EXPECT_NEAR(find(all, "transfer/write alpha")->value, 20e-6, 1e-7);
}

TEST(Headlines, TakeTheBestOfWaysToTheSameAnswer) {
  schema::Log log;
  for (const auto& [form, seconds] : std::vector<std::pair<std::string, double>>{
           {"fma", 0.01}, {"mul_add", 0.02}, {"fma_add", 0.015}}) {
    log.blocks.push_back(synthetic_block("flops/fp32", "cpu", schema::Metric::flops_per_second,
                                         seconds, {{"form", form}}));
    log.blocks.push_back(synthetic_block("launch/round_trip", "cpu",
                                         schema::Metric::seconds_per_operation, seconds,
                                         {{"wait", form}, {"idle_seconds", 0.0}}));
  }
  const auto all = headlines_of(log);
  ASSERT_EQ(all.size(), 2u) << names(all);
  EXPECT_DOUBLE_EQ(find(all, "flops/fp32")->value, 2e11);
  EXPECT_DOUBLE_EQ(find(all, "launch/round_trip")->value, 1e-5);
}

TEST(Headlines, TakeTheBestOfASearchInAnyFamily) {
  schema::Log log;
  for (const std::int64_t unroll : {4, 8}) {
    log.blocks.push_back(synthetic_block("bandwidth/gather", "cpu",
                                         schema::Metric::bytes_per_second,
                                         0.01 * static_cast<double>(unroll), {{"unroll", unroll}}));
  }
  EXPECT_EQ(headlines_of(log).size(), 2u) << "set by somebody: two questions";
  for (schema::Block& one : log.blocks) {
    one.search = {{{{"unroll", std::int64_t{4}}}, 0.04, "ok", ""},
                  {{{"unroll", std::int64_t{8}}}, 0.08, "ok", ""}};
  }
  const auto all = headlines_of(log);
  ASSERT_EQ(all.size(), 1u) << names(all);
  EXPECT_DOUBLE_EQ(find(all, "bandwidth/gather")->value, 5e10);
}

TEST(Headlines, AnyCaseOfMemoryAtThreeSizesIsACurve) {
  schema::Log log;
  for (const std::int64_t bytes : {1 << 14, 1 << 20, 1 << 26}) {
    log.blocks.push_back(synthetic_block(
        "bandwidth/negate", "cpu", schema::Metric::bytes_per_second, 0.01, {{"bytes", bytes}}));
  }
  const auto curve = headlines_of(log);
  ASSERT_EQ(curve.size(), 1u) << names(curve);
  EXPECT_EQ(curve[0].name(), "bandwidth/negate 16 KiB - 64 MiB");
  log.blocks.pop_back();
  const auto two = headlines_of(log);
  EXPECT_NE(find(two, "bandwidth/negate 16 KiB"), nullptr) << names(two);
  EXPECT_NE(find(two, "bandwidth/negate 1 MiB"), nullptr) << names(two);
}

TEST(Headlines, SayWhenAFigureIsOfFewerSizesThanItsLevel) {
  schema::Log log = synthetic_log({{"cpu"}, 1, 1, 0});
  std::erase_if(log.blocks, [](const schema::Block& one) {
    const auto bytes = one.key.parameters.find("bytes");
    return one.key.case_name == "bandwidth/triad" &&
           bytes->second == schema::Value(std::int64_t{1 << 14});
  });
  const auto all = headlines_of(log);
  EXPECT_FALSE(find(all, "bandwidth/read 16 KiB - 1 MiB")->partial);
  EXPECT_TRUE(find(all, "bandwidth/triad non_temporal 16 KiB - 1 MiB")->partial);
  EXPECT_FALSE(find(all, "bandwidth/triad non_temporal 4 MiB - 64 MiB")->partial);
}

TEST(Headlines, TheRateOfATransferIsMeasuredEvenWhereNoLineFits) {
  schema::Log log = synthetic_log({{"cpu"}, 1, 1, 0});
  int count = 0;
  for (schema::Block& one : log.blocks) {
    if (one.key.case_name != "transfer/write" || ++count % 2 == 0) continue;
    for (double& seconds : one.samples.host_seconds) seconds *= 1.6;
  }
  const auto all = measurements(log);
  const auto transfers = transfer_headlines(log, all);
  ASSERT_EQ(transfers.size(), 1u);
  EXPECT_EQ(transfers[0].series.fit.verdict, TransferFit::Verdict::not_affine);
  EXPECT_NEAR(transfers[0].rate.value().value, 4e9 / (count % 2 ? 1.6 : 1), 2e7);
}

TEST(Headlines, TransfersNameWhatIsNotUsual) {
  schema::Log log = synthetic_log({{"cpu"}, 1, 1, 0});
  for (schema::Block& one : log.blocks) {
    if (one.key.case_name != "transfer/write") continue;
    one.key.parameters["access"] = "write";
    one.key.parameters["alignment"] = std::int64_t{1};
  }
  const auto all = headlines_of(log);
  EXPECT_NE(find(all, "transfer/write write alignment=1 alpha"), nullptr) << names(all);
}

TEST(Headlines, LeaveOutWhatRanUnderLoadOrIsSuspect) {
  schema::Log log;
  log.blocks.push_back(
      synthetic_block("flops/fp32", "cpu", schema::Metric::flops_per_second, 0.01));
  log.blocks.push_back(log.blocks[0]);
  log.blocks[0].key.load = "cpu:1";
  log.blocks[1].status = schema::Status::suspect;
  EXPECT_TRUE(headlines_of(log).empty());
}

TEST(Headlines, UseTheLevelsThatTheyAreGiven) {
  const schema::Log log = synthetic_log({{"cpu"}, 1, 1, 0});
  const auto all = measurements(log);
  const Levels one_level{{{"cpu", "bandwidth"}, {{16384, 65536, 1}}}};
  const auto found = headlines(log, all, one_level);
  EXPECT_NE(find(found, "bandwidth/read 16 KiB - 64 KiB"), nullptr) << names(found);
  EXPECT_EQ(find(found, "bandwidth/read 4 MiB - 64 MiB"), nullptr);
}

}  // namespace
}  // namespace motley::analysis
