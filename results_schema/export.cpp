#include "results_schema/export.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <ostream>

#include "results_schema/csv.hpp"
#include "results_schema/json_lines.hpp"

namespace motley::schema {
namespace {

using Json = nlohmann::ordered_json;

template <class T>
Json documents(const std::vector<T>& records) {
  Json array = Json::array();
  for (const T& record : records) {
    array.push_back(Json::parse(to_json(record)));
    array.back().erase("side_file");  // its samples are in the document
    if constexpr (!std::is_same_v<T, Run>) array.back()["run"] = record.run;
  }
  return array;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::string parameters_text(const Parameters& parameters) {
  std::string text;
  for (const auto& [name, value] : parameters) {
    text += (text.empty() ? "" : ";") + name + "=" + to_string(value);
  }
  return text;
}

std::string findings_text(const Block& block) {
  std::string text;
  for (const Finding& finding : block.findings) text += (text.empty() ? "" : ";") + finding.kind;
  return text;
}

/// What tells rows of several files, or of a resumed one, apart.
std::string run_text(const Log& log, std::size_t index) {
  const Run run = index < log.runs.size() ? log.runs[index] : Run{};
  return fmt::format("{},{},{},{}", csv_field(run.id), csv_field(run.device.id), run.emulated,
                     csv_field(run.commit));
}

std::string cell(const std::vector<double>& column, std::size_t row) {
  return row < column.size() ? fmt::format("{}", column[row]) : "";
}

std::string fact_text(const Facts& facts, const char* name) {
  const auto found = facts.find(name);
  if (found == facts.end()) return "";
  const auto* text = std::get_if<std::string>(&found->second);
  return text ? *text : "";
}

Json google_context(const Log& log) {
  const Run run = log.runs.empty() ? Run{} : log.runs.front();
  std::size_t cores = 0;
  for (const Cluster& cluster : run.device.clusters) cores += cluster.cores.size();
  Json caches = Json::array();
  for (const Cache& cache : run.device.caches) {
    const std::string type = cache.type == "data"          ? "Data"
                             : cache.type == "instruction" ? "Instruction"
                                                           : "Unified";
    caches.push_back({{"type", type},
                      {"level", cache.level},
                      {"size", cache.bytes},
                      {"num_sharing", cache.shared_by.size()}});
  }
  return {{"date", run.started},
          {"host_name", run.device.name},
          {"executable", "motley"},
          {"num_cpus", cores},
          {"mhz_per_cpu", 0},
          {"cpu_scaling_enabled", false},
          {"caches", caches},
          {"load_avg", Json::array()},
          {"library_build_type", run.build == "Debug" ? "debug" : "release"},
          {"motley_version", run.motley_version},
          {"motley_commit", run.commit},
          {"cpu_name", fact_text(run.device.facts, "cpu_name")},
          {"json_schema_version", 1}};
}

/// A block's median, because its samples are not independent of each other: taken as repetitions,
/// they would make compare.py's U test find differences that are none.
Json google_entry(const Block& block) {
  const double seconds =
      median(block.samples.host_seconds) / static_cast<double>(block.runs_per_sample);
  // As a double: a file may name more runs than 64 bits count.
  const double runs = static_cast<double>(block.runs_per_sample) *
                      static_cast<double>(block.samples.host_seconds.size());
  constexpr double most = 9e18;
  Json entry{{"iterations", static_cast<std::int64_t>(std::clamp(runs, -most, most))},
             {"real_time", seconds * 1e9},
             {"cpu_time", seconds * 1e9},
             {"time_unit", "ns"}};
  const double bytes = block.work.bytes_read + block.work.bytes_written;
  if (seconds > 0 && block.work.flops > 0) entry["flops"] = block.work.flops / seconds;
  if (seconds > 0 && bytes > 0) entry["bytes_per_second"] = bytes / seconds;
  if (seconds > 0 && block.work.operations > 0) {
    entry["items_per_second"] = block.work.operations / seconds;
  }
  return entry;
}

/// The blocks of one key, which are the repetitions of one benchmark.
void add_google_family(const std::string& name, const std::vector<const Block*>& blocks,
                       std::size_t family, Json& entries) {
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    Json entry{{"name", name},
               {"family_index", family},
               {"per_family_instance_index", 0},
               {"run_name", name},
               {"run_type", "iteration"},
               {"repetitions", blocks.size()},
               {"repetition_index", i},
               {"threads", 1}};
    entry.update(google_entry(*blocks[i]));
    entries.push_back(entry);
  }
}

}  // namespace

void export_json(const Log& log, std::ostream& out) {
  const Json document{{"schema", version},
                      {"runs", documents(log.runs)},
                      {"blocks", documents(log.blocks)},
                      {"ends", documents(log.ends)}};
  out << document.dump(2) << "\n";
}

void export_csv(const Log& log, std::ostream& out) {
  out << "run,device,emulated,commit,case,revision,processor,params,engine,scenario,load,status,"
         "reason,round,process,order,"
         "metric,"
         "flops,bytes_read,bytes_written,operations,runs_per_sample,clock_hertz,findings,verdict,"
         "sample,started_seconds,host_seconds,device_seconds,device_busy_seconds,waited_seconds,"
         "scheduled_seconds,enqueued_seconds,latency_seconds,segment\r\n";
  for (const Block& block : log.blocks) {
    const std::string start = fmt::format(
        "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}",
        run_text(log, block.run), csv_field(block.key.case_name), block.key.revision,
        csv_field(block.key.processor), csv_field(parameters_text(block.key.parameters)),
        csv_field(block.key.engine), csv_field(block.key.scenario), csv_field(block.key.load),
        to_string(block.status), csv_field(block.reason), block.round, block.process, block.order,
        to_string(block.metric), block.work.flops, block.work.bytes_read, block.work.bytes_written,
        block.work.operations, block.runs_per_sample,
        block.clock_hertz ? fmt::format("{}", *block.clock_hertz) : "",
        csv_field(findings_text(block)), block.validity ? csv_field(block.validity->verdict) : "");
    const Samples& samples = block.samples;
    const std::size_t rows = std::max<std::size_t>(1, samples.host_seconds.size());
    for (std::size_t i = 0; i < rows; ++i) {
      out << fmt::format("{},{},{},{},{},{},{},{},{},{},{}\r\n", start,
                         samples.host_seconds.empty() ? "" : std::to_string(i),
                         cell(samples.started_seconds, i), cell(samples.host_seconds, i),
                         cell(samples.device_seconds, i), cell(samples.device_busy_seconds, i),
                         cell(samples.waited_seconds, i), cell(samples.scheduled_seconds, i),
                         cell(samples.enqueued_seconds, i), cell(samples.latency_seconds, i),
                         i < samples.segment.size() ? std::to_string(samples.segment[i]) : "");
    }
  }
}

void export_google_benchmark(const Log& log, std::ostream& out) {
  std::vector<std::string> names;  // in the order of the log
  std::map<std::string, std::vector<const Block*>> families;
  std::map<std::string, std::size_t> left_out;
  for (const Block& block : log.blocks) {
    if (block.status != Status::ok || block.samples.host_seconds.empty()) {
      ++left_out[to_string(block.status)];
      continue;
    }
    const std::string name = to_string(block.key);
    auto& family = families[name];
    if (family.empty()) names.push_back(name);
    family.push_back(&block);
  }
  Json entries = Json::array();
  for (std::size_t i = 0; i < names.size(); ++i) {
    add_google_family(names[i], families[names[i]], i, entries);
  }
  Json context = google_context(log);
  context["motley_left_out"] = left_out;
  const Json document{{"context", context}, {"benchmarks", entries}};
  out << document.dump(2) << "\n";
}

}  // namespace motley::schema
