// Does the high water follow what a process really touches?
#include "devices/linux/process_memory.hpp"

#include <gtest/gtest.h>
#include <memory>

#include "devices/cpu/processor.hpp"
#include "devices/testdata/trees.hpp"

namespace motley::devices {
namespace {

TEST(ProcessMemory, IsReadFromTheStatusFile) {
  ChangedFiles files(tree("x86_vm"));
  files.changed["/proc/self/status"] = "VmHWM:\t 2148 kB\nVmRSS:\t 1124 kB\nRssFile:\t 100 kB";
  EXPECT_EQ(read_process_memory(files).most_bytes, 2048 * 1024);
  EXPECT_EQ(read_process_memory(files).resident_bytes, 1024 * 1024);
  files.removed.insert("/proc/self/status");
  EXPECT_EQ(read_process_memory(files).most_bytes, 0);
}

TEST(ProcessMemory, ForgetsAPeakThatIsOver) {
  constexpr double bytes = 64 << 20;
  const Files files;
  const auto processor = cpu_processor("cpu", {0}, schema::Device{});
  const double before = read_process_memory(files).resident_bytes;
  if (before == 0 || !restart_process_memory()) GTEST_SKIP() << "the system does not tell";
  processor->allocate(std::size_t(bytes));  // filled, and gone at once
  EXPECT_GE(read_process_memory(files).most_bytes, before + 0.9 * bytes);
  ASSERT_TRUE(restart_process_memory());
  EXPECT_LE(read_process_memory(files).most_bytes, before + 0.5 * bytes);
}

}  // namespace
}  // namespace motley::devices
