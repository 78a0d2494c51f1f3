#include "devices/linux/resources.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>
#include <sys/resource.h>

#include "devices/cpu/team.hpp"
#include "devices/linux/awake.hpp"
#include "devices/linux/parse.hpp"

namespace motley::devices {
namespace {

const std::string cpufreq = "/sys/devices/system/cpu/cpufreq";

/// What a file said before, put back when this goes. Policies come and go with their cores: one
/// that is gone needs nothing.
class Restored final : public HeldResources {
 public:
  explicit Restored(SharedFiles files) : files_(std::move(files)) {}
  ~Restored() override {
    for (auto one = before_.rbegin(); one != before_.rend(); ++one) {
      files_->write(one->first, one->second);
    }
  }
  Restored(const Restored&) = delete;
  Restored& operator=(const Restored&) = delete;

  const schema::Facts& facts() const override { return facts_; }
  schema::Facts& facts() { return facts_; }

  void keep_awake(const std::vector<int>& cores) { awake_.emplace(cores); }
  const AwakeCores& awake() const { return *awake_; }

  /// Gives why the system refused, or nothing.
  std::string change(const std::string& path, const std::string& text) {
    const FileText old = files_->read(path);
    if (!old.has_value()) return old.reason;
    before_.emplace_back(path, old.text);
    return files_->write(path, text);
  }

 private:
  SharedFiles files_;
  std::vector<std::pair<std::string, std::string>> before_;
  schema::Facts facts_;
  std::optional<AwakeCores> awake_;
};

void join(std::string& reasons, const std::string& reason) {
  if (reason.empty()) return;
  reasons += (reasons.empty() ? "" : "; ") + reason;
}

class LinuxResources final : public ResourceControl {
 public:
  explicit LinuxResources(SharedFiles files) : files_(std::move(files)) {}

  std::unique_ptr<HeldResources> hold(const Spec& resources) override {
    auto held = std::make_unique<Restored>(files_);
    if (resources.given("frequency_cap_mhz")) {
      set_frequency_cap(resources.integer("frequency_cap_mhz") * 1000, *held);
    }
    if (resources.given("governor")) set_governor(resources.text("governor"), *held);
    if (resources.integer("awake") != 0) keep_awake(*held);
    return held;
  }

  schema::Facts limit_process(const Spec& resources) override {
    schema::Facts facts;
    if (resources.given("priority")) set_priority(resources.integer("priority"), facts);
    if (resources.given("memory")) set_memory(resources.integer("memory"), facts);
    return facts;
  }

 private:
  std::vector<std::string> policies(std::string& refused) const {
    std::vector<std::string> names = files_->numbered(cpufreq, "policy");
    if (names.empty()) {
      const Listing listing = files_->list(cpufreq);
      refused = listing.reason.empty() ? cpufreq + ": no policies" : listing.reason;
    }
    return names;
  }

  /// Documentation/admin-guide/pm/cpufreq.rst: scaling_max_freq, in kHz; the kernel may take the
  /// next frequency that there is, or the lowest.
  void set_frequency_cap(std::int64_t kilohertz, Restored& held) const {
    std::string refused;
    std::int64_t highest = 0;
    for (const std::string& policy : policies(refused)) {
      const std::string path = fmt::format("{}/{}/scaling_max_freq", cpufreq, policy);
      join(refused, held.change(path, std::to_string(kilohertz)));
      highest = std::max(highest, files_->integer(path).value_or(0));
    }
    if (refused.empty() && highest > kilohertz) {
      refused = fmt::format("{} asked, the system made it {} kHz", kilohertz, highest);
    }
    held.facts()["asked_frequency_cap_hertz"] = static_cast<double>(kilohertz) * 1e3;
    if (highest > 0) {
      held.facts()["granted_frequency_cap_hertz"] = static_cast<double>(highest) * 1e3;
    }
    if (!refused.empty()) held.facts()["refused_frequency_cap"] = refused;
  }

  /// Of this process: what it may not use it need not keep.
  static void keep_awake(Restored& held) {
    const std::vector<int> cores = cores_of_this_thread();
    held.keep_awake(cores);
    held.facts()["asked_awake_cores"] = static_cast<std::int64_t>(cores.size());
    held.facts()["granted_awake_cores"] = std::int64_t{held.awake().granted()};
    if (!held.awake().refused().empty()) held.facts()["refused_awake"] = held.awake().refused();
  }

  void set_governor(const std::string& governor, Restored& held) const {
    std::string refused;
    std::vector<std::string> granted;
    for (const std::string& policy : policies(refused)) {
      const std::string folder = cpufreq + "/" + policy + "/";
      const auto known = files_->text(folder + "scaling_available_governors");
      const std::vector<std::string> names = split_words(known.value_or(governor));
      if (std::find(names.begin(), names.end(), governor) == names.end()) {
        join(refused, fmt::format("{}: it has {}", policy, *known));
      } else {
        join(refused, held.change(folder + "scaling_governor", governor));
      }
      const std::string now = files_->text(folder + "scaling_governor").value_or("");
      if (!now.empty() && std::find(granted.begin(), granted.end(), now) == granted.end()) {
        granted.push_back(now);
      }
    }
    held.facts()["asked_governor"] = governor;
    if (!granted.empty())
      held.facts()["granted_governor"] = fmt::format("{}", fmt::join(granted, ","));
    if (!refused.empty()) held.facts()["refused_governor"] = refused;
  }

  /// setpriority(2): on Linux that of the calling thread, which threads started later inherit.
  static void set_priority(std::int64_t nice, schema::Facts& facts) {
    facts["asked_priority"] = nice;
    if (::setpriority(PRIO_PROCESS, 0, static_cast<int>(nice)) != 0) {
      facts["refused_priority"] = fmt::format("setpriority: {}", std::strerror(errno));
    }
    errno = 0;
    const int now = ::getpriority(PRIO_PROCESS, 0);
    if (errno == 0) facts["granted_priority"] = static_cast<std::int64_t>(now);
  }

  /// RLIMIT_DATA: what the process writes to and nobody shares (getrlimit(2); mappings since Linux
  /// 4.7). Not RLIMIT_AS, which also counts the address ranges that drivers reserve and never
  /// touch.
  void set_memory(std::int64_t bytes, schema::Facts& facts) const {
    facts["asked_memory_bytes"] = bytes;
    const auto status = parse_pairs(files_->text("/proc/self/status").value_or(""), ':');
    const auto data = status.find("VmData");
    const std::int64_t used = data == status.end() ? 0 : parse_bytes(data->second).value_or(0);
    rlimit limit{};
    ::getrlimit(RLIMIT_DATA, &limit);
    if (used > bytes) {
      facts["refused_memory"] = fmt::format("the process has {} bytes already (VmData)", used);
    } else {
      rlimit wanted = limit;
      wanted.rlim_cur = static_cast<rlim_t>(bytes);
      if (::setrlimit(RLIMIT_DATA, &wanted) != 0) {
        facts["refused_memory"] = fmt::format("setrlimit(RLIMIT_DATA): {}", std::strerror(errno));
      }
      ::getrlimit(RLIMIT_DATA, &limit);
    }
    if (limit.rlim_cur != RLIM_INFINITY) {
      facts["granted_memory_bytes"] = static_cast<std::int64_t>(limit.rlim_cur);
    }
  }

  SharedFiles files_;
};

}  // namespace

std::unique_ptr<ResourceControl> resource_control(SharedFiles files) {
  return std::make_unique<LinuxResources>(std::move(files));
}

}  // namespace motley::devices
