#include "devices/clusters.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <set>

#include "devices/linux/parse.hpp"
#include "devices/profile.hpp"

namespace motley::devices {
namespace {

using Pairs = std::map<std::string, std::string>;
constexpr double alike_ratio = 1.2;

std::string core_file(int core, const std::string& file) {
  return "/sys/devices/system/cpu/cpu" + std::to_string(core) + "/" + file;
}

std::string value_or_empty(const Pairs& pairs, const std::string& key) {
  const auto found = pairs.find(key);
  return found == pairs.end() ? std::string() : found->second;
}

/// The record of core `number`; kernels before 3.8 list `processor` lines first and one description
/// for all behind them.
Pairs cpuinfo_of(const std::vector<Pairs>& cpuinfo, int number) {
  for (const Pairs& core : cpuinfo) {
    if (parse_integer(value_or_empty(core, "processor")) == number) return core;
  }
  return {};
}

/// MIDR_EL1: implementer 31:24, variant 23:20, part 15:4, revision 3:0 (Arm ARM, D19.2).
std::optional<std::int64_t> midr_of(const Files& files, const Pairs& said, int number) {
  if (const auto midr = files.integer(core_file(number, "regs/identification/midr_el1"))) {
    return *midr;
  }
  const auto implementer = parse_integer(value_or_empty(said, "CPU implementer"));
  const auto part = parse_integer(value_or_empty(said, "CPU part"));
  if (!implementer || !part) return std::nullopt;
  const auto variant = parse_integer(value_or_empty(said, "CPU variant")).value_or(0);
  const auto revision = parse_integer(value_or_empty(said, "CPU revision")).value_or(0);
  return *implementer << 24 | variant << 20 | 0xf << 16 | *part << 4 | revision;
}

/// core, atom ... where a hybrid x86 machine has a performance unit for each kind of core.
std::string hybrid_kind(const Files& files, int number) {
  for (const std::string kind : {"core", "atom", "lowpower"}) {
    const auto cores =
        parse_cpu_list(files.text("/sys/devices/cpu_" + kind + "/cpus").value_or("no list"));
    if (cores && std::find(cores->begin(), cores->end(), number) != cores->end()) return kind;
  }
  return {};
}

std::int64_t strength(const Core& core) {
  return core.capacity > 0 ? core.capacity : core.maximum_kilohertz;
}

double spread(std::int64_t a, std::int64_t b) {
  const auto [low, high] = std::minmax(a, b);
  return low > 0 ? static_cast<double>(high) / static_cast<double>(low) : high > 0 ? 1e9 : 1;
}

bool alike(const Core& a, const Core& b) {
  if (a.type != b.type) return false;
  if (a.arm) return a.capacity == b.capacity && a.maximum_kilohertz == b.maximum_kilohertz;
  return spread(a.capacity, b.capacity) <= alike_ratio &&
         spread(a.maximum_kilohertz, b.maximum_kilohertz) <= alike_ratio;
}

bool weaker(const Core& a, const Core& b) {
  if (strength(a) != strength(b)) return strength(a) < strength(b);
  if (a.maximum_kilohertz != b.maximum_kilohertz) return a.maximum_kilohertz < b.maximum_kilohertz;
  return a.number < b.number;
}

/// Whether capacity, or else frequency, says for every two clusters which is the stronger.
bool strictly_ascending(const std::vector<std::vector<Core>>& groups) {
  for (std::size_t i = 1; i < groups.size(); ++i) {
    const Core &low = groups[i - 1].front(), &high = groups[i].front();
    if (strength(low) == strength(high) && low.maximum_kilohertz == high.maximum_kilohertz) {
      return false;
    }
  }
  return true;
}

/// little, mid, big; mid1, mid2 ... between; cluster0 ... where strength does not tell them apart.
std::string cluster_name(std::size_t i, std::size_t count, bool told_apart) {
  if (count == 1 || !told_apart) return "cluster" + std::to_string(i);
  if (i == 0) return "little";
  if (i == count - 1) return "big";
  return count == 3 ? "mid" : "mid" + std::to_string(i);
}

void add_frequency(const Files& files, int core, const std::string& file, const std::string& name,
                   schema::Facts& facts) {
  if (const auto kilohertz = files.integer(core_file(core, "cpufreq/" + file))) {
    facts[name] = static_cast<double>(*kilohertz) * 1e3;
  }
}

schema::Facts cluster_facts(const Files& files, const std::vector<Core>& cores) {
  const Core& first = cores.front();
  schema::Facts facts;
  facts["core_name"] = first.name;
  facts["core_type"] = first.type;
  if (first.capacity > 0) facts["capacity"] = first.capacity;
  std::int64_t maximum = 0;
  for (const Core& core : cores) maximum = std::max(maximum, core.maximum_kilohertz);
  if (maximum > 0) facts["maximum_frequency_hertz"] = static_cast<double>(maximum) * 1e3;
  add_frequency(files, first.number, "cpuinfo_min_freq", "minimum_frequency_hertz", facts);
  add_frequency(files, first.number, "scaling_max_freq", "allowed_maximum_hertz", facts);
  add_frequency(files, first.number, "scaling_min_freq", "allowed_minimum_hertz", facts);
  add_frequency(files, first.number, "scaling_cur_freq", "current_frequency_hertz", facts);
  for (const auto& [file, name] : {std::pair("cpufreq/scaling_governor", "governor"),
                                   std::pair("cpufreq/scaling_driver", "frequency_driver")}) {
    if (const auto text = files.text(core_file(first.number, file))) facts[name] = *text;
  }
  std::set<std::string> siblings;
  for (const Core& core : cores) {
    const auto list = files.text(core_file(core.number, "topology/thread_siblings_list"));
    const auto threads = parse_cpu_list(list.value_or(""));
    if (threads && threads->size() > 1) siblings.insert(format_cpu_list(*threads));
  }
  if (!siblings.empty()) {
    facts["thread_siblings"] = std::vector<std::string>(siblings.begin(), siblings.end());
  }
  return facts;
}

}  // namespace

std::vector<Pairs> read_cpuinfo(const Files& files) {
  const std::string text = files.text("/proc/cpuinfo").value_or("");
  std::vector<std::string> cores = {""};
  for (const std::string& line : split_lines(text)) {
    const bool new_core =
        line.starts_with("processor") && parse_pairs(line, ':').contains("processor");
    // Hardware, Serial and the like stand behind an empty line without a `processor` of their own.
    if (new_core || trimmed(line).empty()) cores.emplace_back();
    cores.back() += line + "\n";
  }
  std::vector<Pairs> pairs;
  for (const std::string& core : cores) {
    if (!trimmed(core).empty()) pairs.push_back(parse_pairs(core, ':'));
  }
  return pairs;
}

std::vector<Core> describe_cores(const Files& files, const std::vector<int>& numbers) {
  const std::vector<Pairs> cpuinfo = read_cpuinfo(files);
  std::vector<Core> cores;
  for (const int number : numbers) {
    const Pairs said = cpuinfo_of(cpuinfo, number);
    Core core;
    core.number = number;
    core.capacity = files.integer(core_file(number, "cpu_capacity")).value_or(0);
    core.maximum_kilohertz =
        files.integer(core_file(number, "cpufreq/cpuinfo_max_freq")).value_or(0);
    if (const auto midr = midr_of(files, said, number)) {
      core.arm = true;
      core.type = fmt::format("midr 0x{:08x}", *midr);
      core.name = arm_core_name(static_cast<unsigned>(*midr >> 24 & 0xff),
                                static_cast<unsigned>(*midr >> 4 & 0xfff));
    } else if (said.contains("cpu family")) {
      core.type = fmt::format("{} family {} model {}", value_or_empty(said, "vendor_id"),
                              value_or_empty(said, "cpu family"), value_or_empty(said, "model"));
      const std::string kind = hybrid_kind(files, number);
      if (!kind.empty()) core.type += " " + kind;
      core.name = value_or_empty(said, "model name");
    } else {
      core.name = value_or_empty(said, "model name");
    }
    cores.push_back(std::move(core));
  }
  return cores;
}

std::vector<schema::Cluster> group_cores(const Files& files, const std::vector<Core>& cores) {
  std::vector<Core> sorted = cores;
  std::stable_sort(sorted.begin(), sorted.end(), weaker);
  std::vector<std::vector<Core>> groups;
  for (const Core& core : sorted) {
    const auto group = std::find_if(groups.begin(), groups.end(),
                                    [&](const auto& g) { return alike(g.front(), core); });
    if (group == groups.end()) {
      groups.push_back({core});
    } else {
      group->push_back(core);
    }
  }
  const bool told_apart = strictly_ascending(groups);
  std::vector<schema::Cluster> clusters;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    schema::Cluster cluster;
    cluster.name = cluster_name(i, groups.size(), told_apart);
    for (const Core& core : groups[i]) cluster.cores.push_back(core.number);
    std::sort(cluster.cores.begin(), cluster.cores.end());
    cluster.facts = cluster_facts(files, groups[i]);
    clusters.push_back(std::move(cluster));
  }
  return clusters;
}

}  // namespace motley::devices
