#include "analysis/weak_operators.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <tuple>

#include "analysis/headlines.hpp"
#include "analysis/measurement.hpp"
#include "analysis/network_names.hpp"
#include "analysis/statistics.hpp"
#include "analysis/text.hpp"

namespace motley::analysis {
namespace {

std::int64_t bytes_of(const schema::Key& key) {
  const auto found = key.parameters.find("bytes");
  if (found == key.parameters.end()) return 0;
  const auto* bytes = std::get_if<std::int64_t>(&found->second);
  return bytes ? *bytes : 0;
}

bool is_bandwidth(const Measurement& one, const std::string& processor) {
  return one.family() == "bandwidth" && one.key.processor == processor && one.key.load == "none" &&
         !one.blocks.empty() && bytes_of(one.key) > 0;
}

/// Working sets from here on are main memory; the largest one where there is no curve.
double main_memory_bytes(const std::vector<Measurement>& all, const Levels& levels,
                         const std::string& processor) {
  const auto found = levels.find({processor, "bandwidth"});
  if (found != levels.end() && !found->second.empty()) return found->second.back().from_bytes;
  double largest = 0;
  for (const Measurement& one : all) {
    if (is_bandwidth(one, processor)) largest = std::max(largest, double(bytes_of(one.key)));
  }
  return largest;
}

Roofline roofline(const std::vector<Measurement>& all, const Levels& levels,
                  const std::string& processor, const std::string& dtype) {
  Roofline result{operator_peak(all, processor, dtype), 0, ""};
  const double from = main_memory_bytes(all, levels, processor);
  std::map<std::string, std::vector<double>> curves;  // by case, without its variants
  for (const Measurement& one : all) {
    if (!is_bandwidth(one, processor) || double(bytes_of(one.key)) < from) continue;
    const std::string store = parameter(one.key, "store");
    curves[one.key.case_name + (store.empty() ? "" : " " + store)].push_back(one.value());
  }
  for (const auto& [name, values] : curves) {
    if (median(values) <= result.bytes_per_second) continue;
    result.bytes_per_second = median(values);
    result.bandwidth_from = fmt::format("{} at {} or more", name, bytes_text(from));
  }
  return result;
}

std::string type_of(const schema::Key& key) {
  const std::string dtype = parameter(key, "dtype");
  return dtype.empty() ? "f32" : dtype;
}

std::string row_of(const schema::Key& key) {
  return fmt::format("{} {} {} {}", key.processor, key.case_name.substr(3), parameter(key, "shape"),
                     parameter(key, "direction"));
}

bool counts(const schema::Key& key) {
  return key.case_name.starts_with("op/") && key.load == "none" &&
         parameter(key, "cache") != "warm";
}

struct Share {
  double share = 0;
  bool memory_bound = false;
};

/// Least seconds over measured seconds.
Share share_of(double flops, double bytes, double seconds, const Roofline& bound) {
  const double arithmetic = flops / bound.peak.per_second;
  const double memory = bytes / bound.bytes_per_second;
  return {std::max(arithmetic, memory) / seconds, memory > arithmetic};
}

OperatorShare share_of(const Measurement& one, const schema::Work& work, const Roofline& bound) {
  std::vector<double> seconds;
  for (const BlockFigure& block : one.blocks) seconds.push_back(block.run_seconds);
  const Share share =
      share_of(work.flops, work.bytes_read + work.bytes_written, median(seconds), bound);
  return {one.key.processor,
          "",
          one.key.case_name.substr(3),
          parameter(one.key, "shape"),
          parameter(one.key, "direction"),
          parameter(one.key, "implementation"),
          share.share,
          share.memory_bound};
}

/// Those that a device left to the CPU: its roofline says nothing of them.
std::set<std::string> placed_on_cpu(const schema::Block& block) {
  std::set<std::string> names;
  const auto found = block.details.find("placed_on_cpu");
  if (found == block.details.end()) return names;
  const auto* lines = std::get_if<std::vector<std::string>>(&found->second);
  if (!lines) return names;
  for (const std::string& line : *lines) names.insert(line.substr(0, line.find(": ")));
  return names;
}

/// A network's operators over the blocks of one key, each with its median, the costliest first.
/// Without an implementation where blocks chose different ones.
std::vector<schema::OperatorTime> costliest_first(const std::vector<const schema::Block*>& blocks) {
  std::map<std::string, std::vector<const schema::OperatorTime*>> by_name;
  for (const schema::Block* block : blocks) {
    const std::set<std::string> elsewhere = placed_on_cpu(*block);
    for (const schema::OperatorTime& one : block->operators) {
      if (!elsewhere.contains(one.name)) by_name[one.name].push_back(&one);
    }
  }
  std::vector<schema::OperatorTime> result;
  for (const auto& [name, times] : by_name) {
    result.push_back(*times.front());
    std::vector<double> seconds;
    for (const schema::OperatorTime* one : times) {
      seconds.push_back(one->seconds);
      if (one->implementation != times.front()->implementation) result.back().implementation = "";
    }
    result.back().seconds = median(std::move(seconds));
  }
  std::stable_sort(result.begin(), result.end(),
                   [](const auto& a, const auto& b) { return a.seconds > b.seconds; });
  return result;
}

void judge_network(const std::vector<const schema::Block*>& blocks, const std::string& network,
                   const Roofline& bound, WeakOperators& result) {
  const std::vector<schema::OperatorTime> all = costliest_first(blocks);
  double left = 0;
  for (const schema::OperatorTime& op : all) left += op.seconds;
  const double negligible = (1 - network_share) * left;
  for (const schema::OperatorTime& op : all) {
    if (left <= negligible || op.seconds <= 0) return;
    left -= op.seconds;
    ++result.judged;
    const Share share = share_of(op.flops, op.bytes, op.seconds, bound);
    if (share.share >= weak_share) continue;
    result.weak.push_back({blocks.front()->key.processor, network, op.name, "", "",
                           op.implementation, share.share, share.memory_bound});
  }
}

class Judge {
 public:
  explicit Judge(const schema::Log& log)
      : log_(log),
        all_(measurements(log)),
        levels_(memory_levels(measurements(undisturbed(log)))) {}

