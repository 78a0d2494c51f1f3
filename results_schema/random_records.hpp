// For tests: records with every member set, different for each index, the same on every machine.
#pragma once

#include <cmath>
#include <string>

#include "results_schema/record.hpp"

namespace motley::schema {

class RandomRecords {
 public:
  explicit RandomRecords(std::uint64_t seed) : state_(seed * 2654435761u + 1) {}

  Run run() {
    Run run;
    run.id = text();
    run.started = "2026-01-02T03:04:05Z";
    run.motley_version = run.commit = run.compiler = run.flags = run.build = text();
    run.dirty = flag();
    run.argv = {"motley", text(), "umlaut \xC3\xA4, quote \", newline \n, tab \t"};
    run.device = {text(),
                  text(),
                  {{text(), {0, 3}, facts()}},
                  {{1, "data", 49152, 64, {0}, flag()}},
                  facts()};
    run.processors = {{text(), text(), "gpu", text(), facts()}};
    run.conditions = facts();
    run.exec_context = "shell";
    run.tier = "full";
    run.emulated = flag();
    run.seed = next();
    return run;
  }
  Begin begin() { return {key(), small(), small(), small()}; }
  Block block() {
    Block block;
    block.key = key();
    block.status = flag() ? Status::ok : Status::failed;
    if (block.status != Status::ok) block.reason = text();
    block.round = small();
    block.process = small();
    block.order = small();
    block.metric = flag() ? Metric::bytes_per_second : Metric::seconds_per_operation;
    block.work = {positive(), positive(), positive(), positive()};
    if (flag()) block.executed_work = Work{positive(), 0, 0, 0};
    block.check = Check{0, positive()};
    block.runs_per_sample = 1 + small();
    const std::size_t n = 1 + static_cast<std::size_t>(small() % 20);
    for (auto* column : {&block.samples.started_seconds, &block.samples.host_seconds,
                         &block.samples.device_seconds, &block.samples.device_busy_seconds,
                         &block.samples.waited_seconds, &block.samples.scheduled_seconds,
                         &block.samples.enqueued_seconds, &block.samples.latency_seconds}) {
      for (std::size_t i = 0; i < n; ++i) column->push_back(positive());
    }
    for (std::size_t i = 0; i < n; ++i) block.samples.segment.push_back(small());
    block.warmup_seconds = {positive(), positive()};
    block.stopped_by = "interval";
    if (flag()) block.clock_hertz = positive();
    if (flag()) block.ceiling_flops_per_second = positive();
    block.phases = {{"prepare", positive()}, {"sample", positive()}};
    block.timeline = {{"device", {{"copy", positive()}}}};
    block.operators = {{"conv1", "conv2d", "forward", "simd", positive(), 0, positive(), 0}};
    block.series = {{"step", {0, 1}}, {"loss", {positive(), -1.5}}};
    block.memory = {{"weights", positive()}};
    block.readings = {{"temperature_celsius/zone0", {-3.5, positive()}}};
    block.details = facts();
    if (flag()) block.validity = Validity{"semivalid", {text()}};
    block.figures = {{"p90_seconds", positive()}};
    block.loads = {{"memory:read_gbps=5",
                    "cpu:1",
                    {{"read_bytes_per_second", positive()}},
                    {{"read_bytes_per_second", positive()}},
                    {{"read_bytes_per_second", positive()}},
                    text(),
                    facts()}};
    block.histograms = {{"latency_seconds", {32, {0, positive()}, {small(), small()}}}};
    if (flag()) block.steal_seconds = positive();
    if (flag()) block.involuntary_switches = small();
    block.findings = {{"noisy", text()}};
    block.selected_by = "search";
    block.search = {{parameters(), positive(), "ok", ""}, {parameters(), 0, "wrong", text()}};
    block.repro = text();
    return block;
  }
  End end() { return {facts(), {{"ok", small()}}, "complete", positive(), 0.25}; }

 private:
  std::uint64_t next() {  // SplitMix64
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  bool flag() { return next() % 2 == 0; }
  int small() { return static_cast<int>(next() % 1000); }
  /// Over many magnitudes: every digit must survive.
  double positive() {
    const int exponent = static_cast<int>(next() % 120) - 60;
    return std::ldexp(1 + static_cast<double>(next() >> 12) * 0x1p-52, exponent);
  }
  std::string text() { return "text " + std::to_string(next()); }
  Parameters parameters() {
    return {{"bytes", static_cast<std::int64_t>(next() >> 1)},
            {"ratio", positive()},
            {"store", text()}};
  }
  Facts facts() {
    return {{"flag", flag()},
            {"count", -static_cast<std::int64_t>(next() >> 1)},
            {"ratio", positive()},
            {"name", text()},
            {"list", std::vector<std::string>{text(), ""}}};
  }
  Key key() {
    return {"family/" + text(), 1 + small(), "cpu:0-3", parameters(), "motley", "latency", "none"};
  }

  std::uint64_t state_;
};

}  // namespace motley::schema
