#include "harness/cli/network_table.hpp"

#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <utility>

#include "analysis/text.hpp"
#include "devices/linux/process.hpp"
#include "harness/scenario.hpp"
#include "harness/statistics.hpp"

namespace motley::cli {
namespace {

constexpr std::size_t most_operators = 8;

std::string seconds_text(double seconds) {
  if (seconds >= 1) return fmt::format("{:.3g} s", seconds);
  return seconds >= 1e-3 ? fmt::format("{:.3g} ms", seconds * 1e3)
                         : fmt::format("{:.3g} us", seconds * 1e6);
}

double quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, std::size_t(share * double(values.size())))];
}

/// Of a training the steps behind the first tenth: caches, clocks and allocators have settled.
std::vector<double> warm(const schema::Block& block) {
  const std::vector<double>& all = block.samples.host_seconds;
  const std::size_t cold = block.warmup_seconds.empty() ? all.size() / 10 : 0;
  std::vector<double> steps(all.begin() + std::ptrdiff_t(cold), all.end());
  for (double& seconds : steps) seconds /= double(block.runs_per_sample);
  return steps;
}

/// The heading, and why there is no speed; true where there is none.
bool print_failure(const schema::Block& block) {
  fmt::print("\n{} on {}\n", schema::to_string(block.key.parameters.at("model")),
             block.key.processor);
  if (block.status == schema::Status::ok) return false;
  fmt::print("{}", analysis::wrapped("  " + to_string(block.status) + ": " + block.reason, 80, 2));
  return true;
}

void print_placed_on_cpu(const schema::Block& block) {
  const auto found = block.details.find("placed_on_cpu");
  if (found == block.details.end()) return;
  const auto& all = std::get<std::vector<std::string>>(found->second);
  fmt::print("{}", analysis::wrapped(fmt::format("  {} operator{} computed on the CPU: {}{}",
                                                 all.size(), all.size() == 1 ? "" : "s",
                                                 all.front(), all.size() > 1 ? " ..." : ""),
                                     80, 4));
}

void print_times(const schema::Block& block, const char* what) {
  const std::vector<double> steps = warm(block);
  if (steps.empty()) return;
  const double typical = median(steps);
  const double batch = double(std::get<std::int64_t>(block.key.parameters.at("batch")));
  const bool decodes = block.details.contains("context");
  fmt::print("  {}: median {}, 90 % below {}; {:.4g} {}/s, {:.3g} GFLOP/s\n",
             decodes ? "token" : what, seconds_text(typical), seconds_text(quantile(steps, 0.9)),
             batch / typical, decodes ? "tokens" : "samples", block.work.flops / typical * 1e-9);
  print_placed_on_cpu(block);
  const double first = block.warmup_seconds.empty()
                           ? block.samples.host_seconds.front() / double(block.runs_per_sample)
                           : block.warmup_seconds.front();
  fmt::print("  first {}; prepared in {}, checked in {}\n", seconds_text(first),
             seconds_text(block.phases.at("prepare")), seconds_text(block.phases.at("check")));
}

/// What queries met: from when they were to begin until they were answered.
void print_queries(const schema::Block& block) {
  if (!block.validity) return;
  const auto figure = [&](const char* name) {
    const auto found = block.figures.find(name);
    return found == block.figures.end() ? 0 : found->second;
  };
  std::string text = "  " + block.key.scenario;
  if (block.figures.contains("queries_per_second")) {
    text += fmt::format(": {:.4g} queries/s", figure("queries_per_second"));
  }
  if (block.figures.contains("latency_p50_seconds")) {
    text += fmt::format(
        ", latency p50 {}, p90 {}, p99 {}", seconds_text(figure("latency_p50_seconds")),
        seconds_text(figure("latency_p90_seconds")), seconds_text(figure("latency_p99_seconds")));
  }
  const std::string& metric = find_scenario(scenario_spec(block.key.scenario).name()).metric;
  if (metric != "latency_seconds" && metric != "queries_per_second" &&
      block.figures.contains(metric)) {
    text += "; " + analysis::quantity_text(metric, figure(metric.c_str()));
  }
  if (block.figures.contains("lateness_p99_seconds")) {
    text += fmt::format("; generator late by p99 {}, {:.2g} % of a core",
                        seconds_text(figure("lateness_p99_seconds")),
                        100 * figure("dispatcher_cpu_share"));
  }
  fmt::print("{}", analysis::wrapped(text, 80, 4));
  fmt::print("  {}\n", block.validity->verdict);
  for (const std::string& reason : block.validity->reasons) {
    fmt::print("{}", analysis::wrapped("    " + reason, 80, 4));
  }
}

