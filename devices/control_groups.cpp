#include "devices/control_groups.hpp"

#include <algorithm>
#include <optional>

#include "devices/linux/parse.hpp"

namespace motley::devices {
namespace {

/// The process' group and its parents as folders, innermost first. `0::/path` is version 2.
std::vector<std::string> group_folders(const Files& files) {
  std::vector<std::string> folders;
  for (const std::string& line : split_lines(files.text("/proc/self/cgroup").value_or(""))) {
    if (!line.starts_with("0::/")) continue;
    std::string path = line.substr(3);
    while (path.size() > 1) {
      folders.push_back("/sys/fs/cgroup" + path);
      path.resize(std::max<std::size_t>(path.rfind('/'), 1));
    }
  }
  folders.push_back("/sys/fs/cgroup");  // inside a container this is its own group
  return folders;
}

template <class T>
void keep_least(std::optional<T>& least, T value) {
  least = least ? std::min(*least, value) : value;
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
    if (const auto limit = files.integer(folder + "/memory.max")) keep_least(bytes, *limit);
  }
  if (cores) facts["quota_cores"] = *cores;
  if (bytes) facts["memory_limit_bytes"] = *bytes;
}

}  // namespace motley::devices