  WeakOperators judge() {
    judge_cases();
    judge_networks();
    std::stable_sort(result_.weak.begin(), result_.weak.end(), [](const auto& a, const auto& b) {
      return std::tie(a.processor, a.network, a.share) < std::tie(b.processor, b.network, b.share);
    });
    return std::move(result_);
  }

 private:
  const Roofline& bound_of(const schema::Key& key) {
    const auto [bound, is_new] = result_.rooflines.try_emplace({key.processor, type_of(key)});
    if (is_new) bound->second = roofline(all_, levels_, key.processor, type_of(key));
    return bound->second;
  }

  void judge_cases() {
    std::map<std::string, const schema::Work*> works;  // of ok blocks: others may know none
    std::set<std::string> failed;
    for (const schema::Block& block : log_.blocks) {
      if (!counts(block.key)) continue;
      if (block.status == schema::Status::ok) works[schema::to_string(block.key)] = &block.work;
      const bool bad =
          block.status == schema::Status::wrong || block.status == schema::Status::failed;
      if (bad) failed.insert(row_of(block.key));
    }
    std::map<std::string, OperatorShare> best;
    for (const Measurement& one : all_) {
      if (!counts(one.key) || one.blocks.empty()) continue;
      failed.erase(row_of(one.key));
      const Roofline& bound = bound_of(one.key);
      if (!bound.known()) continue;
      OperatorShare share = share_of(one, *works.at(schema::to_string(one.key)), bound);
      const auto [kept, is_first] = best.try_emplace(row_of(one.key), share);
      if (!is_first && share.share > kept->second.share) kept->second = std::move(share);
    }
    result_.without_result.assign(failed.begin(), failed.end());
    result_.judged = best.size();
    for (const auto& [row, one] : best) {
      if (one.share < weak_share) result_.weak.push_back(one);
    }
  }

