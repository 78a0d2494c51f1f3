// Networks and operators: what a step takes, on which processor, under which residency mode, and
// where its time goes; what share of the measured peak each operator reaches.
#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <utility>

#include "analysis/measurement.hpp"
#include "analysis/network_names.hpp"
#include "analysis/operator_peak.hpp"
#include "analysis/summary_tables.hpp"
#include "analysis/text.hpp"

namespace motley::analysis {
namespace {

/// Shares of a profiled run: on a device what it did, and what the host did while it was idle.
struct Split {
  double compute = 0, copies = 0, submit = 0, blocked = 0;
  double host = 0;   ///< the device waits for what the host computes
  double other = 0;  ///< what nothing explains
};

double at(const std::map<std::string, double>& figures, const char* name) {
  const auto found = figures.find(name);
  return found == figures.end() ? 0 : found->second;
}

Split split_of(const schema::Block& block) {
  Split split;
  const auto run = block.timeline.find("run");
  if (run == block.timeline.end()) return split;
  const double whole = std::max(1e-12, at(run->second, "profiled_seconds"));
  const auto device = block.timeline.find("device");
  const bool on_device = device != block.timeline.end();
  const std::map<std::string, double> nothing;
  const auto part = [&](const char* name) -> const std::map<std::string, double>& {
    const auto found = block.timeline.find(name);
    return found == block.timeline.end() ? nothing : found->second;
  };
  const auto& busy = on_device ? device->second : part("host");
  for (const char* name :
       {"forward", "loss", "backward_data", "backward_weights", "update", "compute"}) {
    split.compute += at(busy, name) / whole;
  }
  for (const char* name : {"host_to_device", "device_to_host", "convert", "copy"}) {
    split.copies += at(busy, name) / whole;
  }
  if (!on_device) {
    split.other = at(busy, "other") / whole;
    return split;
  }
  const auto& gap = part("gap");
  split.copies += at(gap, "copy") / whole;
  split.submit = at(gap, "submit") / whole;
  split.blocked = at(gap, "blocked") / whole;
  split.host = at(gap, "compute") / whole;
  split.other = at(run->second, "unattributed_seconds") / whole;  // with the gap's own other
  return split;
}

/// The last ok block of a key: splits are medians of several runs already.
const schema::Block* block_of(const schema::Log& log, const schema::Key& key) {
  const schema::Block* last = nullptr;
  for (const schema::Block& block : log.blocks) {
    if (block.status == schema::Status::ok && block.key == key) last = &block;
  }
  return last;
}

struct Row {
  const Measurement* measurement;
  double ratio = 0;  ///< to the CPU's fastest of the group
};

std::string network_row(const schema::Log& log, const Row& row) {
  const schema::Key& key = row.measurement->key;
  const schema::Block* block = block_of(log, key);
  const Split split = block ? split_of(*block) : Split{};
  const auto share = [](double part) {
    return part < 0.005 ? std::string("-") : fmt::format("{:.0f} %", 100 * part);
  };
  std::string name = key.processor;
  const std::string residency = parameter(key, "residency");
  if (!residency.empty()) name += " " + residency;
  return fmt::format(
      "  {}{}{}{}{}{}{}{}{}\n", left(name, 25), right(seconds_text(row.measurement->value()), 8),
      right(row.ratio > 0 ? three_digits(row.ratio) : "", 6), right(share(split.compute), 8),
      right(share(split.copies), 5), right(share(split.submit), 7), right(share(split.blocked), 8),
      right(share(split.host), 5), right(share(split.other), 6));
}

}  // namespace

std::string network_tables(const SummaryInput& input, const std::vector<Measurement>& all) {
  const NetworkNames names(all);
  std::vector<std::string> order;
  std::map<std::string, std::vector<Row>> groups;
  for (const Measurement& one : all) {
    if (!is_network(one.key) || one.blocks.empty()) continue;
    const std::string group = names.without_residency(one.key);
    if (!groups.contains(group)) order.push_back(group);
    groups[group].push_back({&one, 0});
  }
  if (order.empty()) return "";
  std::string text =
      fmt::format("\n{}{}{}{}{}{}{}{}{}\n", left("Networks", 27), right("time", 8),
                  right("x cpu", 6), right("compute", 8), right("copy", 5), right("submit", 7),
                  right("blocked", 8), right("host", 5), right("other", 6));
  text += wrapped(
      "  (shares of a profiled run; submit, blocked, host: the device waits for that, host: for "
      "what the CPU computes; other: what nothing explains)");
  for (const std::string& group : order) {
    double cpu = 0;
    for (const Row& row : groups[group]) {
      const double value = row.measurement->value();
      if (row.measurement->key.processor == "cpu") cpu = cpu > 0 ? std::min(cpu, value) : value;
    }
    text += wrapped(group);
    for (Row& row : groups[group]) {
      if (cpu > 0 && row.measurement->key.processor != "cpu") {
        row.ratio = row.measurement->value() / cpu;
      }
      text += network_row(input.log, row);
    }
  }
  return text;
}

std::string operator_tables(const std::vector<Measurement>& all) {
  struct Line {
    std::vector<const Measurement*> by_speed;
  };
  std::vector<std::string> order;
  std::map<std::string, Line> lines;
  std::map<std::pair<std::string, std::string>, double> peaks;  // by processor and type
  for (const Measurement& one : all) {
    if (one.blocks.empty() || !one.key.case_name.starts_with("op/")) continue;
    const std::string dtype = parameter(one.key, "dtype");
    const auto [peak, is_new] = peaks.try_emplace({one.key.processor, dtype});
    if (is_new) peak->second = operator_peak(all, one.key.processor, dtype).per_second;
    const std::string cache = parameter(one.key, "cache");
    const std::string name =
        fmt::format("{} {} {} {}{}", one.key.processor, one.key.case_name.substr(3),
                    parameter(one.key, "shape"), parameter(one.key, "direction"),
                    cache == "warm" ? " warm" : "");
    if (!lines.contains(name)) order.push_back(name);
    lines[name].by_speed.push_back(&one);
  }
  if (order.empty()) return "";
  std::string text = fmt::format("\n{}{}{}  {}\n", left("Operators", 46), right("G/s", 7),
                                 right("peak", 6), "who");
  text += wrapped(
      "  (operations or, where nothing is multiplied, bytes a second; share of flops/fp32, of "
      "8-bit "
      "ones of the better of flops/int8_dot and flops/matrix_int8; ?: not in these records)");
  for (const std::string& name : order) {
    auto& ranked = lines[name].by_speed;
    std::stable_sort(ranked.begin(), ranked.end(), [](const Measurement* a, const Measurement* b) {
      return a->value() > b->value();
    });
    for (std::size_t i = 0; i < ranked.size(); ++i) {
      const Measurement& one = *ranked[i];
      const double peak = peaks.at({one.key.processor, parameter(one.key, "dtype")});
      std::string share;
      if (one.metric == schema::Metric::flops_per_second) {
        share = peak > 0 ? fmt::format("{:.0f} %", 100 * one.value() / peak) : "?";
      }
      text += fmt::format("{}{}{}  {}\n", left(i == 0 ? name : "", 46),
                          right(three_digits(one.value() * 1e-9), 7), right(share, 6),
                          left(parameter(one.key, "implementation"), 19));
    }
  }
  return text;
}

}  // namespace motley::analysis
