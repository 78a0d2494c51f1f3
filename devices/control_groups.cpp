#include "devices/control_groups.hpp"

#include <algorithm>
#include <optional>
#include <unistd.h>

#include "devices/linux/parse.hpp"

namespace motley::devices {
namespace {

/// `path` and its parents under `mount`, innermost first; inside a container the mount is the
/// process' own group, whatever the path says.
std::vector<std::string> folders_up(const std::string& mount, std::string path) {
  std::vector<std::string> folders;
  while (path.size() > 1) {
    folders.push_back(mount + path);
    path.resize(std::max<std::size_t>(path.rfind('/'), 1));
  }
  folders.push_back(mount);
  return folders;
}

/// The group in the line `id:controllers:/path` of that controller; version 2 has an empty one.
std::string group_path(const Files& files, const std::string& controller) {
  for (const std::string& line : split_lines(files.text("/proc/self/cgroup").value_or(""))) {
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    if (controllers.find("," + controller + ",") != std::string::npos) {
      return line.substr(second + 1);
    }
  }
  return {};
}

std::vector<std::string> group_folders(const Files& files) {
  return folders_up("/sys/fs/cgroup", group_path(files, ""));
}

template <class T>
void keep_least(std::optional<T>& least, T value) {
  least = least ? std::min(*least, value) : value;
}

struct MemoryGroup {
  std::int64_t limit_bytes = 0, used_bytes = 0;
};

/// Used without the page cache that the kernel drops first, as container runtimes count it: a build
/// that filled the cache leaves no less memory.
MemoryGroup memory_group(const Files& files, std::int64_t limit, const std::string& usage_file,
                         const std::string& statistics_file, const std::string& cache_key) {
  const auto statistics = parse_pairs(files.text(statistics_file).value_or(""), ' ');
  const auto cache = statistics.find(cache_key);
  const std::int64_t dropped =
      cache == statistics.end() ? 0 : parse_integer(cache->second).value_or(0);
  return {limit, std::max<std::int64_t>(files.integer(usage_file).value_or(0) - dropped, 0)};
}

/// Every group that limits this process' memory.
std::vector<MemoryGroup> memory_groups(const Files& files) {
  std::vector<MemoryGroup> groups;
  for (const std::string& folder : group_folders(files)) {
    if (const auto limit = files.integer(folder + "/memory.max")) {
      groups.push_back(memory_group(files, *limit, folder + "/memory.current",
                                    folder + "/memory.stat", "inactive_file"));
    }
  }
  constexpr std::int64_t none = std::int64_t{1} << 60;  // "unlimited" is 2^63 less a page
  for (const std::string& folder :
       folders_up("/sys/fs/cgroup/memory", group_path(files, "memory"))) {
    const auto limit = files.integer(folder + "/memory.limit_in_bytes");
    if (!limit || *limit >= none) continue;
    groups.push_back(memory_group(files, *limit, folder + "/memory.usage_in_bytes",
                                  folder + "/memory.stat", "total_inactive_file"));
  }
  return groups;
}

}  // namespace

void add_control_group_limits(const Files& files, schema::Facts& facts) {
  std::optional<double> cores;
  std::optional<std::int64_t> bytes;
  for (const std::string& folder : group_folders(files)) {
    // `max 100000`, or microseconds of processor time in each period of microseconds
    const auto words = split_words(files.text(folder + "/cpu.max").value_or(""));
    const auto quota = words.size() == 2 ? parse_number(words[0]) : std::nullopt;
    const auto period = words.size() == 2 ? parse_number(words[1]) : std::nullopt;
    if (quota && period && *period > 0) keep_least(cores, *quota / *period);
  }
  for (const MemoryGroup& group : memory_groups(files)) keep_least(bytes, group.limit_bytes);
  if (cores) facts["quota_cores"] = *cores;
  if (bytes) facts["memory_limit_bytes"] = *bytes;
}

std::size_t available_memory_bytes(const Files& files) {
  const auto memory = parse_pairs(files.text("/proc/meminfo").value_or(""), ':');
  const auto found = memory.find("MemAvailable");
  auto left = found == memory.end() ? std::nullopt : parse_bytes(found->second);
  if (!left) left = std::int64_t{sysconf(_SC_AVPHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  for (const MemoryGroup& group : memory_groups(files)) {
    keep_least(left, std::max<std::int64_t>(group.limit_bytes - group.used_bytes, 0));
  }
  return static_cast<std::size_t>(*left);
}

}  // namespace motley::devices