void print_timeline(const schema::Block& block, const char* side) {
  const auto found = block.timeline.find(side);
  if (found == block.timeline.end()) return;
  const double whole = block.timeline.at("run").at("profiled_seconds");
  std::vector<std::pair<double, std::string>> parts;
  for (const auto& [name, seconds] : found->second) {
    if (seconds > 0.0005 * whole) parts.emplace_back(seconds, name);
  }
  std::sort(parts.rbegin(), parts.rend());
  std::string text = fmt::format("  {}:", side);
  for (const auto& [seconds, name] : parts) {
    text += fmt::format(" {} {} ({:.0f} %),", name, seconds_text(seconds), seconds / whole * 100);
  }
  text.back() = '.';
  fmt::print("{}", analysis::wrapped(text, 80, 4));
}

/// Categories of the plan, the largest first, and what was really there.
void print_memory(const schema::Block& block) {
  const auto mebibytes = [](double bytes) { return fmt::format("{:.1f}", bytes / 1048576); };
  const std::map<std::string, std::string> really = {
      {"live", "on the processor"}, {"process", "the process grew by"}, {"planned", ""}};
  std::vector<std::pair<double, std::string>> categories;
  double all = 0;
  std::string measured;
  for (const auto& [name, bytes] : block.memory) {
    const auto found = really.find(name);
    if (found == really.end()) {
      categories.emplace_back(bytes, name);
      all += bytes;
    } else if (!found->second.empty()) {
      measured += fmt::format("; {} {}", found->second, mebibytes(bytes));
    }
  }
  std::sort(categories.rbegin(), categories.rend());
  std::string text = fmt::format("  memory planned {} MiB (", mebibytes(all));
  for (const auto& [bytes, name] : categories) {
    if (bytes > 0.005 * all) text += fmt::format("{} {}, ", name, mebibytes(bytes));
  }
  text.replace(text.size() - 2, 2, ")" + measured + ".");
  fmt::print("{}", analysis::wrapped(text, 80, 4));
}

void print_where(const schema::Block& block) {
  if (block.timeline.empty()) return;
  fmt::print("  where a profiled run of {} goes:\n",
             seconds_text(block.timeline.at("run").at("profiled_seconds")));
  for (const char* side : {"host", "device", "gap"}) print_timeline(block, side);
  std::vector<schema::OperatorTime> costly = block.operators;
  std::sort(costly.begin(), costly.end(),
            [](const auto& a, const auto& b) { return a.seconds > b.seconds; });
  costly.resize(std::min(costly.size(), most_operators));
  fmt::print("  {:<34}{:<22}{:>10}{:>10}\n", "operator", "implementation", "time", "GFLOP/s");
  for (const schema::OperatorTime& one : costly) {
    const std::string name = one.implementation.substr(0, one.implementation.find(' '));
    fmt::print("  {:<34.33}{:<22.21}{:>10}{:>10}\n", one.name, name, seconds_text(one.seconds),
               one.seconds > 0 ? fmt::format("{:.3g}", one.flops / one.seconds * 1e-9) : "-");
  }
  print_memory(block);
}

