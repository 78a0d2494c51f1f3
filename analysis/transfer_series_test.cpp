#include "analysis/transfer_series.hpp"

#include <gtest/gtest.h>

namespace motley::analysis {
namespace {

schema::Block block_of(const std::string& name, std::int64_t bytes, double seconds) {
  schema::Block block;
  block.key.case_name = name;
  block.key.processor = "opencl:0";
  block.key.parameters = {{"bytes", bytes}, {"blocking", "yes"}};
  block.work.operations = 1;
  block.runs_per_sample = 2;
  block.samples.host_seconds = {2 * seconds, 2 * seconds, 9 * seconds};
  return block;
}

/// A device whose calls take 80 us and which moves 4 GB/s.
std::vector<schema::Block> blocks_of_a_device() {
  std::vector<schema::Block> blocks;
  for (std::int64_t bytes = 4; bytes <= 64 << 20; bytes *= 16) {
    const auto size = static_cast<double>(bytes);
    const double seconds = 80e-6 + size / 4e9;
    blocks.push_back(block_of("transfer/write", bytes, seconds));
    blocks.back().work.bytes_written = size;
    blocks.push_back(block_of("transfer/copy", bytes, seconds));
    blocks.back().work.bytes_read = blocks.back().work.bytes_written = size;
    blocks.push_back(block_of("transfer/map", bytes, 3e-5));
    blocks.back().details["zero_copy"] = true;
    blocks.push_back(block_of("latency/chase", bytes, 1));
  }
  return blocks;
}

TEST(TransferSeriesTest, BlocksBecomeSeriesAndCountTheirOwnBytes) {
  std::vector<schema::Block> blocks = blocks_of_a_device();
  blocks.push_back(block_of("transfer/write", 256, 1e3));
  blocks.back().status = schema::Status::wrong;
  blocks.push_back(block_of("transfer/write", 256, 1e3));
  blocks.back().key.load = "cpu:1";
  blocks.push_back(block_of("transfer/write", 256, 0));

  const auto series = fit_transfers(blocks);
  ASSERT_EQ(series.size(), 3u);
  EXPECT_EQ(series[0].case_name, "transfer/copy");
  EXPECT_NEAR(series[0].fit.bytes_per_second().value(), 8e9, 1e6);
  EXPECT_EQ(series[1].case_name, "transfer/map");
  EXPECT_EQ(series[1].fit.verdict, TransferFit::Verdict::zero_copy);
  EXPECT_EQ(to_string(series[1].fit.verdict), "zero_copy");
  EXPECT_FALSE(series[1].fit.bytes_per_second().has_value());
  EXPECT_FALSE(series[1].largest_bytes_per_second.has_value());
  EXPECT_DOUBLE_EQ(series[1].fit.alpha_seconds.value(), 3e-5);
  EXPECT_EQ(series[2].case_name, "transfer/write");
  EXPECT_FALSE(series[2].parameters.contains("bytes"));
  EXPECT_NEAR(series[2].fit.bytes_per_second().value(), 4e9, 1e6);
  EXPECT_NEAR(series[2].fit.alpha_seconds.value(), 80e-6, 1e-7);
}

TEST(TransferSeriesTest, TheLargestSizeHasTheRateThatWasMeasured) {
  std::vector<schema::Block> blocks = blocks_of_a_device();
  for (const double seconds : {1e-3, 3e-3, 9e-3}) {
    blocks.push_back(block_of("transfer/write", 128 << 20, seconds));
    blocks.back().work.bytes_written = 128 << 20;
  }
  const TransferSeries write = fit_transfers(blocks).at(2);
  EXPECT_EQ(write.largest_bytes, 128 << 20);
  EXPECT_DOUBLE_EQ(write.largest_bytes_per_second.value(), (128 << 20) / 3e-3);
}

TEST(TransferSeriesTest, FewSizesHaveARateAndNoFit) {
  std::vector<schema::Block> blocks{block_of("transfer/fill", 4, 1e-5),
                                    block_of("transfer/fill", 1 << 20, 1e-4)};
  for (schema::Block& one : blocks) one.work.bytes_written = 1 << 20;
  const auto series = fit_transfers(blocks);
  ASSERT_EQ(series.size(), 1u);
  EXPECT_EQ(series[0].fit.verdict, TransferFit::Verdict::too_few_sizes);
  EXPECT_DOUBLE_EQ(series[0].fit.alpha_seconds.value(), 1e-5);
  EXPECT_DOUBLE_EQ(series[0].largest_bytes_per_second.value(), (1 << 20) / 1e-4);
  for (schema::Block& one : blocks) one.work.bytes_written = 0;
  EXPECT_FALSE(fit_transfers(blocks)[0].largest_bytes_per_second.has_value()) << "nothing moved";
}

}  // namespace
}  // namespace motley::analysis
