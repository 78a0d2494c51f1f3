#include "analysis/weak_operators.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <tuple>

#include "analysis/measurement.hpp"
#include "analysis/network_names.hpp"
#include "analysis/profiled_network.hpp"
#include "analysis/statistics.hpp"
#include "analysis/text.hpp"

namespace motley::analysis {
namespace {

std::string row_of(const schema::Key& key) {
  return fmt::format("{} {} {} {}", key.processor, key.case_name.substr(3), parameter(key, "shape"),
                     parameter(key, "direction"));
}

bool counts(const schema::Key& key) {
  return key.case_name.starts_with("op/") && key.load == "none" &&
         parameter(key, "cache") != "warm";
}

double share_of(double flops, double bytes, double seconds, const Roof& bound) {
  return seconds > 0 ? bound.least_seconds(flops, bytes) / seconds : 0;
}

OperatorShare share_of(const Measurement& one, const schema::Work& work, const Roof& bound) {
  std::vector<double> seconds;
  for (const BlockFigure& block : one.blocks) seconds.push_back(block.run_seconds);
  const double bytes = work.bytes_read + work.bytes_written;
  return {one.key.processor,
          "",
          one.key.case_name.substr(3),
          parameter(one.key, "shape"),
          parameter(one.key, "direction"),
          parameter(one.key, "implementation"),
          share_of(work.flops, bytes, median(seconds), bound),
          bound.memory_bound(work.flops, bytes)};
}

/// Without those that a device left to the CPU: its roofline says nothing of them.
std::vector<ProfiledOperator> costliest_first(const ProfiledNetwork& network) {
  std::vector<ProfiledOperator> result = network.operators;
  std::erase_if(result, [&](const auto& one) { return network.on_cpu.contains(one.name); });
  std::stable_sort(result.begin(), result.end(),
                   [](const auto& a, const auto& b) { return a.seconds > b.seconds; });
  return result;
}

void judge_network(const ProfiledNetwork& network, const std::string& name, const Roof& bound,
                   WeakOperators& result) {
  const std::vector<ProfiledOperator> all = costliest_first(network);
  double left = 0;
  for (const ProfiledOperator& op : all) left += op.seconds;
  const double negligible = (1 - network_share) * left;
  for (const ProfiledOperator& op : all) {
    if (left <= negligible || op.seconds <= 0) return;
    left -= op.seconds;
    ++result.judged;
    const double share = share_of(op.flops, op.bytes, op.seconds, bound);
    if (share >= weak_share) continue;
    result.weak.push_back({network.key().processor, name, op.name, "", "", op.implementation, share,
                           bound.memory_bound(op.flops, op.bytes)});
  }
}

class Judge {
 public:
  explicit Judge(const schema::Log& log)
      : log_(log), all_(measurements(log)), ceilings_(log, all_) {}

  WeakOperators judge() {
    judge_cases();
    judge_networks();
    std::stable_sort(result_.weak.begin(), result_.weak.end(), [](const auto& a, const auto& b) {
      return std::tie(a.processor, a.network, a.share) < std::tie(b.processor, b.network, b.share);
    });
    return std::move(result_);
  }

 private:
  const Roof& bound_of(const schema::Key& key) {
    const auto [bound, is_new] = result_.rooflines.try_emplace({key.processor, dtype_of(key)});
    if (is_new) bound->second = ceilings_.roof(key.processor, dtype_of(key));
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
      const Roof& bound = bound_of(one.key);
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
    for (const ProfiledNetwork& one : profiled_networks(log_)) {
      const Roof& bound = bound_of(one.key());
      if (bound.known()) judge_network(one, names.name(one.key()), bound, result_);
    }
  }

  const schema::Log& log_;
  const std::vector<Measurement> all_;
  const Ceilings ceilings_;
  WeakOperators result_;
};

std::string missing_text(const std::string& processor, const Roof& bound) {
  const bool no_peak = bound.peak.per_second <= 0, no_bandwidth = bound.bytes_per_second <= 0;
  const std::string what = !no_bandwidth ? "no " + bound.peak.case_names
                           : !no_peak    ? "no bandwidth/*"
                                         : "neither " + bound.peak.case_names + " nor bandwidth/*";
  return wrapped(
      fmt::format("{}: {} in these records (its operators have no roofline). Add a file of: motley "
                  "run --filter '^(flops|bandwidth)/' --on {}",
                  processor, what, processor));
}

std::string bound_text(const std::string& processor, const std::string& dtype, const Roof& bound) {
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
