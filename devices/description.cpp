#include "devices/description.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "devices/description_layout.hpp"
#include "devices/linux/parse.hpp"

namespace motley::devices {
namespace {

std::string system_text(const schema::Facts& facts) {
  const std::string kernel = text_fact(facts, "kernel"), guest = text_fact(facts, "hypervisor");
  return join({text_fact(facts, "os"), kernel.empty() ? "" : "Linux " + kernel,
               text_fact(facts, "architecture"),
               guest.empty() ? "" : "virtual machine (" + guest + ")"});
}

std::string memory_text(const schema::Facts& facts) {
  std::vector<std::string> parts;
  if (const auto* total = fact<std::int64_t>(facts, "memory_total_bytes")) {
    parts.push_back(bytes_text(*total));
  }
  if (const auto* left = fact<std::int64_t>(facts, "memory_available_bytes")) {
    parts.push_back(bytes_text(*left) + " available");
  }
  if (const auto* limit = fact<std::int64_t>(facts, "memory_limit_bytes")) {
    parts.push_back("limited to " + bytes_text(*limit));
  }
  if (const auto* page = fact<std::int64_t>(facts, "page_bytes")) {
    parts.push_back("pages of " + bytes_text(*page));
  }
  if (const auto* huge = fact<std::int64_t>(facts, "huge_page_bytes")) {
    parts.push_back("huge pages of " + bytes_text(*huge));
  }
  const std::string mode = text_fact(facts, "transparent_huge_pages");
  if (!mode.empty()) parts.push_back("transparent huge pages: " + mode);
  if (const auto* nodes = fact<std::vector<std::string>>(facts, "numa_nodes")) {
    parts.push_back(fmt::format("{} NUMA node{}", nodes->size(), nodes->size() == 1 ? "" : "s"));
  }
  return join(parts);
}

std::string cores_text(const schema::Facts& facts) {
  const auto* quota = fact<double>(facts, "quota_cores");
  const std::string online = text_fact(facts, "cores_online");
  const std::string allowed = text_fact(facts, "cores_allowed");
  const std::string possible = text_fact(facts, "cores_possible");
  const auto* siblings = fact<bool>(facts, "smt");
  return join({"online " + online,
               possible.empty() || possible == online ? "" : "possible " + possible,
               allowed == online ? "all usable" : "this process may use only " + allowed,
               siblings == nullptr ? ""
               : *siblings         ? "several threads a core, of which cpu and clusters use one"
                                   : "one thread a core",
               quota == nullptr ? "" : fmt::format("throttled to the time of {:g} cores", *quota)});
}

/// What a kernel for deep learning may care about; the rest is in the JSON.
bool is_compute_flag(const std::string& flag) {
  if (flag == "smep") return false;  // a protection of x86, not Arm's matrix extension
  for (const char* prefix : {"sse4_2", "avx", "fma", "f16c", "amx", "gfni", "asimd", "neon",
                             "vfpv4", "fphp", "sve", "sme", "i8mm", "bf16"}) {
    if (flag.starts_with(prefix)) return true;
  }
  return false;
}

std::string isa_text(const schema::Facts& facts) {
  const auto* flags = fact<std::vector<std::string>>(facts, "isa");
  if (flags == nullptr) return {};
  std::vector<std::string> shown;
  std::copy_if(flags->begin(), flags->end(), std::back_inserter(shown), is_compute_flag);
  return join(shown, " ") + fmt::format(" and {} more", flags->size() - shown.size());
}

std::string device_text(const schema::Device& device) {
  std::string text = wrapped("", device.name);
  const auto row = [&](const char* label, const std::string& value) {
    if (!value.empty()) text += wrapped(fmt::format("  {:<8}", label), value);
  };
  row("id", device.id);
  row("soc", text_fact(device.facts, "soc"));
  row("cpu", text_fact(device.facts, "cpu_name"));
  row("system", system_text(device.facts));
  row("memory", memory_text(device.facts));
  row("cores", cores_text(device.facts));
  row("isa", isa_text(device.facts));
  return text;
}

std::string clusters_text(const schema::Device& device) {
  if (device.clusters.empty()) return {};
  std::string text = "\nClusters of cores\n";
  for (const schema::Cluster& cluster : device.clusters) {
    const schema::Facts& facts = cluster.facts;
    const auto* least = fact<double>(facts, "minimum_frequency_hertz");
    const auto* most = fact<double>(facts, "maximum_frequency_hertz");
    const auto* capacity = fact<std::int64_t>(facts, "capacity");
    const std::string governor = text_fact(facts, "governor");
    text += wrapped(fmt::format("  {:<9} {:<8} ", cluster.name, format_cpu_list(cluster.cores)),
                    join({text_fact(facts, "core_name"),
                          most == nullptr    ? "frequencies not told"
                          : least == nullptr ? "up to " + hertz_text(*most)
                                             : hertz_text(*least) + " to " + hertz_text(*most),
                          governor.empty() ? "" : "governor " + governor,
                          capacity == nullptr ? "" : fmt::format("capacity {}", *capacity)}));
  }
  return text;
}

std::string caches_text(const schema::Device& device) {
  if (device.caches.empty()) return "\nCaches: the system tells none.\n";
  // Equal caches of one level in one row: 48 KiB for each of cores 0, 1.
  std::map<std::tuple<int, std::string, std::int64_t, bool>, std::vector<std::string>> rows;
  for (const schema::Cache& cache : device.caches) {
    rows[{cache.level, cache.type, cache.bytes, cache.confirmed}].push_back(
        format_cpu_list(cache.shared_by));
  }
  std::string text = "\nCaches, as the system tells them (?: not confirmed by a measurement)\n";
  for (const auto& [key, sharers] : rows) {
    const auto& [level, type, bytes, confirmed] = key;
    text += wrapped(fmt::format("  L{} {:<12} {:>10}{} ", level, type, bytes_text(bytes),
                                confirmed ? " " : "?"),
                    fmt::format("{} of cores {}", sharers.size(), join(sharers, " | ")));
  }
  return text;
}

std::string value_text(const std::string& quantity, double value) {
  if (quantity == "frequency_hertz") return value == 0 ? "off" : hertz_text(value);
  if (quantity == "temperature_celsius") return fmt::format("{:.1f} C", value);
  if (quantity == "power_watts") return fmt::format("{:.2f} W", value);
  if (quantity.ends_with("_bytes")) return bytes_text(static_cast<std::int64_t>(value));
  if (quantity.ends_with("_share")) return fmt::format("{:.0f} %", value * 100);
  if (quantity.ends_with("_seconds")) return fmt::format("{:.6g} s", value);
  return fmt::format("{:.6g}", value);
}

std::string instruments_text(const std::vector<InstrumentState>& instruments) {
  struct Row {
    int value = 0, denied = 0, absent = 0;
    double low = 0, high = 0;
    std::string reason;
  };
  std::map<std::string, Row> rows;
  for (const InstrumentState& instrument : instruments) {
    Row& row = rows[instrument.name.substr(0, instrument.name.find('/'))];
    const Reading& reading = instrument.reading;
    if (reading.state == Reading::State::value) {
      row.low = row.value == 0 ? reading.value : std::min(row.low, reading.value);
      row.high = row.value == 0 ? reading.value : std::max(row.high, reading.value);
      ++row.value;
    } else {
      ++(reading.state == Reading::State::denied ? row.denied : row.absent);
      if (row.reason.empty()) row.reason = reading.reason;
    }
  }
  std::string text = "\nInstruments                values denied absent  now\n";
  for (const auto& [quantity, row] : rows) {
    const std::string label =
        fmt::format("  {:<26} {:>4} {:>6} {:>6}  ", quantity, row.value, row.denied, row.absent);
    const std::string low = value_text(quantity, row.low), high = value_text(quantity, row.high);
    text += wrapped(label, row.value == 0 ? row.reason : low == high ? low : low + " to " + high);
  }
  return text;
}

}  // namespace

std::string description_text(const Inventory& inventory) {
  return device_text(inventory.device) + clusters_text(inventory.device) +
         caches_text(inventory.device) + processors_text(inventory) +
         instruments_text(inventory.instruments);
}

std::vector<InstrumentState> read_all(const Instruments& instruments) {
  std::vector<InstrumentState> states;
  for (const auto& instrument : instruments) {
    states.push_back(
        {instrument->name(), instrument->source(), instrument->counts(), instrument->read()});
  }
  return states;
}

}  // namespace motley::devices
