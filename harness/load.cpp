#include "harness/load.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "harness/loads/kinds.hpp"
#include "harness/named.hpp"

namespace motley {
namespace {

struct Asked {
  const LoadKind* kind;
  Spec spec;
};

/// In the order of their spellings: the same loads start in the same order however they are asked.
std::vector<Asked> parse_loads(const std::string& text) {
  std::vector<Asked> asked;
  if (text.empty() || text == "none") return asked;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('+', begin), text.size());
    const auto [name, values] = split_spec(text.substr(begin, end - begin));
    const LoadKind& kind = find_named("load", name, load_kinds());
    asked.push_back({&kind, Spec(name, values, kind.parameters)});
    begin = end + 1;
  }
  std::sort(asked.begin(), asked.end(),
            [](const auto& a, const auto& b) { return a.spec.canonical() < b.spec.canonical(); });
  return asked;
}

}  // namespace

const std::vector<LoadKind>& load_kinds() {
  static const std::vector<LoadKind> kinds = {
      loads::allocate_load(),       loads::cache_load(),        loads::cpu_load(),
      loads::frames_load(),         loads::io_load(),           loads::memory_load(),
      loads::opencl_compute_load(), loads::opencl_memory_load()};
  return kinds;
}

Loads::Loads(const std::string& text, Machine& machine, Clock& clock, const std::string& victim) {
  for (const Asked& one : parse_loads(text)) {
    loads_.push_back(one.kind->make(one.spec, machine, clock, victim));
  }
}

void Loads::start() {
  for (const auto& load : loads_) load->start();
  for (const auto& load : loads_) load->run();
}

void Loads::begin_window() {
  for (const auto& load : loads_) load->begin_window();
}

std::vector<schema::LoadLevel> Loads::end_window() {
  std::vector<schema::LoadLevel> levels;
  for (const auto& load : loads_) levels.push_back(load->end_window());
  return levels;
}

void Loads::finish(std::span<schema::Block> blocks) {
  const auto broken =
      std::find_if(loads_.begin(), loads_.end(), [](const auto& load) { return load->broken(); });
  const auto which = static_cast<std::size_t>(broken - loads_.begin());
  const std::vector<schema::LoadLevel> levels = end_window();
  for (schema::Block& block : blocks) {
    block.loads = levels;
    if (broken == loads_.end() || block.status != schema::Status::ok) continue;
    block.status = schema::Status::suspect;
    block.reason = fmt::format("{} did not last: {}", levels[which].load, levels[which].reason);
  }
  stop();
}

std::string canonical_loads(const std::string& text) {
  std::string canonical;
  for (const Asked& one : parse_loads(text)) {
    canonical += (canonical.empty() ? "" : "+") + one.spec.canonical();
  }
  return canonical.empty() ? "none" : canonical;
}

}  // namespace motley
