// Is each recorded tree described as the device that it was recorded on?
#include "devices/topology.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "devices/control_groups.hpp"
#include "devices/profile.hpp"
#include "devices/testdata/trees.hpp"

namespace motley::devices {
namespace {

using Strings = std::vector<std::string>;
using Cores = std::vector<int>;

template <class T>
T fact(const schema::Facts& facts, const std::string& name) {
  const auto found = facts.find(name);
  if (found == facts.end() || !std::holds_alternative<T>(found->second)) {
    ADD_FAILURE() << "no fact " << name << " of this type";
    return T();
  }
  return std::get<T>(found->second);
}

schema::Device describe_tree(const std::string& name) {
  return describe_device(Files(tree(name)));
}

TEST(VirtualMachine, IsOneClusterOfTwoCores) {
  const schema::Device device = describe_tree("x86_vm");
  EXPECT_EQ(device.name, "Intel(R) Xeon(R) Processor");
  ASSERT_EQ(device.clusters.size(), 1u);
  EXPECT_EQ(device.clusters[0].name, "cluster0");
  EXPECT_EQ(device.clusters[0].cores, (Cores{0, 1}));
  EXPECT_EQ(fact<std::string>(device.clusters[0].facts, "core_type"),
            "GenuineIntel family 6 model 167");
  EXPECT_FALSE(device.clusters[0].facts.contains("maximum_frequency_hertz"));
  EXPECT_FALSE(fact<bool>(device.facts, "smt"));
  EXPECT_EQ(fact<std::string>(device.facts, "hypervisor"), "kvm");
  EXPECT_EQ(fact<std::string>(device.facts, "os"), "Debian GNU/Linux 12 (bookworm)");
  EXPECT_EQ(fact<std::string>(device.facts, "kernel"), "6.18.44");
  EXPECT_EQ(fact<std::int64_t>(device.facts, "page_bytes"), 4096);
  EXPECT_EQ(fact<std::int64_t>(device.facts, "huge_page_bytes"), 2 << 20);
  EXPECT_EQ(fact<std::string>(device.facts, "transparent_huge_pages"), "madvise");
  EXPECT_EQ(fact<std::int64_t>(device.facts, "memory_total_bytes"), std::int64_t{24684084} << 10);
  EXPECT_EQ(fact<Strings>(device.facts, "numa_nodes"), (Strings{"node0=0-1"}));
  const Strings isa = fact<Strings>(device.facts, "isa");
  EXPECT_TRUE(std::binary_search(isa.begin(), isa.end(), "avx512_fp16"));
}

TEST(VirtualMachine, TellsCachesThatNobodyConfirmed) {
  const schema::Device device = describe_tree("x86_vm");
  // L1d, L1i and L2 of each core, one L3: the host's 480 MiB.
  ASSERT_EQ(device.caches.size(), 7u);
  EXPECT_EQ(device.caches[0].type, "data");
  EXPECT_EQ(device.caches[0].bytes, 48 << 10);
  EXPECT_EQ(device.caches[0].line_bytes, 64);
  EXPECT_EQ(device.caches[0].shared_by, Cores{0});
  EXPECT_EQ(device.caches[6].level, 3);
  EXPECT_EQ(device.caches[6].bytes, std::int64_t{480} << 20);
  EXPECT_EQ(device.caches[6].shared_by, (Cores{0, 1}));
  for (const schema::Cache& cache : device.caches) EXPECT_FALSE(cache.confirmed);
}

TEST(Snapdragon, HasThreeClustersByCapacity) {
  const schema::Device device = describe_tree("snapdragon_865");
  EXPECT_EQ(device.name, "Xiaomi Mi 10");
  EXPECT_EQ(fact<std::string>(device.facts, "soc"), "SM8250");
  EXPECT_EQ(fact<std::string>(device.facts, "os"), "Android 11");
  EXPECT_EQ(fact<std::string>(device.facts, "cpu_name"),
            "4x Qualcomm Kryo 4xx Silver + 4x Arm Cortex-A77");
  ASSERT_EQ(device.clusters.size(), 3u);
  EXPECT_EQ(device.clusters[0].name, "little");
  EXPECT_EQ(device.clusters[0].cores, (Cores{0, 1, 2, 3}));
  EXPECT_EQ(device.clusters[1].name, "mid");
  EXPECT_EQ(device.clusters[1].cores, (Cores{4, 5, 6}));
  EXPECT_EQ(device.clusters[2].name, "big");
  EXPECT_EQ(device.clusters[2].cores, Cores{7});
  const schema::Facts& big = device.clusters[2].facts;
  EXPECT_EQ(fact<std::int64_t>(big, "capacity"), 1024);
  EXPECT_DOUBLE_EQ(fact<double>(big, "maximum_frequency_hertz"), 2.8416e9);
  EXPECT_EQ(fact<std::string>(big, "core_type"), "midr 0x411fd0d0");
  EXPECT_EQ(fact<std::string>(big, "governor"), "schedutil");
  EXPECT_TRUE(device.caches.empty());
}

TEST(Kirin, HasThreeClustersWithoutCapacities) {
  const schema::Device device = describe_tree("kirin_980");
  EXPECT_EQ(device.name, "HUAWEI Mate 20");
  ASSERT_EQ(device.clusters.size(), 3u);
  EXPECT_EQ(device.clusters[0].cores, (Cores{0, 1, 2, 3}));
  EXPECT_EQ(device.clusters[1].cores, (Cores{4, 5}));
  EXPECT_EQ(device.clusters[2].cores, (Cores{6, 7}));
  EXPECT_EQ(device.clusters[2].name, "big");
  EXPECT_EQ(fact<std::string>(device.clusters[2].facts, "core_name"), "HiSilicon Cortex-A76");
  EXPECT_FALSE(device.clusters[0].facts.contains("capacity"));
}

TEST(Clusters, UseCpuinfoWhereMidrIsDenied) {
  ChangedFiles files(tree("snapdragon_865"));
  for (int core = 0; core < 8; ++core) {
    files.denied.insert("/sys/devices/system/cpu/cpu" + std::to_string(core) +
                        "/regs/identification/midr_el1");
  }
  const auto clusters = describe_device(files).clusters;
  ASSERT_EQ(clusters.size(), 3u);
  EXPECT_EQ(fact<std::string>(clusters[0].facts, "core_type"), "midr 0x51df805e");
  EXPECT_EQ(fact<std::string>(clusters[1].facts, "core_type"), "midr 0x411fd0d0");
}

TEST(Clusters, AreTheFrequenciesWhereCapacityIsMissing) {
  ChangedFiles files(tree("snapdragon_865"));
  for (int core = 0; core < 8; ++core) {
    files.removed.insert("/sys/devices/system/cpu/cpu" + std::to_string(core) + "/cpu_capacity");
  }
  const auto clusters = describe_device(files).clusters;
  ASSERT_EQ(clusters.size(), 3u);
  EXPECT_EQ(clusters[1].cores, (Cores{4, 5, 6}));
}

TEST(Clusters, FavouredCoresOfOneDesignAreNoClusterOfTheirOwn) {
  ChangedFiles files(tree("x86_vm"));
  files.changed["/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq"] = "5000000";
  files.changed["/sys/devices/system/cpu/cpu1/cpufreq/cpuinfo_max_freq"] = "5200000";
  EXPECT_EQ(describe_device(files).clusters.size(), 1u);
  files.changed["/sys/devices/system/cpu/cpu1/cpufreq/cpuinfo_max_freq"] = "3300000";
  const auto clusters = describe_device(files).clusters;
  ASSERT_EQ(clusters.size(), 2u);
  EXPECT_EQ(clusters[0].name, "little");
  EXPECT_EQ(clusters[0].cores, Cores{1});
}

TEST(Clusters, HybridKindsAreDesigns) {
  ChangedFiles files(tree("x86_vm"));
  files.changed["/sys/devices/cpu_core/cpus"] = "0";
  files.changed["/sys/devices/cpu_atom/cpus"] = "1";
  const auto clusters = describe_device(files).clusters;
  ASSERT_EQ(clusters.size(), 2u);
  // Equal capacities and no frequencies: nothing says which is the faster one.
  EXPECT_EQ(clusters[0].name, "cluster0");
  EXPECT_EQ(clusters[1].name, "cluster1");
}

TEST(Device, TellsTheTightestLimitOfItsControlGroups) {
  ChangedFiles files(tree("x86_vm"));
  EXPECT_FALSE(describe_device(files).facts.contains("quota_cores"));
  files.changed["/proc/self/cgroup"] = "0::/outer/inner";
  files.changed["/sys/fs/cgroup/outer/inner/cpu.max"] = "max 100000";
  files.changed["/sys/fs/cgroup/outer/inner/memory.max"] = "max";
  EXPECT_FALSE(describe_device(files).facts.contains("memory_limit_bytes"));
  files.changed["/sys/fs/cgroup/outer/cpu.max"] = "150000 100000";
  files.changed["/sys/fs/cgroup/cpu.max"] = "200000 100000";
  files.changed["/sys/fs/cgroup/outer/memory.max"] = "1073741824";
  const schema::Facts facts = describe_device(files).facts;
  EXPECT_DOUBLE_EQ(fact<double>(facts, "quota_cores"), 1.5);
  EXPECT_EQ(fact<std::int64_t>(facts, "memory_limit_bytes"), 1 << 30);
}

TEST(Device, TellsTheLimitOfAMemoryGroupOfVersionOne) {
  ChangedFiles files(tree("x86_vm"));
  files.changed["/proc/self/cgroup"] = "5:cpu,memory:/job\n1:name=systemd:/other\n0::/";
  files.changed["/sys/fs/cgroup/memory/memory.limit_in_bytes"] = "9223372036854771712";
  EXPECT_FALSE(describe_device(files).facts.contains("memory_limit_bytes"));
  files.changed["/sys/fs/cgroup/memory/job/memory.limit_in_bytes"] = "1073741824";
  EXPECT_EQ(fact<std::int64_t>(describe_device(files).facts, "memory_limit_bytes"), 1 << 30);
}

TEST(Memory, AvailableIsWhatTheSystemAndEveryGroupLeave) {
  constexpr std::size_t mebibyte = 1 << 20;
  ChangedFiles files(tree("x86_vm"));
  files.changed["/proc/meminfo"] = "MemTotal: 8388608 kB\nMemAvailable: 4194304 kB\n";
  EXPECT_EQ(available_memory_bytes(files), 4096 * mebibyte);
  files.changed["/proc/self/cgroup"] = "4:memory:/old\n0::/outer/inner";
  files.changed["/sys/fs/cgroup/outer/memory.max"] = "2147483648";
  files.changed["/sys/fs/cgroup/outer/memory.current"] = "1073741824";
  files.changed["/sys/fs/cgroup/outer/inner/memory.max"] = "max";
  EXPECT_EQ(available_memory_bytes(files), 1024 * mebibyte);
  // The kernel drops cached files before it kills.
  files.changed["/sys/fs/cgroup/outer/memory.stat"] = "anon 1\ninactive_file 536870912\n";
  EXPECT_EQ(available_memory_bytes(files), 1536 * mebibyte);
  files.changed["/sys/fs/cgroup/memory/old/memory.limit_in_bytes"] = "209715200";
  files.changed["/sys/fs/cgroup/memory/old/memory.usage_in_bytes"] = "104857600";
  EXPECT_EQ(available_memory_bytes(files), 100 * mebibyte);
  files.changed["/sys/fs/cgroup/memory/old/memory.usage_in_bytes"] = "314572800";
  EXPECT_EQ(available_memory_bytes(files), 0u);
}

TEST(Device, NamesItsArchitecture) {
  EXPECT_EQ(fact<std::string>(describe_tree("x86_vm").facts, "architecture"), "x86_64");
  EXPECT_EQ(fact<std::string>(describe_tree("kirin_980").facts, "architecture"), "aarch64");
  ChangedFiles files(tree("x86_vm"));
  files.changed["/proc/cpuinfo"] = "processor\t: 0\nisa\t\t: rv64imafdcv\n";
  EXPECT_EQ(fact<std::string>(describe_device(files).facts, "architecture"), "riscv64");
  files.changed["/proc/cpuinfo"] = "processor\t: 0\n";
  EXPECT_FALSE(describe_device(files).facts.contains("architecture"));
}

TEST(Device, IdSurvivesABootAndNotAnotherMachine) {
  ChangedFiles files(tree("x86_vm"));
  const std::string id = describe_device(files).id;
  EXPECT_EQ(id.size(), 16u);
  files.changed["/proc/sys/kernel/osrelease"] = "7.0.1";
  files.changed["/proc/self/status"] = "Cpus_allowed_list:\t1\n";
  files.changed["/proc/meminfo"] = "MemTotal:       24600000 kB\nMemAvailable:   1 kB\n";
  files.changed["/sys/kernel/mm/transparent_hugepage/enabled"] = "[always] madvise never";
  EXPECT_EQ(describe_device(files).id, id);
  files.changed["/proc/meminfo"] = "MemTotal:       12300000 kB\n";
  EXPECT_NE(describe_device(files).id, id);
}

TEST(Device, IsDescribedFromNothing) {
  ChangedFiles files(tree("x86_vm"));
  files.removed = {"/proc/", "/sys/", "/etc/"};
  const schema::Device device = describe_device(files);
  EXPECT_EQ(device.name, "unknown device");
  EXPECT_TRUE(device.clusters.empty());
  files.removed.clear();
  files.denied = {"/proc/", "/sys/", "/etc/"};
  EXPECT_EQ(describe_device(files).clusters.size(), 0u);
}

TEST(Device, UsesCpuinfoWhereSysfsIsHidden) {
  ChangedFiles files(tree("x86_vm"));
  files.denied = {"/sys/"};
  const schema::Device device = describe_device(files);
  ASSERT_EQ(device.clusters.size(), 1u);
  EXPECT_EQ(device.clusters[0].cores, (Cores{0, 1}));
}

TEST(Profiles, NameArmCores) {
  EXPECT_EQ(arm_core_name(0x41, 0xd05), "Arm Cortex-A55");
  EXPECT_EQ(arm_core_name(0x41, 0xfff), "Arm part 0xfff");
  EXPECT_EQ(arm_core_name(0x99, 0x1), "implementer 0x99 part 0x001");
}

TEST(Profiles, KnowWhatAdrenoAndPoclDoNotSay) {
  schema::Processor adreno;
  adreno.name = "QUALCOMM Adreno(TM)";
  adreno.facts["vendor"] = std::string("QUALCOMM");
  EXPECT_TRUE(find_quirk(adreno, "maximum_clock_unknown"));
  schema::Processor pocl;
  pocl.facts["platform"] = std::string("Portable Computing Language");
  EXPECT_TRUE(find_quirk(pocl, "mad_is_not_fused"));
  EXPECT_FALSE(find_quirk(pocl, "maximum_clock_unknown"));
  for (const Quirk& quirk : quirks_of(pocl)) EXPECT_FALSE(quirk.source.empty()) << quirk.name;
}

TEST(Profiles, KeepPoclToTheCoresOfThisProcess) {
  using Variables = std::vector<std::pair<std::string, std::string>>;
  const std::pair<std::string, std::string> pinned("POCL_AFFINITY", "1");
  EXPECT_EQ(environment_before_load({0, 1}, {0, 1}), Variables{pinned});
  // Its affinity counts from core 0, whatever the mask.
  EXPECT_EQ(environment_before_load({1, 3}, {0, 1, 2, 3}),
            (Variables{{"POCL_MAX_PTHREAD_COUNT", "2"}}));
  EXPECT_EQ(environment_before_load({0, 1, 2}, {0, 1, 2, 3}),
            (Variables{pinned, {"POCL_MAX_PTHREAD_COUNT", "3"}}));
  EXPECT_EQ(environment_before_load({0, 2}, {0, 2}), Variables{});
}

}  // namespace
}  // namespace motley::devices
