// Networks and operators: what a step takes, on which processor, under which residency mode, and
// where its time goes; what share of the measured peak each operator reaches.
#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "analysis/measurement.hpp"
#include "analysis/summary_tables.hpp"
#include "analysis/text.hpp"

namespace motley::analysis {
namespace {

std::string parameter(const schema::Key& key, const std::string& name) {
  const auto found = key.parameters.find(name);
  return found == key.parameters.end() ? "" : schema::to_string(found->second);
}

bool is_network(const schema::Key& key) {
  return key.case_name.ends_with("/training") || key.case_name.ends_with("/inference");
}

/// What rows of one group share: all parameters but the residency mode.
std::string group_of(const schema::Key& key) {
  std::string text = key.case_name.substr(0, key.case_name.find('/'));
  text += key.case_name.ends_with("/training") ? " training" : " inference";
  for (const auto& [name, value] : key.parameters) {
    const std::string shown = schema::to_string(value);
    const bool usual = name == "dtype" || name == "residency" || shown == "auto" ||
                       (name == "optimizer" && shown == "momentum") ||
                       (name == "bias" && shown == "1");
    if (!usual) text += fmt::format(" {}={}", name, shown);
  }
  return text;
}

/// Shares of a profiled run: on a device what it did, and what the host did while it was idle.
struct Split {
  double compute = 0, copies = 0, submit = 0, blocked = 0, other = 0;
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
  const auto& busy = on_device ? device->second : block.timeline.at("host");
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
  const auto& gap = block.timeline.at("gap");
  split.submit = at(gap, "submit") / whole;
  split.blocked = at(gap, "blocked") / whole;
  split.other = std::max(0.0, 1 - split.compute - split.copies - split.submit - split.blocked);
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
      "  {}{}{}{}{}{}{}{}\n", left(name, 29), right(seconds_text(row.measurement->value()), 10),
      right(row.ratio > 0 ? three_digits(row.ratio) : "", 7), right(share(split.compute), 7),
      right(share(split.copies), 6), right(share(split.submit), 7), right(share(split.blocked), 8),
      right(share(split.other), 6));
}

}  // namespace

std::string network_tables(const SummaryInput& input, const std::vector<Measurement>& all) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<Row>> groups;
  for (const Measurement& one : all) {
    if (!is_network(one.key) || one.blocks.empty()) continue;
    const std::string group = group_of(one.key);
    if (!groups.contains(group)) order.push_back(group);
    groups[group].push_back({&one, 0});
  }
  if (order.empty()) return "";
  std::string text = fmt::format("\n{}{}{}{}{}{}{}{}\n", left("Networks", 31), right("time", 10),
                                 right("x cpu", 7), right("compute", 8), right("copy", 5),
                                 right("submit", 7), right("blocked", 8), right("other", 6));
  text += wrapped("  (shares of a profiled run; submit, blocked: the device waits for that)");
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
  std::map<std::string, double> peaks;
  for (const Measurement& one : all) {
    if (one.blocks.empty()) continue;
    if (one.key.case_name == "flops/fp32") {
      peaks[one.key.processor] = std::max(peaks[one.key.processor], one.value());
    }
    if (!one.key.case_name.starts_with("op/")) continue;
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
  text += wrapped("  (flop/s, or byte/s where nothing is multiplied; share of flops/fp32)");
  for (const std::string& name : order) {
    auto& ranked = lines[name].by_speed;
    std::stable_sort(ranked.begin(), ranked.end(), [](const Measurement* a, const Measurement* b) {
      return a->value() > b->value();
    });
    for (std::size_t i = 0; i < ranked.size(); ++i) {
      const Measurement& one = *ranked[i];
      const double peak = peaks[one.key.processor];
      const bool shares = peak > 0 && one.metric == schema::Metric::flops_per_second;
      text += fmt::format("{}{}{}  {}\n", left(i == 0 ? name : "", 46),
                          right(three_digits(one.value() * 1e-9), 7),
                          right(shares ? fmt::format("{:.0f} %", 100 * one.value() / peak) : "", 6),
                          left(parameter(one.key, "implementation"), 19));
    }
  }
  return text;
}

}  // namespace motley::analysis
