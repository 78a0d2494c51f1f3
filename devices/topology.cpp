#include "devices/topology.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "devices/clusters.hpp"
#include "devices/control_groups.hpp"
#include "devices/identity.hpp"
#include "devices/linux/parse.hpp"

namespace motley::devices {
namespace {

const std::string cpu_folder = "/sys/devices/system/cpu";

std::vector<int> list_file(const Files& files, const std::string& path) {
  return parse_cpu_list(files.text(path).value_or("")).value_or(std::vector<int>());
}

/// Every core of a shared cache lists it: kept once by level, type and sharers.
std::vector<schema::Cache> describe_caches(const Files& files, const std::vector<int>& cores) {
  std::vector<schema::Cache> caches;
  for (const int core : cores) {
    const std::string folder = cpu_folder + "/cpu" + std::to_string(core) + "/cache";
    for (const std::string& index : files.numbered(folder, "index")) {
      const std::string at = folder + "/" + index + "/";
      const auto bytes = parse_bytes(files.text(at + "size").value_or(""));
      const auto level = files.integer(at + "level");
      if (!bytes || !level || *bytes == 0) continue;
      schema::Cache cache;
      cache.level = static_cast<int>(*level);
      cache.type = files.text(at + "type").value_or("Unified");
      std::transform(cache.type.begin(), cache.type.end(), cache.type.begin(),
                     [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
      cache.bytes = *bytes;
      cache.line_bytes = files.integer(at + "coherency_line_size").value_or(0);
      cache.shared_by = list_file(files, at + "shared_cpu_list");
      if (cache.shared_by.empty()) cache.shared_by = {core};
      const bool known = std::any_of(caches.begin(), caches.end(), [&](const auto& other) {
        return other.level == cache.level && other.type == cache.type &&
               other.shared_by == cache.shared_by;
      });
      if (!known) caches.push_back(std::move(cache));
    }
  }
  std::stable_sort(caches.begin(), caches.end(), [](const auto& a, const auto& b) {
    return a.level != b.level ? a.level < b.level : a.type < b.type;
  });
  return caches;
}

void add_memory(const Files& files, schema::Facts& facts) {
  const auto memory = parse_pairs(files.text("/proc/meminfo").value_or(""), ':');
  for (const auto& [key, name] :
       {std::pair("MemTotal", "memory_total_bytes"),
        std::pair("MemAvailable", "memory_available_bytes"),
        std::pair("SwapTotal", "swap_total_bytes"), std::pair("Hugepagesize", "huge_page_bytes")}) {
    const auto found = memory.find(key);
    if (found == memory.end()) continue;
    if (const auto bytes = parse_bytes(found->second)) facts[name] = *bytes;
  }
  const auto huge = memory.find("HugePages_Total");
  if (huge != memory.end()) facts["huge_pages_total"] = parse_integer(huge->second).value_or(0);
}

/// `always [madvise] never` is madvise.
void add_pages(const Files& files, schema::Facts& facts) {
  const std::string modes = files.text("/sys/kernel/mm/transparent_hugepage/enabled").value_or("");
  const std::size_t open = modes.find('['), close = modes.find(']');
  if (open != std::string::npos && close != std::string::npos && open < close) {
    facts["transparent_huge_pages"] = modes.substr(open + 1, close - open - 1);
  }
  const auto smaps = parse_pairs(files.text("/proc/self/smaps").value_or(""), ':');
  const auto page = smaps.find("KernelPageSize");
  if (page == smaps.end()) return;
  if (const auto bytes = parse_bytes(page->second)) facts["page_bytes"] = *bytes;
}

void add_numa(const Files& files, schema::Facts& facts) {
  std::vector<std::string> nodes;
  const std::string folder = "/sys/devices/system/node";
  for (const std::string& node : files.numbered(folder, "node")) {
    nodes.push_back(node + "=" + files.text(folder + "/" + node + "/cpulist").value_or(""));
  }
  if (!nodes.empty()) facts["numa_nodes"] = nodes;
}

/// Flags of x86 (flags) and Arm (Features), sorted; the cores' common ones where they differ.
void add_instruction_set(const Files& files, schema::Facts& facts) {
  std::optional<std::set<std::string>> common;
  for (const auto& core : read_cpuinfo(files)) {
    for (const char* key : {"flags", "Features"}) {
      const auto found = core.find(key);
      if (found == core.end()) continue;
      const std::vector<std::string> words = split_words(found->second);
      const std::set<std::string> flags(words.begin(), words.end());
      if (!common) {
        common = flags;
      } else {
        std::erase_if(*common, [&](const std::string& flag) { return !flags.contains(flag); });
      }
    }
  }
  if (common) facts["isa"] = std::vector<std::string>(common->begin(), common->end());
}

void add_cores(const Files& files, const std::vector<int>& online, schema::Facts& facts) {
  facts["cores_online"] = format_cpu_list(online);
  facts["cores_allowed"] = format_cpu_list(allowed_cores(files));
  facts["core_count"] = static_cast<std::int64_t>(online.size());
  if (const auto possible = files.text(cpu_folder + "/possible"))
    facts["cores_possible"] = *possible;
  bool siblings = false;
  for (const int core : online) {
    const auto threads = list_file(
        files, cpu_folder + "/cpu" + std::to_string(core) + "/topology/thread_siblings_list");
    siblings = siblings || threads.size() > 1;
  }
  facts["smt"] = siblings;
}

/// As uname -m says it, from the keys that each architecture's /proc/cpuinfo has to itself: a
/// recorded tree is described on machines of another kind.
std::string architecture(const Files& files) {
  for (const auto& core : read_cpuinfo(files)) {
    if (core.contains("CPU implementer")) {
      const auto version = core.find("CPU architecture");
      return version != core.end() && parse_integer(version->second) >= 8 ? "aarch64" : "arm";
    }
    if (const auto flags = core.find("flags"); flags != core.end()) {
      const auto words = split_words(flags->second);
      return std::find(words.begin(), words.end(), "lm") != words.end() ? "x86_64" : "x86";
    }
    if (const auto isa = core.find("isa"); isa != core.end()) {
      return isa->second.starts_with("rv64") ? "riscv64" : "riscv32";
    }
  }
  return {};
}

std::string join(const std::vector<std::string>& words, const std::string& between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

/// The model's name on x86; on Arm each design with its count, as no single name covers them.
std::string cpu_name(const std::vector<Core>& cores) {
  std::vector<std::string> names;
  for (const Core& core : cores) {
    if (std::find(names.begin(), names.end(), core.name) == names.end()) names.push_back(core.name);
  }
  if (names.size() <= 1) return names.empty() ? std::string() : names.front();
  std::vector<std::string> counted;
  for (const std::string& name : names) {
    const auto count = std::count_if(cores.begin(), cores.end(),
                                     [&](const Core& core) { return core.name == name; });
    counted.push_back(std::to_string(count) + "x " + name);
  }
  return join(counted, " + ");
}

}  // namespace

std::vector<int> online_cores(const Files& files) {
  std::vector<int> online = list_file(files, cpu_folder + "/online");
  if (!online.empty()) return online;
  // Some containers and sandboxes hide sysfs; /proc/cpuinfo then lists the cores that run.
  for (const auto& core : read_cpuinfo(files)) {
    const auto number = core.find("processor");
    if (number == core.end()) continue;
    if (const auto value = parse_integer(number->second))
      online.push_back(static_cast<int>(*value));
  }
  return online;
}

std::vector<int> allowed_cores(const Files& files) {
  const std::vector<int> online = online_cores(files);
  const auto status = parse_pairs(files.text("/proc/self/status").value_or(""), ':');
  const auto list = status.find("Cpus_allowed_list");
  if (list == status.end()) return online;
  const auto mask = parse_cpu_list(list->second);
  if (!mask) return online;
  std::vector<int> allowed;
  std::set_intersection(online.begin(), online.end(), mask->begin(), mask->end(),
                        std::back_inserter(allowed));
  return allowed;
}

schema::Device describe_device(const Files& files) {
  const std::vector<int> online = online_cores(files);
  const std::vector<Core> cores = describe_cores(files, online);
  schema::Device device;
  device.clusters = group_cores(files, cores);
  device.caches = describe_caches(files, online);
  schema::Facts& facts = device.facts;
  if (const std::string name = architecture(files); !name.empty()) facts["architecture"] = name;
  if (const std::string name = cpu_name(cores); !name.empty()) facts["cpu_name"] = name;
  add_cores(files, online, facts);
  add_instruction_set(files, facts);
  add_numa(files, facts);
  add_memory(files, facts);
  add_pages(files, facts);
  add_control_group_limits(files, facts);
  add_identity(files, device);
  return device;
}

}  // namespace motley::devices
