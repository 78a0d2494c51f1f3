// A log that fills every section, for tests of reports: nothing was measured.
#pragma once

#include <string>

#include "analysis/synthetic_log.hpp"

namespace motley::analysis::report {

inline schema::Block example_step(const std::string& processor, const std::string& residency,
                                  double seconds) {
  schema::Block one =
      synthetic_block("lenet5/training", processor, schema::Metric::seconds_per_operation, seconds,
                      {{"model", "lenet5"}, {"batch", std::int64_t{32}}});
  one.work.operations = 1;
  if (!residency.empty()) one.key.parameters["residency"] = residency;
  one.timeline["run"] = {{"profiled_seconds", 1.05 * seconds}, {"whole_seconds", seconds}};
  if (residency.empty()) {
    one.timeline["host"] = {{"forward", 0.4 * seconds}, {"backward_data", 0.65 * seconds}};
  } else {
    one.timeline["host"] = {{"submit", 0.2 * seconds}, {"blocked", 0.85 * seconds}};
    one.timeline["device"] = {{"forward", 0.1 * seconds}, {"host_to_device", 0.3 * seconds}};
    one.timeline["gap"] = {{"blocked", 0.5 * seconds}, {"submit", 0.15 * seconds}};
    one.timeline["counts"] = {{"launches", 40}, {"copies_to_host", 8}, {"waits", 8}};
  }
  one.operators = {{"conv1", "conv2d", "forward", "simd", 0.1 * seconds, 0, 1e6, 1e4}};
  return one;
}

inline schema::Block example_queries(const std::string& scenario) {
  schema::Block one =
      synthetic_block("lenet5/inference", "cpu", schema::Metric::seconds_per_operation, 1e-4,
                      {{"model", "lenet5"}, {"batch", std::int64_t{1}}});
  one.key.scenario = scenario;
  one.validity = schema::Validity{"valid", {}};
  for (int i = 0; i < 500; ++i) one.samples.latency_seconds.push_back(1e-4 * (1 + 0.01 * i));
  one.figures = {{"queries_per_second", 900}, {"latency_p50_seconds", 3e-4}};
  one.series["step_queries_per_second"] = {100, 200, 400};
  one.series["step_latency_seconds"] = {1e-4, 2e-4, 9e-4};
  one.series["window_begin_seconds"] = {0, 1, 2};
  one.series["window_service_rate"] = {1000, 990, 800};
  one.readings["temperature_celsius/zone0"] = {40, 45};
  return one;
}

inline schema::Block example_division(double ratio, double seconds) {
  schema::Block one =
      synthetic_block("conv2d/inference", "cpu:0+cpu:1", schema::Metric::seconds_per_operation,
                      seconds, {{"model", "conv2d"}, {"synchronisation", "event_wait"}});
  one.key.parameters["split"] = "conv2d:ratio=" + std::to_string(ratio);
  one.samples.host_seconds.assign(5, seconds);
  one.figures = {{"gain", 2e-3 / seconds},
                 {"overlap_share", 0.8},
                 {"alone_seconds/cpu:0", 2e-3},
                 {"alone_seconds/cpu:1", 2.2e-3}};
  one.timeline = {{"cpu:0", {{"compute", seconds / 2}, {"transfer", seconds / 2}}},
                  {"cpu:1", {{"compute", seconds}}}};
  return one;
}

inline void add_beside_loads(schema::Log& log) {
  for (int round = 0; round < 6; ++round) {
    for (const char* load : {"none", "memory:read_gbps=5"}) {
      for (const char* name : {"squeezenet/inference", "resnet8/inference"}) {
        const double slower = std::string(load) == "none" ? 1 : 1.7 + 0.01 * round;
        log.blocks.push_back(synthetic_block(name, "cpu:0", schema::Metric::seconds_per_operation,
                                             1e-3 * slower, {{"batch", std::int64_t{1}}}));
        log.blocks.back().key.load = load;
        log.blocks.back().key.scenario = "latency";
        log.blocks.back().round = round;
      }
    }
  }
}

inline schema::Log example_log() {
  SyntheticRun run;
  run.processors = {"cpu", "opencl:0"};
  run.processes = 2;
  schema::Log log = synthetic_log(run);
  log.runs[0].device.id = "device-1";
  log.runs[0].processors = {{"cpu", "cpu-id", "cpu", "test cores", {}},
                            {"opencl:0", "gpu-id", "gpu", "test GPU", {}}};
  log.runs[0].commit = "0123456789abcdef";
  log.blocks.push_back(example_step("cpu", "", 1e-3));
  log.blocks.push_back(example_step("opencl:0", "framework", 3e-3));
  log.blocks.push_back(example_step("opencl:0", "resident", 0.8e-3));
  log.blocks.push_back(synthetic_block("op/matmul", "cpu", schema::Metric::flops_per_second, 0.02,
                                       {{"implementation", "simd"}, {"shape", "64x64x64"}}));
  log.blocks.push_back(example_queries("step"));
  for (const double ratio : {0.0, 0.5, 1.0}) {
    log.blocks.push_back(example_division(ratio, 1.2e-3 + 1e-3 * (ratio - 0.5) * (ratio - 0.5)));
  }
  add_beside_loads(log);
  log.ends.emplace_back();
  return log;
}

inline const std::string hostile_text =
    "</script><script>alert(1)</script><!-- |=cmd|'/C calc'!A0 \\input{x} $^_%&#~\"";

/// The same with names that would be markup, commands or formulas elsewhere.
inline schema::Log hostile_log() {
  schema::Log log = example_log();
  log.runs[0].device.name = hostile_text;
  log.runs[0].conditions["governor"] = hostile_text;
  for (schema::Block& block : log.blocks) block.key.parameters["shape"] = hostile_text;
  log.blocks.push_back(
      synthetic_block("op/=1+1", "cpu", schema::Metric::flops_per_second, 0.02, {}));
  log.blocks.back().key.parameters["implementation"] = "=1+1";
  return log;
}

}  // namespace motley::analysis::report
