#include "analysis/ceilings.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

#include "analysis/network_names.hpp"
#include "analysis/statistics.hpp"
#include "analysis/text.hpp"

namespace motley::analysis {
namespace {

double bytes_of(const schema::Key& key) {
  const auto found = key.parameters.find("bytes");
  if (found == key.parameters.end()) return 0;
  const auto* bytes = std::get_if<std::int64_t>(&found->second);
  return bytes ? double(*bytes) : 0;
}

bool counts(const Measurement& one, const char* family) {
  return one.family() == family && one.key.load == "none" && !one.blocks.empty() && one.value() > 0;
}

bool is_bandwidth(const Measurement& one, const std::string& processor) {
  return counts(one, "bandwidth") && one.key.processor == processor && bytes_of(one.key) > 0;
}

/// Type and unit of flops/matrix_bf16.
std::pair<std::string, std::string> type_and_unit(std::string name) {
  name.erase(0, name.find('/') + 1);
  std::string unit = "vector";
  if (name.starts_with("matrix_")) {
    unit = "matrix";
    name.erase(0, std::string("matrix_").size());
  } else if (name.ends_with("_dot")) {
    unit = "dot_product";
    name.erase(name.size() - std::string("_dot").size());
  }
  for (const auto& [prefix, letter] : {std::pair{"fp", "f"}, {"int", "i"}}) {
    if (name.starts_with(prefix)) name.replace(0, std::string(prefix).size(), letter);
  }
  return {name, unit};
}

/// The fastest way to move bytes of working sets in a level: the median over its sizes.
MemoryCeiling fastest(const std::vector<Measurement>& all, const std::string& processor,
                      const Plateau& level) {
  std::map<std::string, std::vector<double>> curves;  // by case, without its variants
  for (const Measurement& one : all) {
    const double bytes = bytes_of(one.key);
    if (!is_bandwidth(one, processor) || bytes < level.from_bytes || bytes > level.to_bytes) {
      continue;
    }
    const std::string store = parameter(one.key, "store");
    curves[one.key.case_name + (store.empty() ? "" : " " + store)].push_back(one.value());
  }
  MemoryCeiling result{processor, level, false, "", 0};
  for (const auto& [name, values] : curves) {
    if (median(values) <= result.bytes_per_second) continue;
    result.bytes_per_second = median(values);
    result.case_name = name;
  }
  return result;
}

double largest_bytes(const std::vector<Measurement>& all, const std::string& processor) {
  double largest = 0;
  for (const Measurement& one : all) {
    if (is_bandwidth(one, processor)) largest = std::max(largest, bytes_of(one.key));
  }
  return largest;
}

/// Those of the curve, or the largest size as the only one.
std::vector<Plateau> levels_of(const std::vector<Measurement>& all, const std::string& processor,
                               const Levels& levels) {
  const auto found = levels.find({processor, "bandwidth"});
  if (found != levels.end() && !found->second.empty()) return found->second;
  const double largest = largest_bytes(all, processor);
  if (largest <= 0) return {};
  return {{largest, largest, 0, 1}};
}

}  // namespace

double Roof::least_seconds(double flops, double bytes) const {
  return known() ? std::max(flops / peak.per_second, bytes / bytes_per_second) : 0;
}

bool Roof::memory_bound(double flops, double bytes) const {
  return known() && bytes / bytes_per_second > flops / peak.per_second;
}

Ceilings::Ceilings(const schema::Log& log, const std::vector<Measurement>& all) {
  const Levels levels = memory_levels(measurements(undisturbed(log)));
  std::vector<std::string> processors;
  for (const Measurement& one : all) {
    const std::string& processor = one.key.processor;
    if (counts(one, "flops")) add_arithmetic(one);
    const bool is_new =
        std::find(processors.begin(), processors.end(), processor) == processors.end();
    if (is_new) {
      processors.push_back(processor);
      add_memory(all, processor, levels);
    }
    const std::string dtype = dtype_of(one.key);
    const auto [peak, is_first] = peaks_.try_emplace({processor, dtype});
    if (is_first) peak->second = operator_peak(all, processor, dtype);
  }
}

void Ceilings::add_arithmetic(const Measurement& one) {
  const auto [dtype, unit] = type_and_unit(one.key.case_name);
  const auto found =
      std::find_if(arithmetic_.begin(), arithmetic_.end(), [&](const ArithmeticCeiling& other) {
        return other.processor == one.key.processor && other.case_name == one.key.case_name;
      });
  if (found != arithmetic_.end()) {
    found->per_second = std::max(found->per_second, one.value());
  } else {
    arithmetic_.push_back({one.key.processor, dtype, unit, one.key.case_name, one.value()});
  }
}

void Ceilings::add_memory(const std::vector<Measurement>& all, const std::string& processor,
                          const Levels& levels) {
  std::vector<Plateau> own = levels_of(all, processor, levels);
  if (own.empty()) return;
  own.back().to_bytes = std::max(own.back().to_bytes, largest_bytes(all, processor));
  for (const Plateau& level : own) {
    memory_.push_back(fastest(all, processor, level));
    memory_.back().main_memory = &level == &own.back();
  }
}

const MemoryCeiling* Ceilings::main_memory(const std::string& processor) const {
  return level_of(processor, std::numeric_limits<double>::infinity());
}

const MemoryCeiling* Ceilings::level_of(const std::string& processor, double bytes) const {
  const MemoryCeiling* held = nullptr;
  for (const MemoryCeiling& one : memory_) {
    if (one.processor != processor || one.bytes_per_second <= 0) continue;
    // The border lies somewhere between the last size of one level and the first of the next.
    if (held && bytes <= std::sqrt(held->level.to_bytes * one.level.from_bytes)) return held;
    held = &one;
  }
  return held;
}

Roof Ceilings::roof(const std::string& processor, const std::string& dtype,
                    std::optional<double> working_set_bytes) const {
  const auto peak = peaks_.find({processor, dtype});
  Roof roof{peak == peaks_.end() ? operator_peak({}, processor, dtype) : peak->second, 0, ""};
  const MemoryCeiling* level =
      working_set_bytes ? level_of(processor, *working_set_bytes) : main_memory(processor);
  if (!level) return roof;
  roof.bytes_per_second = level->bytes_per_second;
  roof.bandwidth_from =
      level->main_memory
          ? fmt::format("{} at {} or more", level->case_name, bytes_text(level->level.from_bytes))
          : fmt::format("{} at {}", level->case_name, to_string(level->level));
  return roof;
}

std::string dtype_of(const schema::Key& key) {
  const std::string dtype = parameter(key, "dtype");
  return dtype.empty() ? "f32" : dtype;
}

}  // namespace motley::analysis
