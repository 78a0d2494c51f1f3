// A training step whose truth is known, for tests of this folder: an in-order device whose calls
// cost what is said, and a profile of it as programs write one.
#pragma once

#include <string>

#include "analysis/synthetic_log.hpp"

namespace motley::analysis {

/// In seconds of one call; transfers besides take their bytes at 4 GB/s.
struct SyntheticCosts {
  double launch = 5e-6, wait = 20e-6, bytes_per_second = 4e9;
};

/// 20 launches whose kernels take 10 us each, 2 blocking reads and 3 writes of 40 kB, a wait at the
/// end that costs nothing: the last read has waited. The device idles while the host gives launches
/// and until it notices.
struct SyntheticStep {
  SyntheticCosts costs = {};
  double launches = 20, reads = 2, writes = 3, bytes = 4e4, kernel_seconds = 10e-6;
  double conversions = 0, unattributed_seconds = 0;
  std::string residency = "framework", processor = "opencl:0";

  double copy_seconds() const { return bytes / costs.bytes_per_second; }
  double wall_seconds() const {
    return (launches + conversions) * (costs.launch + kernel_seconds) + reads * costs.wait +
           (reads + writes) * copy_seconds() + unattributed_seconds;
  }
};

inline schema::Block synthetic_step(const SyntheticStep& step) {
  const double wall = step.wall_seconds();
  schema::Block block = synthetic_block(
      "mlp/training", step.processor, schema::Metric::seconds_per_operation, wall,
      {{"batch", std::int64_t{32}}, {"dtype", "f32"}, {"residency", step.residency}});
  block.work.operations = 1;
  const double give = step.launches * step.costs.launch;
  const double convert = step.conversions * step.costs.launch;
  const double wait = step.reads * step.costs.wait;
  const double kernels = step.launches * step.kernel_seconds;
  const double reads = step.reads * step.copy_seconds();
  const double writes = step.writes * step.copy_seconds();
  const double converted = step.conversions * step.kernel_seconds;
  const double gap = give + convert + wait + step.unattributed_seconds;
  const double other = step.unattributed_seconds;
  block.timeline = {
      {"device",
       {{"forward", kernels / 2},
        {"update", kernels / 2},
        {"convert", converted},
        {"host_to_device", writes},
        {"device_to_host", reads},
        {"gap", gap}}},
      {"gap", {{"submit", give + convert}, {"blocked", wait}, {"other", other}}},
      {"gap_calls", {{"launch", give}, {"convert", convert}, {"read", wait}, {"other", other}}},
      {"host", {{"submit", give + convert}, {"blocked", wall - give - convert}}},
      {"host_calls", {{"launch", give}, {"convert", convert}, {"read", wall - give - convert}}},
      {"counts",
       {{"launches", step.launches},
        {"conversions", step.conversions},
        {"copies", step.reads + step.writes},
        {"copies_to_host", step.reads},
        {"copies_to_device", step.writes},
        {"blocking_copies", step.reads},
        {"waits", step.reads + 1},
        {"bytes_to_host", step.reads * step.bytes},
        {"bytes_to_device", step.writes * step.bytes}}},
      {"run",
       {{"profiled_seconds", wall},
        {"whole_seconds", wall},
        {"unattributed_seconds", step.unattributed_seconds}}}};
  block.operators = {
      {"dense1", "dense", "forward", "opencl/register_vector", kernels / 2, 0, 2e6, 4e3},
      {"momentum1", "momentum", "update", "opencl/vectors", kernels / 2, 0, 1e3, 2e5}};
  return block;
}

/// What microbenchmarks of that device say: 200 Gflop/s, 20 GB/s, and the calls' costs.
inline std::vector<schema::Block> synthetic_costs(const std::string& processor,
                                                  const SyntheticCosts& costs = {}) {
  using schema::Metric;
  std::vector<schema::Block> blocks{
      synthetic_block("flops/fp32", processor, Metric::flops_per_second, 0.01),
      synthetic_block("bandwidth/read", processor, Metric::bytes_per_second, 0.1,
                      {{"bytes", std::int64_t{1} << 26}}),
      synthetic_block("launch/empty_100", processor, Metric::seconds_per_operation,
                      1000 * costs.launch, {{"until", "completed"}, {"idle_seconds", 0.0}}),
      synthetic_block("launch/round_trip", processor, Metric::seconds_per_operation,
                      1000 * (costs.launch + costs.wait),
                      {{"wait", "finish"}, {"idle_seconds", 0.0}}),
      synthetic_block("launch/round_trip", processor, Metric::seconds_per_operation, 1,
                      {{"wait", "finish"}, {"idle_seconds", 0.001}})};
  for (const char* name : {"transfer/write", "transfer/read"}) {
    for (std::int64_t bytes = 4; bytes <= 1 << 26; bytes *= 4) {
      blocks.push_back(
          synthetic_block(name, processor, Metric::seconds_per_operation,
                          costs.wait + double(bytes) / costs.bytes_per_second,
                          {{"bytes", bytes}, {"allocation", "none"}, {"blocking", "yes"}}));
      blocks.back().work = {0, double(bytes), 0, 1};
    }
  }
  return blocks;
}

inline schema::Log synthetic_steps(const std::vector<SyntheticStep>& steps,
                                   const SyntheticCosts& costs = {}) {
  schema::Log log;
  log.runs.emplace_back();
  log.runs[0].processors.resize(1);
  log.runs[0].processors[0].id = "opencl:0";
  log.runs[0].processors[0].facts["compute_units"] = std::int64_t{4};
  log.blocks = synthetic_costs("opencl:0", costs);
  for (const SyntheticStep& step : steps) log.blocks.push_back(synthetic_step(step));
  return log;
}

}  // namespace motley::analysis
