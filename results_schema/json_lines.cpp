// Reading one line: what a key holds, and which key holds something else.
#include "results_schema/json_lines.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <simdjson.h>

#include "results_schema/json_refusal.hpp"

namespace motley::schema {
namespace {

using Json = simdjson::dom::element;
using Object = simdjson::dom::object;
using List = simdjson::dom::array;
using simdjson::SUCCESS;

/// One object being read. It knows its way from the line's object, to tell it in errors; readers of
/// what is inside refer to it.
class Reader {
 public:
  explicit Reader(Json json, const Reader* parent = nullptr, std::string_view key = "")
      : parent_(parent), key_(key) {
    if (json.get(object_) != SUCCESS) refuse("an object");
  }

  std::optional<Json> find(std::string_view key) const {
    Json found;
    if (object_.at_key(key).get(found) != SUCCESS || found.is_null()) return std::nullopt;
    return found;
  }
  Reader child(std::string_view key, Json json) const { return Reader(json, this, key); }

  template <class T>
  void read(std::string_view key, T& to) const {
    if (const auto value = find(key)) take(key, *value, to);
  }
  template <class T>
  void read(std::string_view key, std::optional<T>& to) const {
    if (const auto value = find(key)) take(key, *value, to.emplace());
  }

  [[noreturn]] void refuse(const char* wanted, std::string_view key = "") const {
    throw BadRecord(fmt::format("{}{} is not {}", path(), key, wanted));
  }

 private:
  std::string path() const {
    return parent_ ? fmt::format("{}{}/", parent_->path(), key_) : std::string();
  }

  void take(std::string_view key, Json value, std::string& to) const {
    std::string_view text;
    if (value.get(text) != SUCCESS) refuse("text", key);
    to = text;
  }
  void take(std::string_view key, Json value, bool& to) const {
    if (value.get(to) != SUCCESS) refuse("true or false", key);
  }
  void take(std::string_view key, Json value, double& to) const {
    if (value.get(to) != SUCCESS) refuse("a number", key);
  }
  template <class T>
  requires std::is_integral_v<T>
  void take(std::string_view key, Json value, T& to) const {
    std::int64_t whole = 0;
    std::uint64_t large = 0;
    if (value.get(whole) == SUCCESS && std::in_range<T>(whole)) {
      to = static_cast<T>(whole);
    } else if (value.get(large) == SUCCESS && std::in_range<T>(large)) {
      to = static_cast<T>(large);
    } else {
      refuse("a whole number", key);
    }
  }
  template <class T>
  void take(std::string_view key, Json value, std::vector<T>& to) const {
    List values;
    if (value.get(values) != SUCCESS) refuse("a list", key);
    to.reserve(values.size());
    for (const Json one : values) {
      if (one.is_null()) refuse("a list without null", key);  // what others write for NaN
      take(key, one, to.emplace_back());
    }
  }
  template <class T>
  void take(std::string_view key, Json value, std::map<std::string, T>& to) const {
    if (!value.is_object()) refuse("an object", key);
    const Reader inner = child(key, value);
    for (const auto& [name, one] : inner.object_) {  // ascending as we write them
      inner.take(name, one, to.try_emplace(to.end(), std::string(name))->second);
    }
  }
  void take(std::string_view key, Json value, Value& to) const {
    if (value.is_string()) {
      take(key, value, to.emplace<std::string>());
    } else if (std::int64_t whole = 0; value.get(whole) == SUCCESS) {
      to = whole;
    } else {
      take(key, value, to.emplace<double>());
    }
  }
  void take(std::string_view key, Json value, Fact& to) const {
    if (value.is_bool()) {
      take(key, value, to.emplace<bool>());
    } else if (value.is_array()) {
      take(key, value, to.emplace<std::vector<std::string>>());
    } else {
      Value plain;
      take(key, value, plain);
      std::visit([&](auto& content) { to = std::move(content); }, plain);
    }
  }

