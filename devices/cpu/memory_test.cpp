// Does a buffer say what huge pages it really got, and refuse them where they cannot be had?
#include "devices/cpu/memory.hpp"

#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <string>

#include "devices/cpu/processor.hpp"
#include "devices/testdata/trees.hpp"
#include "harness/error.hpp"

namespace motley::devices {
namespace {

/// Of the whole process; 0 where nobody tells.
long huge_kilobytes() {
  std::ifstream rollup("/proc/self/smaps_rollup");
  for (std::string word; rollup >> word;) {
    long kilobytes = 0;
    if (word == "AnonHugePages:" && rollup >> kilobytes) return kilobytes;
  }
  return 0;
}

TEST(HugePages, AreRefusedWhereTheSystemGivesNone) {
  ChangedFiles files(tree("x86_vm"));
  const std::string path = "/sys/kernel/mm/transparent_hugepage/enabled";
  for (const char* mode : {"[always] madvise never", "always [madvise] never"}) {
    files.changed[path] = mode;
    EXPECT_EQ(why_no_huge_pages(files), "") << mode;
  }
  files.changed[path] = "always madvise [never]";
  EXPECT_EQ(why_no_huge_pages(files), path + " is never");
  files.removed.insert(path);
  EXPECT_EQ(why_no_huge_pages(files), "") << "the kernel refuses by itself";
}

TEST(HugePages, AreCountedAndNotAssumed) {
  constexpr std::size_t bytes = 16 << 20;
  const auto processor = cpu_processor("cpu", {0}, schema::Device{});
  BufferOptions options;
  std::atomic<std::size_t> live{0};
  CpuBuffer small(*processor, bytes, options, live);
  std::memset(small.data(), 1, bytes);
  EXPECT_EQ(small.huge_share(), 0);
  options.huge_pages = true;
  try {
    CpuBuffer huge(*processor, bytes, options, live);
    EXPECT_EQ(huge.huge_share(), 0) << "nothing is touched yet";
    const long before = huge_kilobytes();
    std::memset(huge.data(), 1, bytes);
    if (huge_kilobytes() <= before) {
      GTEST_SKIP() << "no huge page was to be had: free memory is torn, or qemu gives no advice on";
    }
    EXPECT_GT(huge.huge_share(), 0);
    EXPECT_LE(huge.huge_share(), 1);
    EXPECT_EQ(small.huge_share(), 0);
  } catch (const Unsupported& why) {
    GTEST_SKIP() << why.what();
  }
}

}  // namespace
}  // namespace motley::devices