/// The loss of the first and last steps, and what unseen samples say.
void print_learning(const schema::Block& block) {
  const auto loss = block.series.find("loss");
  if (loss != block.series.end() && !loss->second.empty()) {
    fmt::print("  loss {:.4f} in step {:.0f}, {:.4f} in step {:.0f}\n", loss->second.front(),
               block.series.at("step").front(), loss->second.back(),
               block.series.at("step").back());
  }
  const auto tests = block.series.find("test_loss");
  if (tests == block.series.end() || tests->second.empty()) return;
  const double tested = tests->second.back();
  const auto accuracy = block.series.find("accuracy");
  const bool labelled = accuracy != block.series.end() && !accuracy->second.empty();
  fmt::print("  on unseen samples {}loss {:.4f} (step {:.0f})\n",
             labelled ? fmt::format("accuracy {:.2f} %, ", accuracy->second.back() * 100) : "",
             tested, block.series.at("tested_step").back());
  const auto wanted = block.details.find("wanted_accuracy");
  if (wanted != block.details.end() && labelled && block.stopped_by != "accuracy") {
    const double steps = block.series.at("tested_step").back();
    const double epochs =
        steps / double(std::get<std::int64_t>(block.details.at("steps_per_epoch")));
    fmt::print(
        "  accuracy {} was not reached in {}: {:.4g}\n", std::get<double>(wanted->second),
        epochs < 1 ? fmt::format("{:.0f} steps", steps) : fmt::format("{:.3g} epochs", epochs),
        accuracy->second.back());
  }
  const auto entropy = block.details.find("entropy_nats");
  if (entropy != block.details.end()) {
    fmt::print("  {:.4f} nat above the entropy of the data, which no model can beat\n",
               tested - std::get<double>(entropy->second));
  }
}

}  // namespace

void print_loads(const schema::Block& block) {
  for (const schema::LoadLevel& level : block.loads) {
    std::string text = "  beside " + level.load;
    if (!level.processor.empty()) text += " on " + level.processor;
    const char* separator = ": ";
    for (const auto& [quantity, value] : level.achieved) {
      if (value == 0) continue;
      const auto alone = level.alone.find(quantity);
      text += std::exchange(separator, ", ") + analysis::quantity_text(quantity, value);
      if (alone != level.alone.end() && alone->second > 0) {
        text += fmt::format(" ({:.2f} of alone)", value / alone->second);
      }
    }
    fmt::print("{}", analysis::wrapped(text, 80, 4));
    if (!level.reason.empty()) fmt::print("{}", analysis::wrapped("    " + level.reason, 80, 4));
  }
}

void show_progress(const std::string& processor, const workloads::Learning& learning,
                   const schema::Block& block) {
  if (!devices::error_output_is_terminal()) return;
  const auto loss = block.series.find("loss");
  fmt::print(stderr, "\r{}: step {}, loss {:.4f}   ", processor, learning.steps(),
             loss == block.series.end() || loss->second.empty() ? 0 : loss->second.back());
  std::fflush(stderr);
}

void print_training(const schema::Block& block) {
  if (devices::error_output_is_terminal()) fmt::print(stderr, "\r{:<60}\r", "");
  const bool failed = print_failure(block);
  if (!failed) print_times(block, "step");
  print_learning(block);
  print_loads(block);
  if (!failed) print_where(block);
}

void print_inference(const schema::Block& block) {
  if (print_failure(block)) return;
  print_times(block, "inference");
  print_queries(block);
  print_loads(block);
  print_where(block);
}

void print_ratios(const std::vector<schema::Block>& blocks) {
  std::vector<const schema::Block*> timed;
  for (const schema::Block& block : blocks) {
    if (block.status == schema::Status::ok && !warm(block).empty()) timed.push_back(&block);
  }
  if (timed.size() < 2) return;
  const double first = median(warm(*timed.front()));
  const auto name = [&](const schema::Block& block) {
    const schema::Key& key = block.key;
    const schema::Key& other = (&block == timed.front() ? timed.back() : timed.front())->key;
    std::string text = key.processor;
    if (key.scenario != other.scenario) text += " under " + key.scenario;
    if (key.load != "none") text += " beside " + key.load;
    return text;
  };
  fmt::print("\n");
  for (std::size_t i = 1; i < timed.size(); ++i) {
    fmt::print("{}", analysis::wrapped(fmt::format("{} takes {:.3g} times as long as {}",
                                                   name(*timed[i]), median(warm(*timed[i])) / first,
                                                   name(*timed.front()))));
  }
}

}  // namespace motley::cli