  Object object_;
  const Reader* parent_;
  std::string_view key_;
};

template <class Enum>
void read_name(const Reader& reader, std::string_view key, Enum& to,
               std::initializer_list<Enum> all) {
  std::string text;
  reader.read(key, text);
  if (text.empty()) return;
  for (const Enum one : all) {
    if (to_string(one) == text) {
      to = one;
      return;
    }
  }
  reader.refuse("a known name", key);
}

template <class T, class Read>
void read_objects(const Reader& reader, std::string_view key, std::vector<T>& to, Read read) {
  const auto values = reader.find(key);
  if (!values) return;
  List list;
  if (values->get(list) != SUCCESS) reader.refuse("a list", key);
  for (const Json value : list) {
    T item;
    read(reader.child(key, value), item);
    to.push_back(std::move(item));
  }
}

Work read_work(const Reader& reader) {
  Work work;
  reader.read("flops", work.flops);
  reader.read("bytes_read", work.bytes_read);
  reader.read("bytes_written", work.bytes_written);
  reader.read("operations", work.operations);
  return work;
}

Key read_key(const Reader& reader) {
  Key key;
  if (!reader.find("case")) reader.refuse("there (every block needs one)", "case");
  reader.read("case", key.case_name);
  reader.read("revision", key.revision);
  reader.read("processor", key.processor);
  reader.read("params", key.parameters);
  reader.read("engine", key.engine);
  reader.read("scenario", key.scenario);
  reader.read("load", key.load);
  return key;
}

Device read_device(const Reader& reader) {
  Device device;
  reader.read("id", device.id);
  reader.read("name", device.name);
  reader.read("facts", device.facts);
  read_objects(reader, "clusters", device.clusters, [](const Reader& one, Cluster& cluster) {
    one.read("name", cluster.name);
    one.read("cores", cluster.cores);
    one.read("facts", cluster.facts);
  });
  read_objects(reader, "caches", device.caches, [](const Reader& one, Cache& cache) {
    one.read("level", cache.level);
    one.read("type", cache.type);
    one.read("bytes", cache.bytes);
    one.read("line_bytes", cache.line_bytes);
    one.read("shared_by", cache.shared_by);
    one.read("confirmed", cache.confirmed);
  });
  return device;
}

Run read_run(const Reader& reader) {
  Run run;
  reader.read("id", run.id);
  reader.read("started", run.started);
  reader.read("version", run.motley_version);
  reader.read("commit", run.commit);
  reader.read("dirty", run.dirty);
  reader.read("compiler", run.compiler);
  reader.read("flags", run.flags);
  reader.read("build", run.build);
  reader.read("argv", run.argv);
  if (const auto device = reader.find("device"))
    run.device = read_device(reader.child("device", *device));
  read_objects(reader, "processors", run.processors, [](const Reader& one, Processor& processor) {
    one.read("id", processor.id);
    one.read("stable_id", processor.stable_id);
    one.read("kind", processor.kind);
    one.read("name", processor.name);
    one.read("facts", processor.facts);
  });
  reader.read("conditions", run.conditions);
  reader.read("exec_context", run.exec_context);
  reader.read("tier", run.tier);
  reader.read("emulated", run.emulated);
  reader.read("seed", run.seed);
  return run;
}

Begin read_begin(const Reader& reader) {
  Begin begin;
  begin.key = read_key(reader);
  reader.read("round", begin.round);
  reader.read("process", begin.process);
  reader.read("order", begin.order);
  return begin;
}

void read_measured(const Reader& reader, Block& block) {
  if (const auto work = reader.find("work")) block.work = read_work(reader.child("work", *work));
  if (const auto work = reader.find("executed_work")) {
    block.executed_work = read_work(reader.child("executed_work", *work));
  }
  if (const auto check = reader.find("check")) {
    const Reader inner = reader.child("check", *check);
    block.check.emplace();
    inner.read("error", block.check->error);
    inner.read("tolerance", block.check->tolerance);
  }
  reader.read("runs_per_sample", block.runs_per_sample);
  if (const auto samples = reader.find("samples")) {
    const Reader inner = reader.child("samples", *samples);
    inner.read("started_seconds", block.samples.started_seconds);
    inner.read("host_seconds", block.samples.host_seconds);
    inner.read("device_seconds", block.samples.device_seconds);
    inner.read("device_busy_seconds", block.samples.device_busy_seconds);
    inner.read("waited_seconds", block.samples.waited_seconds);
    inner.read("scheduled_seconds", block.samples.scheduled_seconds);
    inner.read("enqueued_seconds", block.samples.enqueued_seconds);
    inner.read("latency_seconds", block.samples.latency_seconds);
    inner.read("segment", block.samples.segment);
  }
  reader.read("warmup_seconds", block.warmup_seconds);
  reader.read("stopped_by", block.stopped_by);
  reader.read("clock_hertz", block.clock_hertz);
  reader.read("ceiling_flops_per_second", block.ceiling_flops_per_second);
}

void read_scenario(const Reader& reader, Block& block) {
  if (const auto validity = reader.find("validity")) {
    const Reader inner = reader.child("validity", *validity);
    block.validity.emplace();
    inner.read("verdict", block.validity->verdict);
    inner.read("reasons", block.validity->reasons);
  }
  reader.read("figures", block.figures);
  read_objects(reader, "loads", block.loads, [](const Reader& one, LoadLevel& level) {
    one.read("load", level.load);
    one.read("processor", level.processor);
    one.read("asked", level.asked);
    one.read("achieved", level.achieved);
    one.read("alone", level.alone);
    one.read("reason", level.reason);
    one.read("details", level.details);
  });
  if (const auto side = reader.find("side_file")) {
    const Reader inner = reader.child("side_file", *side);
    block.side_file.emplace();
    inner.read("file", block.side_file->file);
    inner.read("sha256", block.side_file->sha256);
    inner.read("count", block.side_file->count);
    inner.read("columns", block.side_file->columns);
  }
  const auto histograms = reader.find("histograms");
  if (!histograms) return;
  Object columns;
  if (histograms->get(columns) != SUCCESS) reader.refuse("an object", "histograms");
  for (const auto& [column, value] : columns) {
    const Reader inner = reader.child("histograms", value);
    Histogram& histogram = block.histograms[std::string(column)];
    inner.read("buckets_per_doubling", histogram.buckets_per_doubling);
    inner.read("lower", histogram.lower);
    inner.read("counts", histogram.counts);
  }
}

Block read_block(const Reader& reader) {
  Block block;
  block.key = read_key(reader);
  read_name(reader, "status", block.status,
            {Status::ok, Status::suspect, Status::unsupported, Status::wrong, Status::failed,
             Status::skipped});
  read_name(reader, "metric", block.metric,
            {Metric::flops_per_second, Metric::bytes_per_second, Metric::seconds_per_operation,
             Metric::operations_per_second});
  reader.read("reason", block.reason);
  reader.read("round", block.round);
  reader.read("process", block.process);
  reader.read("order", block.order);
  read_measured(reader, block);
  reader.read("phases", block.phases);
  reader.read("timeline", block.timeline);
  read_objects(reader, "operators", block.operators, [](const Reader& one, OperatorTime& time) {
    one.read("name", time.name);
    one.read("kind", time.kind);
    one.read("phase", time.phase);
    one.read("implementation", time.implementation);
    one.read("seconds", time.seconds);
    one.read("copy_seconds", time.copy_seconds);
    one.read("flops", time.flops);
    one.read("bytes", time.bytes);
  });
  reader.read("series", block.series);
  reader.read("memory", block.memory);
  reader.read("readings", block.readings);
  reader.read("details", block.details);
  read_scenario(reader, block);
  reader.read("steal_seconds", block.steal_seconds);
  reader.read("involuntary_switches", block.involuntary_switches);
  read_objects(reader, "findings", block.findings, [](const Reader& one, Finding& finding) {
    one.read("kind", finding.kind);
    one.read("cause", finding.cause);
  });
  reader.read("selected_by", block.selected_by);
  read_objects(reader, "search", block.search, [](const Reader& one, Candidate& candidate) {
    one.read("params", candidate.parameters);
    one.read("seconds", candidate.seconds);
    one.read("status", candidate.status);
    one.read("reason", candidate.reason);
  });
  reader.read("repro", block.repro);
  return block;
}

End read_end(const Reader& reader) {
  End end;
  reader.read("conditions", end.conditions);
  reader.read("counts", end.counts);
  reader.read("reason", end.reason);
  reader.read("wall_seconds", end.wall_seconds);
  reader.read("harness_share", end.harness_share);
  return end;
}

/// A key that comes twice has two meanings, and which one counts would be the reader's choice.
void refuse_twice(const Object& object) {
  std::vector<std::string_view> keys;
  for (const auto& field : object) keys.push_back(field.key);
  std::sort(keys.begin(), keys.end());
  if (std::adjacent_find(keys.begin(), keys.end()) != keys.end()) {
    throw BadRecord("an object has a key twice (which of them counts is not known)");
  }
}

bool holds_more(Json value) {
  return value.is_array() || value.is_object();
}

/// Also where no key of ours leads. `value` holds more.
void refuse_strange(Json value, int depth) {
  if (depth > deepest) throw BadRecord(too_deep);
  if (List list; value.get(list) == SUCCESS) {
    for (const Json one : list) {
      if (holds_more(one)) refuse_strange(one, depth + 1);
    }
    return;
  }
  std::string_view last;
  bool ascending = true;  // as we write them: then none comes twice
  for (const auto& [key, one] : Object(value)) {
    ascending = ascending && last < key;
    last = key;
    if (holds_more(one)) refuse_strange(one, depth + 1);
  }
  if (!ascending) refuse_twice(value);
}

/// Valid until the thread parses another line.
Json parse_json(std::string_view line) {
  thread_local simdjson::dom::parser parser;
  if (line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);  // an editor's mark: UTF-8
  Json json;
  if (parser.parse(line.data(), line.size()).get(json) != SUCCESS) {
    if (parser.parse(with_real_numbers(line)).get(json) != SUCCESS) refuse_json(line);
  }
  if (holds_more(json)) refuse_strange(json, 1);
  return json;
}

}  // namespace

std::optional<Record> parse_line(std::string_view line) {
  const Reader reader(parse_json(line));
  std::string kind;
  reader.read("record", kind);
  if (kind.empty()) reader.refuse("there (every line is a record)", "record");
  int schema = version;
  reader.read("schema", schema);
  if (schema < 1) reader.refuse("1 or more", "schema");
  if (schema > version) {
    throw BadRecord(
        fmt::format("written with schema {}, this program knows {} (its keys may mean "
                    "something else). Update motley.",
                    schema, version));
  }
  if (kind == "run") return read_run(reader);
  if (kind == "begin") return read_begin(reader);
  if (kind == "block") return read_block(reader);
  if (kind == "end") return read_end(reader);
  return std::nullopt;
}

}  // namespace motley::schema
