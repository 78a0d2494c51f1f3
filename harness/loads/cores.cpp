#include "harness/loads/cores.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/error.hpp"

namespace motley::loads {
namespace {

/// `1` or `0-3`.
void add_cores(const std::string& text, std::vector<int>& cores) {
  int first = 0, last = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, first);
  if (read.ec != std::errc()) return;
  last = first;
  if (read.ptr != end && *read.ptr == '-') std::from_chars(read.ptr + 1, end, last);
  for (int core = first; core <= last; ++core) cores.push_back(core);
}

std::vector<int> cores_of(const schema::Processor& description) {
  std::vector<int> cores;
  for (const char* fact : {"cores", "worker_cores"}) {
    const auto found = description.facts.find(fact);
    if (found == description.facts.end()) continue;
    if (const auto* texts = std::get_if<std::vector<std::string>>(&found->second)) {
      for (const std::string& text : *texts) add_cores(text, cores);
    }
  }
  std::sort(cores.begin(), cores.end());
  cores.erase(std::unique(cores.begin(), cores.end()), cores.end());
  return cores;
}

std::vector<int> cores_named(const Spec& spec, Machine& machine, const std::string& id) {
  const auto processor = machine.open(id);
  if (processor->kind() != ProcessorKind::cpu || processor->members() == 0) {
    throw BadArgument(
        fmt::format("{}: {} has no cores to choose (this load runs on a CPU). Use opencl_compute, "
                    "opencl_memory or frames there.",
                    spec.name(), id));
  }
  return cores_of(processor->description());
}

/// Free cores first.
std::vector<int> free_first(std::vector<int> cores, const std::vector<int>& used) {
  std::stable_partition(cores.begin(), cores.end(), [&](int core) {
    return std::find(used.begin(), used.end(), core) == used.end();
  });
  return cores;
}

std::string where(const Spec& spec) {
  if (spec.given("on") && spec.given("cluster")) {
    throw BadArgument(spec.name() + ": on and cluster both choose cores. Give one of them.");
  }
  if (spec.given("on")) return spec.text("on");
  return spec.given("cluster") ? "cpu:" + spec.text("cluster") : "cpu";
}

}  // namespace

std::vector<SpecParameter> one_core_parameters() {
  return {
      {"on", "a CPU processor, on whose cores it runs; empty: where the victim does not", ""},
      {"cluster", "a cluster of cores, such as big", ""},
  };
}

std::vector<SpecParameter> core_parameters(std::int64_t threads_fallback) {
  std::vector<SpecParameter> parameters = one_core_parameters();
  parameters.push_back(
      {"threads", "one a core; 0: on each of these cores", threads_fallback, 0, 1024});
  return parameters;
}

std::vector<int> cores_in_use(Machine& machine, const std::string& ids) {
  std::vector<int> used;
  for (std::size_t begin = 0; begin < ids.size();) {
    const std::size_t end = std::min(ids.find('+', begin), ids.size());
    const std::vector<int> some =
        cores_of(machine.open(ids.substr(begin, end - begin))->description());
    used.insert(used.end(), some.begin(), some.end());
    begin = end + 1;
  }
  return used;
}

Cores choose_cores(const Spec& spec, Machine& machine, const std::string& victim,
                   std::int64_t asked_threads) {
  const std::vector<int> used = cores_in_use(machine, victim);
  std::vector<int> cores = free_first(cores_named(spec, machine, where(spec)), used);
  const auto is_free = [&](int core) {
    return std::find(used.begin(), used.end(), core) == used.end();
  };
  const auto idle = static_cast<std::size_t>(std::count_if(cores.begin(), cores.end(), is_free));
  auto threads = static_cast<std::size_t>(asked_threads);
  if (threads > cores.size()) {
    throw BadArgument(fmt::format(
        "{}: {} threads do not fit on {} cores (each has one of its own). Give at most {}.",
        spec.name(), threads, cores.size(), cores.size()));
  }
  const bool chosen = spec.given("on") || spec.given("cluster");
  if (threads == 0) threads = chosen || idle == 0 ? cores.size() : idle;
  cores.resize(threads);
  Cores result;
  result.details["shares_cores_with_the_victim"] =
      !std::all_of(cores.begin(), cores.end(), is_free);
  std::sort(cores.begin(), cores.end());
  result.id = fmt::format("cpu:{}", fmt::join(cores, ","));
  for (const int core : cores) {
    result.processors.push_back(machine.open(fmt::format("cpu:{}", core)));
  }
  return result;
}

}  // namespace motley::loads
