#include "devices/linux/resources.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <thread>

#include "devices/linux/parse.hpp"
#include "devices/machine.hpp"
#include "devices/testdata/trees.hpp"
#include "harness/error.hpp"

namespace motley::devices {
namespace {

const std::string policies = "/sys/devices/system/cpu/cpufreq/";

/// Keeps what is written on top of a recorded tree, as sysfs would.
class WrittenFiles final : public Files {
 public:
  WrittenFiles() : Files(tree("snapdragon_865")) {}

  FileText read(const std::string& path) const override {
    const auto found = written.find(path);
    if (found == written.end()) return Files::read(path);
    return {Reading::State::value, found->second, {}};
  }
  std::string write(const std::string& path, const std::string& text) const override {
    if (path.starts_with(denied) && !denied.empty()) return path + ": Permission denied";
    written[path] =
        path.ends_with("_freq") && std::stoll(text) < least ? std::to_string(least) : text;
    return "";
  }

  mutable std::map<std::string, std::string> written;
  std::string denied;
  long long least = 0;  ///< kHz
};

std::string text_of(const schema::Facts& facts, const std::string& name) {
  const auto found = facts.find(name);
  return found == facts.end() ? "" : std::get<std::string>(found->second);
}

TEST(Resources, FrequencyCapIsReadBackAndPutBack) {
  const auto files = std::make_shared<WrittenFiles>();
  const std::string path = policies + "policy0/scaling_max_freq";
  const std::string before = files->read(path).text;
  {
    const auto held = resource_control(files)->hold(parse_resources("frequency_cap_mhz=1200"));
    EXPECT_EQ(files->read(path).text, "1200000");
    EXPECT_EQ(std::get<double>(held->facts().at("granted_frequency_cap_hertz")), 1.2e9);
    EXPECT_FALSE(held->facts().contains("refused_frequency_cap"));
  }
  EXPECT_EQ(files->read(path).text, before);
}

TEST(Resources, PutsBackAfterAnException) {
  const auto files = std::make_shared<WrittenFiles>();
  const std::string path = policies + "policy0/scaling_governor";
  const std::string before = files->read(path).text;
  try {
    const auto held = resource_control(files)->hold(parse_resources("governor=powersave"));
    EXPECT_EQ(files->read(path).text, "powersave");
    EXPECT_EQ(text_of(held->facts(), "granted_governor"), "powersave");
    throw Error("a run that fails");
  } catch (const Error&) {
  }
  EXPECT_EQ(files->read(path).text, before);
}

TEST(Resources, WhatIsRefusedSaysWhy) {
  const auto files = std::make_shared<WrittenFiles>();
  files->denied = policies + "policy4/";
  files->written[policies + "policy0/scaling_available_governors"] = "schedutil performance";
  files->least = 1500000;
  const auto held =
      resource_control(files)->hold(parse_resources("governor=powersave,frequency_cap_mhz=1200"));
  const std::string cap = text_of(held->facts(), "refused_frequency_cap");
  EXPECT_NE(cap.find("policy4/scaling_max_freq: Permission denied"), std::string::npos) << cap;
  const std::string governor = text_of(held->facts(), "refused_governor");
  EXPECT_NE(governor.find("policy0: it has schedutil performance"), std::string::npos) << governor;
  EXPECT_GE(std::get<double>(held->facts().at("granted_frequency_cap_hertz")), 1.5e9);
}

TEST(Resources, WithoutCpufreqSaysSo) {
  const auto control = resource_control(std::make_shared<Files>(tree("x86_vm")));
  const auto held = control->hold(parse_resources("governor=powersave"));
  EXPECT_NE(text_of(held->facts(), "refused_governor").find("cpufreq"), std::string::npos);
  EXPECT_FALSE(held->facts().contains("granted_governor"));
}

/// Threads of this process that run only where nothing else does; proc(5): field 41 of stat.
int threads_of_lowest_policy() {
  int count = 0;
  for (const auto& one : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(one.path() / "stat");
    std::string text((std::istreambuf_iterator<char>(file)), {});
    const auto words = split_words(text.substr(std::min(text.size(), text.rfind(')') + 1)));
    count += words.size() > 38 && words[38] == std::to_string(SCHED_IDLE);
  }
  return count;
}

TEST(Resources, CoresAreKeptAwakeAsLongAsWanted) {
  const auto control = resource_control(std::make_shared<Files>());
  const int before = threads_of_lowest_policy();
  {
    const auto held = control->hold(parse_resources("awake=1"));
    const auto asked = std::get<std::int64_t>(held->facts().at("asked_awake_cores"));
    EXPECT_GE(asked, 1);
    if (held->facts().contains("refused_awake")) GTEST_SKIP() << "the system refuses";
    EXPECT_EQ(std::get<std::int64_t>(held->facts().at("granted_awake_cores")), asked);
    EXPECT_EQ(threads_of_lowest_policy(), before + asked);
  }
  EXPECT_EQ(threads_of_lowest_policy(), before);
  EXPECT_TRUE(control->hold(parse_resources("awake=0"))->facts().empty());
}

TEST(Resources, PriorityIsReadBack) {
  std::thread([] {  // the priority of one thread on Linux
    const auto facts =
        resource_control(std::make_shared<Files>())->limit_process(parse_resources("priority=5"));
    EXPECT_EQ(std::get<std::int64_t>(facts.at("asked_priority")), 5);
    EXPECT_EQ(std::get<std::int64_t>(facts.at("granted_priority")), 5);
  })
      .join();
}

/// Emulators of another processor pass over limits.
bool limits_work() {
  rlimit before{}, now{};
  getrlimit(RLIMIT_DATA, &before);
  now = before;
  now.rlim_cur = rlim_t{1} << 46;
  setrlimit(RLIMIT_DATA, &now);
  getrlimit(RLIMIT_DATA, &now);
  setrlimit(RLIMIT_DATA, &before);
  return now.rlim_cur == rlim_t{1} << 46;
}

TEST(Resources, MemoryLimitHoldsForBuffers) {
  if (!limits_work()) GTEST_SKIP() << "the system passes over limits";
  const auto files = std::make_shared<Files>();
  const auto control = resource_control(files);
  EXPECT_NE(text_of(control->limit_process(parse_resources("memory=4K")), "refused_memory"), "");
  const auto processor = real_machine()->open("cpu");
  const auto status = parse_pairs(files->text("/proc/self/status").value_or(""), ':');
  const std::int64_t limit = parse_bytes(status.at("VmData")).value() + (64 << 20);
  rlimit before{};
  getrlimit(RLIMIT_DATA, &before);
  const auto facts = control->limit_process(parse_resources("memory=" + std::to_string(limit)));
  BufferOptions untouched;
  untouched.untouched = true;
  std::string refusal;
  try {
    processor->allocate(std::size_t{1} << 30, untouched);
  } catch (const DeviceError& error) {
    refusal = error.what();
  }
  setrlimit(RLIMIT_DATA, &before);
  EXPECT_EQ(std::get<std::int64_t>(facts.at("granted_memory_bytes")), limit);
  EXPECT_NE(refusal.find("mmap"), std::string::npos) << refusal;
}

TEST(Resources, ThreadsAreTheFirstCores) {
  const auto machine = real_machine();
  const auto all = machine->open("cpu");
  const auto& cores = std::get<std::vector<std::string>>(all->description().facts.at("cores"));
  EXPECT_EQ(with_threads(*machine, "cpu", 0), "cpu");
  EXPECT_EQ(with_threads(*machine, "cpu", 1), "cpu:" + cores.front());
  EXPECT_THROW(with_threads(*machine, "cpu", static_cast<std::int64_t>(cores.size()) + 1),
               BadArgument);
}

}  // namespace
}  // namespace motley::devices
