#include "analysis/weak_operators.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "analysis/headlines.hpp"
#include "analysis/measurement.hpp"
#include "analysis/statistics.hpp"
#include "analysis/text.hpp"

namespace motley::analysis {
namespace {

std::string parameter(const schema::Key& key, const std::string& name) {
  const auto found = key.parameters.find(name);
  return found == key.parameters.end() ? "" : schema::to_string(found->second);
}

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
                  const std::string& processor) {
  Roofline result;
  const double from = main_memory_bytes(all, levels, processor);
  std::map<std::string, std::vector<double>> curves;  // by case, without its variants
  for (const Measurement& one : all) {
    if (one.key.case_name == "flops/fp32" && one.key.processor == processor &&
        one.key.load == "none" && !one.blocks.empty()) {
      result.flops_per_second = std::max(result.flops_per_second, one.value());
    }
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

std::string row_of(const schema::Key& key) {
  return fmt::format("{} {} {} {}", key.processor, key.case_name.substr(3), parameter(key, "shape"),
                     parameter(key, "direction"));
}

bool counts(const schema::Key& key) {
  return key.case_name.starts_with("op/") && key.load == "none" &&
         parameter(key, "cache") != "warm";
}

/// Least seconds of a run over its measured seconds.
OperatorShare share_of(const Measurement& one, const schema::Work& work, const Roofline& bound) {
  const double arithmetic = work.flops / bound.flops_per_second;
  const double memory = (work.bytes_read + work.bytes_written) / bound.bytes_per_second;
  std::vector<double> seconds;
  for (const BlockFigure& block : one.blocks) seconds.push_back(block.run_seconds);
  return {one.key.processor,
          one.key.case_name.substr(3),
          parameter(one.key, "shape"),
          parameter(one.key, "direction"),
          parameter(one.key, "implementation"),
          std::max(arithmetic, memory) / median(seconds),
          memory > arithmetic};
}

/// A network's operators, each in median over the blocks of one key, the costliest first.
using NetworkOperators = std::vector<std::pair<schema::OperatorTime, double>>;
NetworkOperators costliest_first(const std::vector<const schema::Block*>& blocks) {
  NetworkOperators result;
  for (std::size_t i = 0; i < blocks.front()->operators.size(); ++i) {
    std::vector<double> seconds;
    for (const schema::Block* block : blocks) {
      if (i < block->operators.size()) seconds.push_back(block->operators[i].seconds);
    }
    result.emplace_back(blocks.front()->operators[i], median(std::move(seconds)));
  }
  std::stable_sort(result.begin(), result.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return result;
}

void judge_network(const std::vector<const schema::Block*>& blocks, const Roofline& bound,
                   WeakOperators& result) {
  const schema::Key& key = blocks.front()->key;
  const NetworkOperators all = costliest_first(blocks);
  double left = 0;
  for (const auto& [op, seconds] : all) left += seconds;
  const double negligible = (1 - network_share) * left;
  for (const auto& [op, seconds] : all) {
    if (left <= negligible || seconds <= 0) return;
    left -= seconds;
    ++result.judged;
    const double arithmetic = op.flops / bound.flops_per_second;
    const double memory = op.bytes / bound.bytes_per_second;
    const double share = std::max(arithmetic, memory) / seconds;
    if (share >= weak_share) continue;
    result.weak.push_back(
        {key.processor, key.case_name, op.name, "", op.implementation, share, memory > arithmetic});
  }
}

/// Operators of networks, from their profiled runs.
void judge_networks(const schema::Log& log, const std::vector<Measurement>& all,
                    const Levels& levels, WeakOperators& result) {
  std::map<std::string, std::vector<const schema::Block*>> networks;
  for (const schema::Block& block : log.blocks) {
    const bool counted = block.status == schema::Status::ok && block.key.load == "none";
    if (counted && !block.operators.empty())
      networks[schema::to_string(block.key)].push_back(&block);
  }
  for (const auto& [key, blocks] : networks) {
    const std::string& processor = blocks.front()->key.processor;
    const auto [bound, is_new] = result.rooflines.try_emplace(processor);
    if (is_new) bound->second = roofline(all, levels, processor);
    if (bound->second.flops_per_second <= 0 || bound->second.bytes_per_second <= 0) continue;
    judge_network(blocks, bound->second, result);
  }
}

std::string missing_text(const std::string& processor, const Roofline& bound) {
  const char* what = bound.flops_per_second > 0   ? "no bandwidth/*"
                     : bound.bytes_per_second > 0 ? "no flops/fp32"
                                                  : "neither flops/fp32 nor bandwidth/*";
  return wrapped(
      fmt::format("{}: {} in these records (its operators have no roofline). Add a file of: motley "
                  "run --filter '^(flops/fp32|bandwidth/)' --on {}",
                  processor, what, processor));
}

}  // namespace

WeakOperators weak_operators(const schema::Log& log) {
  WeakOperators result;
  const std::vector<Measurement> all = measurements(log);
  const Levels levels = memory_levels(all);
  std::map<std::string, const schema::Work*> works;
  std::set<std::string> failed;
  for (const schema::Block& block : log.blocks) {
    works[schema::to_string(block.key)] = &block.work;
    const bool bad =
        block.status == schema::Status::wrong || block.status == schema::Status::failed;
    if (bad && counts(block.key)) failed.insert(row_of(block.key));
  }
  std::map<std::string, OperatorShare> best;
  for (const Measurement& one : all) {
    if (!counts(one.key) || one.blocks.empty()) continue;
    failed.erase(row_of(one.key));
    const auto [bound, is_new] = result.rooflines.try_emplace(one.key.processor);
    if (is_new) bound->second = roofline(all, levels, one.key.processor);
    if (bound->second.flops_per_second <= 0 || bound->second.bytes_per_second <= 0) continue;
    OperatorShare share = share_of(one, *works.at(schema::to_string(one.key)), bound->second);
    OperatorShare& kept = best[row_of(one.key)];
    if (share.share > kept.share) kept = std::move(share);
  }
  result.without_result.assign(failed.begin(), failed.end());
  result.judged = best.size();
  for (const auto& [row, one] : best) {
    if (one.share < weak_share) result.weak.push_back(one);
  }
  judge_networks(log, all, levels, result);
  std::stable_sort(result.weak.begin(), result.weak.end(), [](const auto& a, const auto& b) {
    return a.processor != b.processor ? a.processor < b.processor : a.share < b.share;
  });
  return result;
}

std::string weak_operators_text(const schema::Log& log) {
  const WeakOperators all = weak_operators(log);
  std::string text;
  for (const auto& [processor, bound] : all.rooflines) {
    if (bound.flops_per_second <= 0 || bound.bytes_per_second <= 0) {
      text += missing_text(processor, bound);
      continue;
    }
    text += wrapped(fmt::format(
        "Roofline of {}: {} Gflop/s (flops/fp32), {} GB/s ({}); each operand moved once", processor,
        three_digits(bound.flops_per_second * 1e-9), three_digits(bound.bytes_per_second * 1e-9),
        bound.bandwidth_from));
  }
  if (all.rooflines.empty())
    text +=
        "No operators in these records (measure them: motley run "
        "--filter '^op/').\n";
  text += fmt::format("{} of {} operators, shapes and directions are below {} of it.\n",
                      all.weak.size(), all.judged, weak_share);
  if (!all.weak.empty()) {
    text += fmt::format("{}{}  {}{}\n", left("", 48), right("share", 6), left("bound", 8), "who");
  }
  for (const OperatorShare& one : all.weak) {
    text += fmt::format(
        "{}{}  {}{}\n",
        left(clipped(fmt::format("{} {} {} {}", one.processor, one.name, one.shape, one.direction),
                     47),
             48),
        right(fmt::format("{:.3f}", one.share), 6), left(one.memory_bound ? "memory" : "flops", 8),
        clipped(one.implementation, 16));
  }
  for (const std::string& row : all.without_result) {
    text += wrapped(row + ": wrong or failed in every implementation that was tried");
  }
  return text;
}

}  // namespace motley::analysis