  /// Operators of networks, from their profiled runs.
  void judge_networks() {
    const NetworkNames names(all_);
    std::map<std::string, std::vector<const schema::Block*>> networks;
    for (const schema::Block& block : log_.blocks) {
      const bool counted = block.status == schema::Status::ok && block.key.load == "none" &&
                           is_network(block.key) && !block.operators.empty();
      if (counted) networks[schema::to_string(block.key)].push_back(&block);
    }
    for (const auto& [text, blocks] : networks) {
      const schema::Key& key = blocks.front()->key;
      const Roofline& bound = bound_of(key);
      if (bound.known()) judge_network(blocks, names.name(key), bound, result_);
    }
  }

  const schema::Log& log_;
  const std::vector<Measurement> all_;
  const Levels levels_;
  WeakOperators result_;
};

std::string missing_text(const std::string& processor, const Roofline& bound) {
  const bool no_peak = bound.peak.per_second <= 0, no_bandwidth = bound.bytes_per_second <= 0;
  const std::string what = !no_bandwidth ? "no " + bound.peak.case_names
                           : !no_peak    ? "no bandwidth/*"
                                         : "neither " + bound.peak.case_names + " nor bandwidth/*";
  return wrapped(
      fmt::format("{}: {} in these records (its operators have no roofline). Add a file of: motley "
                  "run --filter '^(flops|bandwidth)/' --on {}",
                  processor, what, processor));
}

std::string bound_text(const std::string& processor, const std::string& dtype,
                       const Roofline& bound) {
  if (!bound.known()) return missing_text(processor, bound);
  return wrapped(fmt::format(
      "Roofline of {} for {}: {} G/s ({}), {} GB/s ({}); each operand moved "
      "once",
      processor, dtype, three_digits(bound.peak.per_second * 1e-9), bound.peak.case_names,
      three_digits(bound.bytes_per_second * 1e-9), bound.bandwidth_from));
}

std::string share_text(const OperatorShare& one) {
  const std::string row = one.network.empty() ? fmt::format("{} {} {} {}", one.processor, one.name,
                                                            one.shape, one.direction)
                                              : "  " + one.name;
  return fmt::format(
      "{}{}  {}{}\n", left(clipped(row, 47), 48), right(fmt::format("{:.3f}", one.share), 6),
      left(one.memory_bound ? "memory" : "flops", 8), clipped(one.implementation, 16));
}

}  // namespace

WeakOperators weak_operators(const schema::Log& log) {
  return Judge(log).judge();
}

std::string weak_operators_text(const schema::Log& log) {
  const WeakOperators all = weak_operators(log);
  std::string text;
  for (const auto& [key, bound] : all.rooflines) text += bound_text(key.first, key.second, bound);
  if (all.rooflines.empty()) {
    text +=
        "No operators in these records (measure them: motley run "
        "--filter '^op/').\n";
  }
  text += fmt::format("{} of {} operators, shapes and directions are below {} of it.\n",
                      all.weak.size(), all.judged, weak_share);
  if (!all.weak.empty()) {
    text += fmt::format("{}{}  {}{}\n", left("", 48), right("share", 6), left("bound", 8), "who");
  }
  std::string network;
  for (const OperatorShare& one : all.weak) {
    const std::string its = one.network.empty() ? "" : one.processor + " " + one.network;
    if (its != network && !its.empty()) text += wrapped(its);
    network = its;
    text += share_text(one);
  }
  for (const std::string& row : all.without_result) {
    text += wrapped(row + ": wrong or failed in every implementation that was tried");
  }
  return text;
}

}  // namespace motley::analysis
