// Do sysfs and procfs texts mean what the kernel says, whatever a vendor writes into them?
#include "devices/linux/files.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

#include "devices/linux/parse.hpp"
#include "devices/testdata/trees.hpp"

namespace motley::devices {
namespace {

using State = Reading::State;

TEST(Parse, CpuListsAndBack) {
  EXPECT_EQ(parse_cpu_list("0-3,6\n"), (std::vector<int>{0, 1, 2, 3, 6}));
  EXPECT_EQ(parse_cpu_list("6,0-1,1"), (std::vector<int>{0, 1, 6}));
  EXPECT_EQ(parse_cpu_list(""), std::vector<int>());
  for (const char* bad : {"a", "3-1", "1-", "-1", "1,,2", "0-99999999", "1 2", "0x3"}) {
    EXPECT_EQ(parse_cpu_list(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(format_cpu_list({6, 3, 0, 1, 2, 2}), "0-3,6");
  EXPECT_EQ(format_cpu_list({4}), "4");
  EXPECT_EQ(format_cpu_list({}), "");
}

TEST(Parse, Sizes) {
  EXPECT_EQ(parse_bytes("48K"), 48 << 10);
  EXPECT_EQ(parse_bytes(" 24684084 kB"), std::int64_t{24684084} << 10);
  EXPECT_EQ(parse_bytes("2M"), 2 << 20);
  EXPECT_EQ(parse_bytes("64"), 64);
  for (const char* bad : {"", "K", "-1K", "12 parsecs", "9223372036854775807K"}) {
    EXPECT_EQ(parse_bytes(bad), std::nullopt) << bad;
  }
}

TEST(Parse, Numbers) {
  EXPECT_EQ(parse_integer("0x00000000411fd050\n"), 0x411fd050);
  EXPECT_EQ(parse_integer(" -5 "), -5);
  EXPECT_EQ(parse_integer("37 %"), 37);
  EXPECT_EQ(parse_integer("none"), std::nullopt);
  EXPECT_EQ(parse_integer("0x"), std::nullopt);
  EXPECT_DOUBLE_EQ(*parse_number("2600.000"), 2600);
  EXPECT_EQ(parse_number("nan"), std::nullopt);
  EXPECT_EQ(parse_number(""), std::nullopt);
}

TEST(Parse, PairsKeepTheFirstOfEqualNames) {
  const auto pairs = parse_pairs("a : 1\nnothing\n b:2:3 \na: 4\n", ':');
  EXPECT_EQ(pairs, (std::map<std::string, std::string>{{"a", "1"}, {"b", "2:3"}}));
}

TEST(Files, ReadsUnderItsRoot) {
  const Files files(tree("x86_vm"));
  EXPECT_EQ(files.read("/sys/devices/system/cpu/online").text, "0-1");
  EXPECT_EQ(files.integer("/sys/devices/system/cpu/cpu0/cpu_capacity"), 1024);
}

TEST(Files, SaysWhichFileIsAbsentAndWhy) {
  const FileText file = Files(tree("x86_vm")).read("/sys/none");
  EXPECT_EQ(file.state, State::absent);
  EXPECT_NE(file.reason.find("/sys/none: No such file"), std::string::npos) << file.reason;
  EXPECT_EQ(Files(tree("x86_vm")).read("/sys").state, State::absent) << "a folder has no text";
}

TEST(Files, TellsDeniedFromAbsent) {
  const std::filesystem::path root = std::filesystem::path(::testing::TempDir()) / "denied_files";
  std::filesystem::create_directories(root / "closed");
  std::ofstream(root / "secret") << "1";
  std::filesystem::permissions(root / "secret", std::filesystem::perms::none);
  std::filesystem::permissions(root / "closed", std::filesystem::perms::none);
  const bool superuser = ::geteuid() == 0;  // who may read everything: step down for three reads
  if (superuser) {
    ASSERT_EQ(::seteuid(65534), 0);
  }
  const Files files(root);
  const FileText file = files.read("/secret");
  const Listing folder = files.list("/closed");
  const FileText absent = files.read("/none");
  if (superuser) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  EXPECT_EQ(file.state, State::denied);
  EXPECT_EQ(file.reason, "/secret: Permission denied");
  EXPECT_EQ(folder.state, State::denied);
  EXPECT_EQ(absent.state, State::absent);
  std::filesystem::permissions(root / "closed", std::filesystem::perms::owner_all);
  std::filesystem::remove_all(root);
}

TEST(Files, ListsInNaturalOrder) {
  const std::filesystem::path root = std::filesystem::path(::testing::TempDir()) / "natural_order";
  for (const char* name : {"cpu10", "cpu2", "cpu1", "cpuidle", "cpu"}) {
    std::filesystem::create_directories(root / "cpus" / name);
  }
  const Files files(root);
  EXPECT_EQ(files.list("/cpus").names,
            (std::vector<std::string>{"cpu", "cpu1", "cpu2", "cpu10", "cpuidle"}));
  EXPECT_EQ(files.numbered("/cpus", "cpu"), (std::vector<std::string>{"cpu1", "cpu2", "cpu10"}));
  EXPECT_EQ(files.list("/none").state, State::absent);
  std::filesystem::remove_all(root);
}

TEST(Files, DropsTheNulBehindADevicetreeString) {
  const std::filesystem::path root = std::filesystem::path(::testing::TempDir()) / "odd_bytes";
  std::filesystem::create_directories(root);
  std::ofstream(root / "model", std::ios::binary) << std::string("Board\0", 6);
  std::ofstream(root / "empty") << "";
  const Files files(root);
  EXPECT_EQ(files.read("/model").text, "Board");
  EXPECT_EQ(files.read("/empty").state, State::value);
  EXPECT_EQ(files.text("/empty"), std::nullopt);
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace motley::devices
