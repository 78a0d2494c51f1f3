#include "microbench/working_sets.hpp"

#include <algorithm>
#include <cmath>

namespace motley::microbench {
namespace {

constexpr std::int64_t mebibyte = 1 << 20;
/// Where no last-level cache is reported: four times the largest on-chip cache of a phone.
constexpr std::int64_t unknown_cache_bytes = 32 * mebibyte;
/// OpenCL tells the cache next to the cores; behind it lie up to 72 MB (RTX 4090, NVIDIA's Ada
/// whitepaper) or 128 MB (Radeon RX 6900 XT's Infinity Cache, AMD's product page).
constexpr std::int64_t past_unknown_caches_bytes = 1024 * mebibyte;

std::int64_t cache_bytes(Processor& processor) {
  const auto told = static_cast<std::int64_t>(processor.last_level_cache_bytes());
  return told > 0 ? told : unknown_cache_bytes;
}

std::int64_t limited_by_memory(Processor& processor, std::int64_t bytes) {
  bytes = std::min(bytes, static_cast<std::int64_t>(processor.available_bytes() / 4));
  bytes = std::min(bytes, static_cast<std::int64_t>(processor.maximum_buffer_bytes()));
  return std::max(bytes / 4096 * 4096, smallest_working_set_bytes);
}

}  // namespace

std::int64_t largest_working_set_bytes(Processor& processor, Tier tier) {
  if (tier == Tier::smoke) return limited_by_memory(processor, 64 * mebibyte);
  const std::int64_t cache = cache_bytes(processor);
  std::int64_t largest = std::max(4 * cache, 64 * mebibyte);
  if (tier == Tier::standard) largest = std::min(largest, std::max(512 * mebibyte, 2 * cache));
  if (processor.kind() != ProcessorKind::cpu) {
    largest = std::max(largest, past_unknown_caches_bytes);
  }
  return limited_by_memory(processor, largest);
}

std::int64_t traffic_bytes(Processor& processor) {
  const std::int64_t bytes =
      std::max(64 * mebibyte * processor.members(), 2 * cache_bytes(processor));
  return limited_by_memory(processor, bytes);
}

std::vector<schema::Value> working_sets(Processor& processor, Tier tier) {
  const std::int64_t largest = largest_working_set_bytes(processor, tier);
  if (tier == Tier::smoke) return {smallest_working_set_bytes, mebibyte, largest};
  const double step = tier == Tier::standard ? 4 : std::sqrt(2.0);
  std::vector<schema::Value> sizes;
  double size = smallest_working_set_bytes;
  // The largest size replaces a step that would lie just below it: in standard runs one that tells
  // nothing of main memory yet and takes long to fill and check.
  const double near = tier == Tier::standard ? step : std::sqrt(step);
  for (; size * near < static_cast<double>(largest); size *= step) {
    sizes.emplace_back(std::int64_t{std::llround(size / 64)} * 64);
  }
  sizes.emplace_back(largest);
  return sizes;
}

unsigned parallel_units(Processor& processor) {
  if (processor.members() > 0) return processor.members();
  const auto& facts = processor.description().facts;
  const auto found = facts.find("compute_units");
  if (found == facts.end()) return 1;
  const auto* units = std::get_if<std::int64_t>(&found->second);
  return units ? static_cast<unsigned>(std::max<std::int64_t>(1, *units)) : 1;
}

}  // namespace motley::microbench
