// Logs for the tests of this folder: what they say is known, because nothing was measured.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "results_schema/record.hpp"

namespace motley::analysis {

/// 2 Gflop, 1 GB read and 1 GB written, 1000 operations in each run; 16 samples of 4 runs.
inline schema::Block synthetic_block(const std::string& name, const std::string& processor,
                                     schema::Metric metric, double run_seconds,
                                     schema::Parameters parameters = {}) {
  schema::Block one;
  one.key.case_name = name;
  one.key.processor = processor;
  one.key.parameters = std::move(parameters);
  one.metric = metric;
  one.work = {2e9, 1e9, 1e9, 1000};
  one.samples.host_seconds.assign(16, run_seconds * 4);
  one.runs_per_sample = 4;
  return one;
}

struct SyntheticRun {
  std::vector<std::string> processors{"cpu", "cpu:0", "opencl:0", "opencl:1", "opencl:2"};
  int processes = 4;
  double factor = 1;        ///< of all times
  double a_process = 0.01;  ///< each process is slower by this than the one before
};

/// Memory has two levels with their border between 1 and 4 MiB.
inline std::vector<schema::Block> synthetic_blocks(const std::string& processor, double wave) {
  using schema::Metric;
  std::vector<schema::Block> blocks{
      synthetic_block("flops/fp32", processor, Metric::flops_per_second, 0.01 * wave),
      synthetic_block("clock/chain", processor, Metric::operations_per_second, 1e-6 * wave),
      synthetic_block("launch/round_trip", processor, Metric::seconds_per_operation, 5e-3 * wave,
                      {{"idle_seconds", 0.001}, {"wait", "poll"}})};
  for (std::int64_t bytes = 1 << 14; bytes <= 1 << 26; bytes *= 4) {
    const double seconds = (bytes > (1 << 20) ? 0.1 : 0.01) * wave;
    blocks.push_back(synthetic_block("bandwidth/read", processor, Metric::bytes_per_second, seconds,
                                     {{"bytes", bytes}}));
    blocks.push_back(synthetic_block("bandwidth/triad", processor, Metric::bytes_per_second,
                                     seconds * 2, {{"bytes", bytes}, {"store", "non_temporal"}}));
    blocks.push_back(synthetic_block("latency/chase", processor, Metric::seconds_per_operation,
                                     seconds / 1e3, {{"bytes", bytes}, {"pages", "4k"}}));
    blocks.back().clock_hertz = 2e9;
  }
  for (std::int64_t bytes = 4; bytes <= 1 << 26; bytes *= 16) {
    blocks.push_back(synthetic_block("transfer/write", processor, Metric::seconds_per_operation,
                                     (20e-6 + static_cast<double>(bytes) / 4e9) * wave,
                                     {{"bytes", bytes}, {"allocation", "none"}}));
    blocks.back().work = {0, static_cast<double>(bytes), 0, 1};
  }
  return blocks;
}

inline schema::Log synthetic_log(const SyntheticRun& run = {}) {
  schema::Log log;
  log.runs.emplace_back();
  log.runs[0].device.name = "test machine";
  for (int process = 0; process < run.processes; ++process) {
    for (const std::string& processor : run.processors) {
      const double wave = run.factor * (1 + run.a_process * process);
      for (schema::Block& one : synthetic_blocks(processor, wave)) {
        one.process = process;
        log.blocks.push_back(std::move(one));
      }
    }
  }
  return log;
}

}  // namespace motley::analysis
