// Which cores does the name of a CPU processor mean, on phones, under a mask and with several
// hardware threads a core?
#include "devices/processor_ids.hpp"

#include <gtest/gtest.h>

#include "devices/testdata/trees.hpp"
#include "devices/topology.hpp"
#include "harness/error.hpp"

namespace motley::devices {
namespace {

using Strings = std::vector<std::string>;
using Cores = std::vector<int>;

schema::Device describe_tree(const std::string& name) {
  return describe_device(Files(tree(name)));
}

/// The virtual machine with four cores of two threads, numbered as on most x86 machines: thread i
/// and thread i + 4 share a core (Documentation/admin-guide/cputopology.rst).
schema::Device two_threads_a_core(const std::string& allowed) {
  ChangedFiles files(tree("x86_vm"));
  std::string cpuinfo;
  for (int i = 0; i < 8; ++i) {
    const std::string number = std::to_string(i), core = std::to_string(i % 4);
    const std::string folder = "/sys/devices/system/cpu/cpu" + number;
    cpuinfo += "processor\t: " + number + "\nvendor_id\t: GenuineIntel\ncpu family\t: 6\n\n";
    files.changed[folder + "/cpu_capacity"] = "1024";
    files.changed[folder + "/topology/thread_siblings_list"] =
        core + "," + std::to_string(i % 4 + 4);
  }
  files.changed["/proc/cpuinfo"] = cpuinfo;
  files.changed["/sys/devices/system/cpu/online"] = "0-7";
  files.changed["/proc/self/status"] = "Cpus_allowed_list:\t" + allowed + "\n";
  return describe_device(files);
}

TEST(ProcessorIds, NameClustersCoresAndSets) {
  const schema::Device phone = describe_tree("snapdragon_865");
  EXPECT_EQ(cpu_processor_ids(phone),
            (Strings{"cpu", "cpu:little", "cpu:mid", "cpu:big", "cpu:0", "cpu:1", "cpu:2", "cpu:3",
                     "cpu:4", "cpu:5", "cpu:6", "cpu:7"}));
  EXPECT_EQ(default_cpu_processor_ids(phone),
            (Strings{"cpu", "cpu:little", "cpu:0", "cpu:mid", "cpu:4", "cpu:big"}));
  EXPECT_EQ(resolve_cpu_processor("cpu", phone).cores.size(), 8u);
  EXPECT_EQ(resolve_cpu_processor("cpu:mid", phone).cores, (Cores{4, 5, 6}));
  EXPECT_EQ(resolve_cpu_processor("cpu:6,0-3,3", phone).id, "cpu:0-3,6");
  EXPECT_EQ(default_cpu_processor_ids(describe_tree("x86_vm")), (Strings{"cpu", "cpu:0"}));
}

TEST(ProcessorIds, UnknownOnesNameTheNearest) {
  const schema::Device phone = describe_tree("snapdragon_865");
  for (const char* id : {"cpu:bigg", "cpu:8", "cpu:", "cpu:2-1", "gpu", "cpu:0-9"}) {
    EXPECT_THROW(resolve_cpu_processor(id, phone), UnknownName) << id;
  }
  try {
    resolve_cpu_processor("cpu:bigg", phone);
  } catch (const UnknownName& error) {
    EXPECT_NE(std::string(error.what()).find("cpu:big"), std::string::npos) << error.what();
  }
}

TEST(ProcessorIds, ClosedCoresAreUnsupportedAndSayWhy) {
  ChangedFiles files(tree("snapdragon_865"));
  files.changed["/proc/self/status"] = "Cpus_allowed_list:\t0-3\n";
  const schema::Device background = describe_device(files);
  EXPECT_EQ(default_cpu_processor_ids(background), (Strings{"cpu", "cpu:0"}));
  EXPECT_EQ(resolve_cpu_processor("cpu", background).cores, (Cores{0, 1, 2, 3}));
  EXPECT_THROW(resolve_cpu_processor("cpu:big", background), Unsupported);
  try {
    resolve_cpu_processor("cpu:3-5", background);
    ADD_FAILURE() << "opened closed cores";
  } catch (const Unsupported& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("core 4-5 is closed"), std::string::npos) << text;
    EXPECT_NE(text.find("allows 0-3"), std::string::npos) << text;
  }
}

TEST(ProcessorIds, UseOneThreadOfEachCore) {
  const schema::Device device = two_threads_a_core("0-7");
  EXPECT_EQ(resolve_cpu_processor("cpu", device).cores, (Cores{0, 1, 2, 3}));
  EXPECT_EQ(resolve_cpu_processor("cpu:cluster0", device).cores, (Cores{0, 1, 2, 3}));
  EXPECT_EQ(resolve_cpu_processor("cpu:0-7", device).cores, (Cores{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(default_cpu_processor_ids(device), (Strings{"cpu", "cpu:0"}));
  EXPECT_EQ(one_thread_a_core({1, 2, 5, 7}, device), (Cores{1, 2, 7}));
}

TEST(ProcessorIds, UseTheFirstThreadThatIsAllowed) {
  EXPECT_EQ(resolve_cpu_processor("cpu", two_threads_a_core("1-6")).cores, (Cores{1, 2, 3, 4}));
  EXPECT_EQ(resolve_cpu_processor("cpu", two_threads_a_core("4-7")).cores, (Cores{4, 5, 6, 7}));
  const schema::Device one_core = two_threads_a_core("3,7");
  EXPECT_EQ(resolve_cpu_processor("cpu", one_core).cores, Cores{3});
  EXPECT_EQ(default_cpu_processor_ids(one_core), Strings{"cpu"}) << "no set of cores twice";
}

}  // namespace
}  // namespace motley::devices
