// Do the loads work on this machine: threads pinned where they say, levels accounted for, all of it
// gone afterwards? Nothing here asserts that a level is reached.
#include <algorithm>
#include <gtest/gtest.h>
#include <thread>

#include "devices/linux/files.hpp"
#include "devices/machine.hpp"
#include "harness/error.hpp"
#include "harness/load.hpp"

namespace motley::devices {
namespace {

std::size_t threads_now() {
  return Files().list("/proc/self/task").names.size();
}

/// Until it did something: on a busy machine its threads may have to wait.
schema::LoadLevel one_window(const std::string& load) {
  const auto machine = real_machine();
  Loads loads(load, *machine, steady_clock(), "cpu:0");
  loads.start();
  loads.begin_window();
  const double give_up = steady_clock().seconds() + 5;
  while (true) {
    steady_clock().wait_until(steady_clock().seconds() + 0.01);
    const schema::LoadLevel level = loads.end_window().at(0);
    const bool moved = level.achieved.at(level.asked.begin()->first) > 0;
    if (moved || steady_clock().seconds() > give_up) return level;
  }
}

std::string name_of(const testing::TestParamInfo<std::string>& info) {
  return split_spec(info.param).first;
}

class LoadsOfACpu : public testing::TestWithParam<std::string> {};

TEST_P(LoadsOfACpu, AccountForWhatTheyDid) {
  std::thread([] {}).join();  // with the first one, a sanitizer starts one of its own
  const std::size_t before = threads_now();
  const schema::LoadLevel level = one_window(GetParam());
  EXPECT_EQ(level.load, canonical_loads(GetParam()));
  EXPECT_TRUE(level.processor.starts_with("cpu:")) << level.processor;
  ASSERT_EQ(level.asked.size(), 1u);
  const std::string quantity = level.asked.begin()->first;
  EXPECT_GT(level.achieved.at(quantity), 0);
  EXPECT_TRUE(level.alone.contains(quantity));
  EXPECT_EQ(threads_now(), before);
}

INSTANTIATE_TEST_SUITE_P(Loads, LoadsOfACpu,
                         testing::Values("cpu:duty=0.5,slice_us=100",
                                         "memory:footprint=1M,read_gbps=0.1",
                                         "cache:level=1,duty=0.5,slice_us=100",
                                         "frames:hz=1000,work_us=20", "io:mbps=1",
                                         "allocate:bytes=4M"),
                         name_of);

TEST(Loads, WriteAroundTheCaches) {
  const schema::LoadLevel both =
      one_window("memory:footprint=1M,read_gbps=0.1,store=non_temporal,write_gbps=0.1");
  EXPECT_GT(both.achieved.at("read_bytes_per_second"), 0);
  EXPECT_GT(both.achieved.at("write_bytes_per_second"), 0);
  const schema::LoadLevel share = one_window("memory:footprint=2M,store=non_temporal,share=0.1");
  EXPECT_EQ(share.asked.count("write_bytes_per_second"), 1u);
  EXPECT_GT(share.achieved.at("write_bytes_per_second"), 0);
  EXPECT_EQ(share.achieved.at("read_bytes_per_second"), 0);
}

class LoadsOfADevice : public testing::TestWithParam<std::string> {};

TEST_P(LoadsOfADevice, AccountForWhatTheyDid) {
  const std::vector<std::string> ids = real_machine()->processor_ids();
  if (std::find(ids.begin(), ids.end(), "opencl:0") == ids.end()) GTEST_SKIP() << "no OpenCL";
  const schema::LoadLevel level = one_window(GetParam());
  EXPECT_EQ(level.processor, "opencl:0");
  ASSERT_EQ(level.asked.size(), 1u);
  EXPECT_GT(level.achieved.at(level.asked.begin()->first), 0);
  EXPECT_TRUE(level.details.contains("host_thread_on"));
}

INSTANTIATE_TEST_SUITE_P(Loads, LoadsOfADevice,
                         testing::Values("opencl_compute:duty=0.2,kernel_us=100",
                                         "opencl_memory:gbps=0.1,footprint=1M",
                                         "frames:on=opencl:0,hz=1000,work_us=50"),
                         name_of);

TEST(Loads, RunBesideEachOther) {
  const auto machine = real_machine();
  Loads loads("cpu:duty=0.1+allocate:bytes=1M", *machine, steady_clock(), "cpu:0");
  loads.start();
  loads.begin_window();
  EXPECT_EQ(loads.end_window().size(), 2u);
}

TEST(Loads, StopWithoutAWindow) {
  const std::size_t before = threads_now();
  const auto machine = real_machine();
  { const Loads never_started("cpu", *machine, steady_clock(), "cpu"); }
  EXPECT_EQ(threads_now(), before);
}

std::string refusal(const std::string& load) {
  const auto machine = real_machine();
  try {
    const Loads loads(load, *machine, steady_clock(), "cpu:0");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Loads, RefuseWhatThisMachineHasNot) {
  for (const char* load :
       {"cpu:on=cpu:999", "cpu:cluster=gigantic", "cpu:threads=1000", "cpu:on=cpu:0,cluster=big",
        "allocate:bytes=1000000G", "memory:footprint=1000000G", "memory:read_gbps=0",
        "memory:share=0.5,read_gbps=1", "memory:footprint=1024", "memory:share=1,footprint=1M",
        "memory:store=non_temporal", "cache:level=8", "opencl_compute:on=cpu"}) {
    const std::string why = refusal(load);
    EXPECT_NE(why, "") << load;
    EXPECT_EQ(why.find('\n'), std::string::npos) << why;
  }
}

}  // namespace
}  // namespace motley::devices
