// Several networks at once as a user meets them.
#include <algorithm>
#include <gtest/gtest.h>

#include "harness/cli/workplace.hpp"

namespace motley {
namespace {

class MixOfNetworks : public testing::Test {
 protected:
  Workplace place{fs::path(testing::TempDir()) / "mix"};
  /// Three tenants on two workers.
  const std::string three =
      "mix lenet5@periodic:period_seconds=0.005 mlp@stream mlp@poisson:rate=50 "
      "--implementation first --seconds 0.1 --on cpu:0 --on cpu:1 --allow-overlap ";
};

TEST_F(MixOfNetworks, GivesABlockForEachTenant) {
  const Outcome outcome = motley(three + "--scheduler least_slack" + place.out());
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_TRUE(contains(outcome.output, "fairness")) << outcome.output;
  EXPECT_EQ(place.first_defect(), "");
  const schema::Log log = place.log();
  ASSERT_EQ(log.blocks.size(), 3u);
  for (const schema::Block& block : log.blocks) {
    EXPECT_EQ(block.status, schema::Status::ok) << block.reason;
    EXPECT_EQ(block.key.scenario, "mix:scheduler=least_slack,seconds=0.1");
    EXPECT_EQ(block.key.processor, "cpu:0+cpu:1");
    ASSERT_TRUE(block.check && block.validity);
    EXPECT_LE(block.check->error, block.check->tolerance);
    for (const char* figure : {"whole_fairness", "whole_worker_1_busy", "alone_worker_1_seconds"}) {
      EXPECT_TRUE(block.figures.contains(figure)) << figure;
    }
    const schema::Samples& samples = block.samples;
    EXPECT_EQ(samples.segment.size(), samples.host_seconds.size());
    EXPECT_EQ(double(samples.host_seconds.size()), block.figures.at("queries"));
  }
  EXPECT_EQ(log.blocks[0].key.case_name, "lenet5/inference");
  EXPECT_TRUE(log.blocks[0].figures.contains("deadline_miss_ratio"));
  EXPECT_TRUE(log.blocks[1].samples.scheduled_seconds.empty());  // a stream
  EXPECT_GT(log.blocks[1].samples.host_seconds.size(), 2u);
  EXPECT_EQ(log.blocks[1].key.parameters.at("tenant"), schema::Value("1:stream"));
  EXPECT_NE(to_string(log.blocks[1].key), to_string(log.blocks[2].key));
  for (std::size_t begin = 0; begin < outcome.output.size();) {
    const std::size_t end = std::min(outcome.output.find('\n', begin), outcome.output.size());
    const std::string line = outcome.output.substr(begin, end - begin);
    EXPECT_TRUE(line.size() <= 80 || line.starts_with("Records")) << line;
    begin = end + 1;
  }
}

TEST_F(MixOfNetworks, GoesOnWithoutAWorkerThatFails) {
  // A device that has no kernel any more from some launch on, in the mix: what comes before is
  // 450 launches at most.
  const Outcome outcome = motley(
      "mix mlp@stream mlp@stream --scheduler round_robin --implementation first --seconds 0.3 "
      "--on cpu:0 --on opencl:0 --allow-overlap" +
          place.out(),
      "MOTLEY_FAULT=clEnqueueNDRangeKernel:fail=CL_OUT_OF_RESOURCES:after=500");
  if (contains(outcome.output, "unsupported")) GTEST_SKIP() << "no OpenCL device";
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_EQ(place.first_defect(), "");
  for (const schema::Block& block : place.log().blocks) {
    EXPECT_EQ(block.status, schema::Status::ok) << block.reason;
    EXPECT_EQ(block.validity->verdict, "invalid");
    ASSERT_FALSE(block.findings.empty()) << outcome.output;
    EXPECT_EQ(block.findings.front().kind, "worker_failed");
    const auto& workers = block.samples.segment;
    EXPECT_EQ(std::count(workers.end() - 3, workers.end(), 0), 3);  // the CPU alone at the end
  }
}

TEST_F(MixOfNetworks, WhatCannotBeMeantIsOneLineAndExit5) {
  for (const char* bad :
       {"lenet5 --scheduler fixed", "lenet5@ --scheduler fixed", "lenet5@streem --scheduler fixed",
        "lenet@stream --scheduler fixed", "lenet5@stream --scheduler fastest", "lenet5@stream",
        "lenet5@poisson:rate=0 --scheduler fixed", "lenet5@stream --scheduler fixed:workers=0/1",
        "lenet5@stream --scheduler fixed --seconds 0", "--scheduler fixed",
        "lenet5@trace --scheduler fixed", "lenet5@stream --scheduler fixed --load nothing",
        "lenet5@stream --scheduler fixed --on cpu --on cpu:0",
        "lenet5@stream --scheduler fixed --on cpu:999"}) {
    const Outcome outcome = motley(std::string("mix ") + bad + place.out());
    EXPECT_EQ(outcome.code, 5) << bad << "\n" << outcome.output;
    EXPECT_EQ(std::count(outcome.output.begin(), outcome.output.end(), '\n'), 1) << bad << "\n"
                                                                                 << outcome.output;
    EXPECT_FALSE(fs::exists(place.file)) << bad;
  }
  EXPECT_EQ(motley("mix lenet5@trace:file=/nowhere --scheduler fixed" + place.out()).code, 4);
}

TEST_F(MixOfNetworks, SchedulersAreListed) {
  const Outcome outcome = motley("list --schedulers");
  EXPECT_EQ(outcome.code, 0);
  for (const char* name : {"earliest_finish", "fixed", "least_slack", "round_robin",
                           "shortest_expected_latency", "@stream", "period_seconds="}) {
    EXPECT_TRUE(contains(outcome.output, name)) << name;
  }
}

}  // namespace
}  // namespace motley
