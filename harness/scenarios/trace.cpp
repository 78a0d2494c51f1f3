// How does a server do with queries as they once came? A file of arrival times in seconds, one a
// line, in order; they count from the first one, so that a log's own clock will do.
#include "harness/scenarios/trace.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <span>
#include <sstream>

#include "harness/scenarios/conclusions.hpp"
#include "harness/scenarios/families.hpp"
#include "harness/scenarios/percentiles.hpp"
#include "results_schema/lines.hpp"
#include "results_schema/sha256.hpp"

namespace motley {
namespace {

constexpr std::int64_t segments = 10;

std::string trimmed(const std::string& line) {
  const char* blank = " \t\r";
  const std::size_t begin = line.find_first_not_of(blank);
  if (begin == std::string::npos) return "";
  return line.substr(begin, line.find_last_not_of(blank) + 1 - begin);
}

/// As std::from_chars has it, in any locale: nothing may follow the number.
double time_in(const std::string& text, const std::string& where, double earlier) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  const auto refuse = [&](const std::string& why, const std::string& advice) {
    throw BadTrace(fmt::format("{}: \"{}\" {}. {}", where, text.substr(0, 40), why, advice));
  };
  const char* advice = "Write one arrival time in seconds a line.";
  if (error != std::errc() || stop != end) refuse("is no number", advice);
  if (!std::isfinite(value)) refuse("is no time", advice);
  if (value < 0) refuse("is negative (times count from a beginning)", advice);
  if (value < earlier) {
    refuse(fmt::format("is before the line above, {}", earlier), "Sort the file.");
  }
  return value;
}

struct Trace {
  std::string file;
  std::vector<double> times;
};

/// By key; of the thread that reads command lines and plays scenarios.
std::map<std::string, Trace>& traces() {
  static std::map<std::string, Trace> all;
  return all;
}

constexpr std::size_t most_bytes = 1 << 28;

std::string content_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    throw BadTrace(
        fmt::format("{} cannot be read (no such file, or no permission). Check the name.", file));
  }
  return schema::whole_file(file, most_bytes);
}

/// Blank lines are passed over.
std::vector<double> times_in(const std::string& content, const std::string& file) {
  std::istringstream in(content);
  std::vector<double> times;
  std::string line;
  for (std::int64_t number = 1; std::getline(in, line); ++number) {
    const std::string text = trimmed(line);
    if (text.empty()) continue;
    times.push_back(
        time_in(text, fmt::format("{}:{}", file, number), times.empty() ? 0 : times.back()));
    if (static_cast<std::int64_t>(times.size()) > most_queries) {
      throw BadTrace(
          fmt::format("{}:{}: more than {} arrivals (their samples would not fit into "
                      "memory). Split the file.",
                      file, number, most_queries));
    }
  }
  if (times.empty()) {
    throw BadTrace(fmt::format("{} holds no arrival time. Write one in seconds a line.", file));
  }
  return times;
}

void store_segments(const LoopRun& run, const Goal& goal, schema::Block& block) {
  for (const auto& [segment, latency] : latency_by_segment(block.samples, run)) {
    block.series["segment"].push_back(static_cast<double>(segment));
    block.series["segment_queries"].push_back(static_cast<double>(latency.size()));
    block.series["segment_latency_p50_seconds"].push_back(percentile(latency, 0.5));
    block.series["segment_latency_seconds"].push_back(percentile(latency, goal.part));
  }
}

double last_answer(const schema::Samples& samples, const LoopRun& run) {
  const std::size_t last = run.last - 1;
  return run.queries() > 0 ? samples.started_seconds[last] + samples.host_seconds[last]
                           : run.begin_seconds;
}

void trace_replay(const Spec& spec, const ScenarioStage& stage, schema::Block& block) {
  const std::vector<double>& times = trace_times(spec.text("file"));
  const double speed = spec.number("speed");
  const double length = (times.back() - times.front()) / speed;
  LoopLimits limits = limits_of(spec);
  // The last may wait for the one before it.
  const double whole = length + std::max(0.1, 0.01 * length);
  const bool cut = spec.given("seconds") && limits.seconds < whole;
  if (!cut) limits.seconds = whole;
  limits.segments = true;
  limits.expected_queries = static_cast<double>(times.size());
  const Goal goal = goal_of(spec);
  const double gap = length / static_cast<double>(times.size());
  LoopRun run = open_loop(stage, limits, replay(times, speed), block.samples);
  if (!cut && run.stopped_by == "budget") {  // it ended with the file's last, not by the clock
    run.duration_seconds = last_answer(block.samples, run) - run.begin_seconds;
    limits.seconds = length;
  }
  describe(block.samples, run, limits, goal, block.figures);
  store_segments(run, goal, block);
  Verdict verdict;
  judge_count(run, limits, goal, verdict);
  judge_backlog(block.samples, run, block.figures, verdict);
  judge_lateness(block.figures, 0.01 * gap, verdict);
  conclude(run, verdict, block);
}

}  // namespace

Arrivals replay(std::vector<double> times, double speed) {
  const auto all = std::make_shared<const std::vector<double>>(std::move(times));
  const double length = all->back() - all->front();
  return [=, i = std::size_t{0}]() mutable {
    if (i == all->size()) return Arrival{std::numeric_limits<double>::infinity(), 0};
    const double at = (*all)[i++] - all->front();
    const auto segment = static_cast<std::int64_t>(length > 0 ? at / length * segments : 0);
    return Arrival{at / speed, std::min(segment, segments - 1)};
  };
}

std::string trace_key(const std::string& file) {
  if (file.empty()) {
    throw BadArgument("no file of arrival times (there is nothing to replay). Give file=PATH.");
  }
  if (traces().contains(file)) return file;
  const std::string content = content_of(file);
  constexpr std::size_t digits = 12;
  const std::string key =
      fmt::format("{}#{}", std::filesystem::path(file).filename().string(),
                  schema::sha256(std::as_bytes(std::span(content))).substr(0, digits));
  traces().insert_or_assign(key, Trace{file, times_in(content, file)});
  return key;
}

const std::vector<double>& trace_times(const std::string& key) {
  return traces().at(key).times;
}

std::vector<std::string> trace_files() {
  std::vector<std::string> files;
  for (const auto& [key, trace] : traces()) files.push_back(trace.file);
  return files;
}

std::string with_trace_files(std::string scenario) {
  for (const auto& [key, trace] : traces()) {
    const std::size_t at = scenario.find("file=" + key);
    if (at != std::string::npos) scenario.replace(at, 5 + key.size(), "file=" + trace.file);
  }
  return scenario;
}

SpecParameter trace_parameter() {
  return {"file", "Arrival times in seconds, one a line", std::string(), 0, 0, trace_key};
}

std::vector<Scenario> trace_scenarios() {
  std::vector<SpecParameter> parameters =
      with_common({trace_parameter(), {"speed", "So many times as fast", 1.0, 1e-6, 1e6}},
                  unlimited_seconds, 90);
  return {
      {"trace_replay", "Queries at the times of a file", "latency_seconds",
       "enough queries for the percentile, backlog not growing, p99 of the generator's lateness "
       "at most 1 % of the mean gap or 200 us",
       std::move(parameters), Queried(trace_replay)}};
}

}  // namespace motley
