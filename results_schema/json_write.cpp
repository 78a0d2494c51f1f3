// Records to JSON: absent and empty members are left out, non-finite numbers are refused by name.
#include <cmath>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "results_schema/json_lines.hpp"

namespace motley::schema {
namespace {

using Json = nlohmann::json;

Json json(const Cluster& cluster);
Json json(const Cache& cache);
Json json(const Processor& processor);
Json json(const Finding& finding);
Json json(const Candidate& candidate);
Json json(const OperatorTime& time);
Json json(const LoadLevel& level);
Json json(const Histogram& histogram);

Json json(bool value) {
  return value;
}
Json json(std::int64_t value) {
  return value;
}
Json json(const std::string& text) {
  return text;
}
Json json(double value) {
  return value;
}

template <class T>
Json json(const std::vector<T>& values) {
  Json array = Json::array();
  for (const T& value : values) array.push_back(json(value));
  return array;
}
template <class... T>
Json json(const std::variant<T...>& value) {
  return std::visit([](const auto& content) { return json(content); }, value);
}
template <class T>
Json json(const std::map<std::string, T>& values) {
  Json object = Json::object();
  for (const auto& [name, value] : values) object[name] = json(value);
  return object;
}

void put(Json& object, const char* key, Json value) {
  if (!value.empty() || value.is_number() || value.is_boolean()) object[key] = std::move(value);
}
void put_text(Json& object, const char* key, const std::string& text) {
  if (!text.empty()) object[key] = text;
}
void put_number(Json& object, const char* key, double value) {
  if (value != 0) object[key] = value;
}

Json json(const Work& work) {
  Json object = Json::object();
  put_number(object, "flops", work.flops);
  put_number(object, "bytes_read", work.bytes_read);
  put_number(object, "bytes_written", work.bytes_written);
  put_number(object, "operations", work.operations);
  return object;
}

Json json(const Cluster& cluster) {
  return {{"name", cluster.name}, {"cores", cluster.cores}, {"facts", json(cluster.facts)}};
}
Json json(const Cache& cache) {
  return {{"level", cache.level},         {"type", cache.type},
          {"bytes", cache.bytes},         {"line_bytes", cache.line_bytes},
          {"shared_by", cache.shared_by}, {"confirmed", cache.confirmed}};
}
Json json(const Device& device) {
  return {{"id", device.id},
          {"name", device.name},
          {"clusters", json(device.clusters)},
          {"caches", json(device.caches)},
          {"facts", json(device.facts)}};
}
Json json(const Processor& processor) {
  Json object{{"id", processor.id}, {"facts", json(processor.facts)}};
  put_text(object, "stable_id", processor.stable_id);
  put_text(object, "kind", processor.kind);
  put_text(object, "name", processor.name);
  return object;
}
Json json(const Finding& finding) {
  return {{"kind", finding.kind}, {"cause", finding.cause}};
}
Json json(const OperatorTime& time) {
  return {{"name", time.name},       {"kind", time.kind},
          {"phase", time.phase},     {"implementation", time.implementation},
          {"seconds", time.seconds}, {"copy_seconds", time.copy_seconds},
          {"flops", time.flops},     {"bytes", time.bytes}};
}
Json json(const Candidate& candidate) {
  Json object{{"params", json(candidate.parameters)},
              {"seconds", candidate.seconds},
              {"status", candidate.status}};
  put_text(object, "reason", candidate.reason);
  return object;
}

Json json(const LoadLevel& level) {
  Json object{{"load", level.load}};
  put_text(object, "processor", level.processor);
  put(object, "asked", json(level.asked));
  put(object, "achieved", json(level.achieved));
  put(object, "alone", json(level.alone));
  put_text(object, "reason", level.reason);
  put(object, "details", json(level.details));
  return object;
}
Json json(const Histogram& histogram) {
  return {{"buckets_per_doubling", histogram.buckets_per_doubling},
          {"lower", histogram.lower},
          {"counts", histogram.counts}};
}
Json json(const SideFile& side) {
  return {{"file", side.file},
          {"sha256", side.sha256},
          {"count", side.count},
          {"columns", side.columns}};
}
Json json(const Validity& validity) {
  Json object{{"verdict", validity.verdict}};
  put(object, "reasons", json(validity.reasons));
  return object;
}

Json keyed(const char* record, const Key& key) {
  return {
      {"record", record},         {"schema", version},          {"case", key.case_name},
      {"revision", key.revision}, {"processor", key.processor}, {"params", json(key.parameters)},
      {"engine", key.engine},     {"scenario", key.scenario},   {"load", key.load}};
}

Json json(const Run& run) {
  Json object{{"record", "run"},
              {"schema", version},
              {"id", run.id},
              {"started", run.started},
              {"version", run.motley_version},
              {"commit", run.commit},
              {"dirty", run.dirty},
              {"compiler", run.compiler},
              {"flags", run.flags},
              {"build", run.build},
              {"argv", run.argv},
              {"device", json(run.device)},
              {"processors", json(run.processors)},
              {"conditions", json(run.conditions)},
              {"exec_context", run.exec_context},
              {"emulated", run.emulated},
              {"seed", run.seed}};
  put_text(object, "tier", run.tier);
  return object;
}

Json json(const Begin& begin) {
  Json object = keyed("begin", begin.key);
  object["round"] = begin.round;
  object["process"] = begin.process;
  object["order"] = begin.order;
  return object;
}

Json json(const Samples& samples) {
  Json object = Json::object();
  put(object, "started_seconds", json(samples.started_seconds));
  put(object, "host_seconds", json(samples.host_seconds));
  put(object, "device_seconds", json(samples.device_seconds));
  put(object, "device_busy_seconds", json(samples.device_busy_seconds));
  put(object, "waited_seconds", json(samples.waited_seconds));
  put(object, "scheduled_seconds", json(samples.scheduled_seconds));
  put(object, "enqueued_seconds", json(samples.enqueued_seconds));
  put(object, "latency_seconds", json(samples.latency_seconds));
  put(object, "segment", json(samples.segment));
  return object;
}

Json json(const Block& block) {
  Json object = keyed("block", block.key);
  object["status"] = to_string(block.status);
  put_text(object, "reason", block.reason);
  object["round"] = block.round;
  object["process"] = block.process;
  object["order"] = block.order;
  object["metric"] = to_string(block.metric);
  object["work"] = json(block.work);
  if (block.executed_work) object["executed_work"] = json(*block.executed_work);
  if (block.check) {
    object["check"] = {{"error", block.check->error}, {"tolerance", block.check->tolerance}};
  }
  object["runs_per_sample"] = block.runs_per_sample;
  object["samples"] = json(block.samples);
  put(object, "warmup_seconds", json(block.warmup_seconds));
  put_text(object, "stopped_by", block.stopped_by);
  if (block.clock_hertz) object["clock_hertz"] = *block.clock_hertz;
  if (block.ceiling_flops_per_second) {
    object["ceiling_flops_per_second"] = *block.ceiling_flops_per_second;
  }
  put(object, "phases", json(block.phases));
  put(object, "timeline", json(block.timeline));
  put(object, "operators", json(block.operators));
  put(object, "series", json(block.series));
  put(object, "memory", json(block.memory));
  put(object, "readings", json(block.readings));
  put(object, "details", json(block.details));
  if (block.validity) object["validity"] = json(*block.validity);
  put(object, "figures", json(block.figures));
  put(object, "loads", json(block.loads));
  if (block.side_file) object["side_file"] = json(*block.side_file);
  put(object, "histograms", json(block.histograms));
  if (block.steal_seconds) object["steal_seconds"] = *block.steal_seconds;
  if (block.involuntary_switches) object["involuntary_switches"] = *block.involuntary_switches;
  put(object, "findings", json(block.findings));
  put_text(object, "selected_by", block.selected_by);
  put(object, "search", json(block.search));
  put_text(object, "repro", block.repro);
  return object;
}

Json json(const End& end) {
  return {{"record", "end"},
          {"schema", version},
          {"conditions", json(end.conditions)},
          {"counts", json(end.counts)},
          {"reason", end.reason},
          {"wall_seconds", end.wall_seconds},
          {"harness_share", end.harness_share}};
}

/// JSON has no NaN: nlohmann would write null without a word.
void refuse_non_finite(const Json& value, const std::string& path) {
  if (value.is_number_float() && !std::isfinite(value.get<double>())) {
    throw BadRecord(
        fmt::format("{} is not finite (JSON cannot say it). Report this as a defect.", path));
  }
  if (!value.is_structured()) return;
  for (const auto& [name, member] : value.items()) refuse_non_finite(member, path + "/" + name);
}

}  // namespace

std::string to_json(const Record& record) {
  const Json object = std::visit([](const auto& one) { return json(one); }, record);
  refuse_non_finite(object, "record");
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string to_line(const Record& record) {
  std::string line = to_json(record);
  if (line.size() > most_line_bytes) {
    throw BadRecord(fmt::format(
        "a record of {} bytes (a line holds 1 MiB at most). Take fewer samples.", line.size()));
  }
  return line;
}

}  // namespace motley::schema
