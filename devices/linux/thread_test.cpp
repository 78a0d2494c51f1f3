// Does the state belong to the thread that asks, and does flushing denormals take effect?
#include "devices/linux/thread.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <limits>
#include <thread>

#include "devices/denormals.hpp"
#include "devices/testdata/trees.hpp"

namespace motley::devices {
namespace {

const std::string schedstat = "/proc/thread-self/schedstat";

double spin(double seconds) {
  const double end = read_thread_state(schedstat).cpu_seconds + seconds;
  volatile double sum = 0;
  while (read_thread_state(schedstat).cpu_seconds < end) sum = sum + 1;
  return sum;
}

TEST(ThreadState, CountsTheCallingThreadAlone) {
  spin(0.02);
  const ThreadState here = read_thread_state(schedstat);
  EXPECT_GE(here.cpu_seconds, 0.02);
  EXPECT_GE(here.core, 0);
  ASSERT_TRUE(here.involuntary_switches.has_value());
  ThreadState there;
  std::thread([&] { there = read_thread_state(schedstat); }).join();
  EXPECT_LT(there.cpu_seconds, here.cpu_seconds) << "a fresh thread has done nothing yet";
}

TEST(ThreadState, WaitingGrowsAndNeverShrinks) {
  if (!read_thread_state(schedstat).waited_seconds) GTEST_SKIP() << "no schedstat here";
  double last = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto waited = read_thread_state(schedstat).waited_seconds;
    ASSERT_TRUE(waited.has_value());
    EXPECT_GE(*waited, last);
    last = *waited;
  }
}

TEST(ThreadState, IsAbsentWithoutTheFileAndBackWithIt) {
  EXPECT_FALSE(read_thread_state("/none/schedstat").waited_seconds.has_value());
  const auto recorded =
      read_thread_state((tree("x86_vm") / "proc/thread-self/schedstat").string()).waited_seconds;
  ASSERT_TRUE(recorded.has_value());
  EXPECT_DOUBLE_EQ(*recorded, 617675e-9);
}

TEST(BootClock, Runs) {
  const double before = read_boot_seconds();
  EXPECT_GT(before, 0);
  EXPECT_GE(read_boot_seconds(), before);
}

TEST(Denormals, AreFlushedOnThisThreadAlone) {
  const auto half_of_the_smallest_normal = [] {
    volatile float value = std::numeric_limits<float>::min();
    value = value * 0.5f;
    return value == 0.0f;
  };
  bool flushed = false, zero = false;
  std::thread([&] {
    flushed = flush_denormals_on_this_thread();
    zero = half_of_the_smallest_normal();
  }).join();
#if defined(__x86_64__) || defined(__aarch64__)
  EXPECT_TRUE(flushed);
#endif
  EXPECT_EQ(zero, flushed);
  EXPECT_FALSE(half_of_the_smallest_normal()) << "another thread's setting came through";
}

}  // namespace
}  // namespace motley::devices
