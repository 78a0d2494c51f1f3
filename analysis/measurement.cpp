#include "analysis/measurement.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "analysis/statistics.hpp"
#include "analysis/together_text.hpp"

namespace motley::analysis {
namespace {

double run_seconds(const schema::Block& block, double share = 0.5) {
  return quantile(block.samples.host_seconds, share) / static_cast<double>(block.runs_per_sample);
}

double figure_of(const schema::Block& block, double seconds) {
  const schema::Work& work = block.work;
  switch (block.metric) {
    case schema::Metric::flops_per_second:
      return work.flops / seconds;
    case schema::Metric::bytes_per_second:
      return (work.bytes_read + work.bytes_written) / seconds;
    case schema::Metric::seconds_per_operation:
      return work.operations > 0 ? seconds / work.operations : seconds;
    case schema::Metric::operations_per_second:
      return work.operations / seconds;
  }
  return 0;
}

/// Of the run that this share of the samples are faster than.
double figure_at(const schema::Block& block, double share) {
  const double seconds = run_seconds(block, share);
  const double value = seconds > 0 ? figure_of(block, seconds) : 0;
  return value > 0 && std::isfinite(value) ? value : 0;
}

BlockFigure block_figure(const schema::Block& block) {
  BlockFigure result;
  result.value = figure(block);
  result.run_seconds = run_seconds(block);
  result.process = block.process;
  result.round = block.round;
  const double middle = median(block.samples.host_seconds);
  if (middle > 0) result.within_spread = robust_deviation(block.samples.host_seconds) / middle;
  for (const schema::Finding& finding : block.findings) {
    if (!is_of_the_run(finding.kind)) result.findings.insert(finding.kind);
  }
  result.clock_hertz = block.clock_hertz.value_or(0);
  if (block.ceiling_flops_per_second.value_or(0) > 0 && result.run_seconds > 0) {
    const double executed = block.executed_work.value_or(block.work).flops;
    result.share_of_ceiling = executed / result.run_seconds / *block.ceiling_flops_per_second;
  }
  return result;
}

void add_searched(std::set<std::string>& axes, const schema::Block& block) {
  for (const schema::Candidate& one : block.search) {
    for (const auto& [axis, value] : one.parameters) {
      const auto chosen = block.key.parameters.find(axis);
      if (chosen != block.key.parameters.end() && chosen->second != value) axes.insert(axis);
    }
  }
}

std::map<int, std::vector<double>> by_process(const std::vector<BlockFigure>& blocks) {
  std::map<int, std::vector<double>> values;
  for (const BlockFigure& block : blocks) values[block.process].push_back(block.value);
  return values;
}

std::vector<double> logarithms(const std::vector<double>& values) {
  std::vector<double> result;
  for (const double value : values) {
    if (value > 0) result.push_back(std::log(value));
  }
  return result;
}

double median_of_known(const std::vector<BlockFigure>& blocks, double BlockFigure::*figure) {
  std::vector<double> known;
  for (const BlockFigure& block : blocks) {
    if (block.*figure > 0) known.push_back(block.*figure);
  }
  return median(known);
}

}  // namespace

double figure(const schema::Block& block) {
  return figure_at(block, 0.5);
}

double fastest_figure(const schema::Block& block) {
  return figure_at(block, 0);
}

int direction(schema::Metric metric) {
  return metric == schema::Metric::seconds_per_operation ? -1 : 1;
}

bool is_emulated(const schema::Log& log) {
  return std::any_of(log.runs.begin(), log.runs.end(),
                     [](const schema::Run& run) { return run.emulated; });
}

bool is_of_the_run(const std::string& finding_kind) {
  return finding_kind == "governor_not_fixed" || finding_kind == "debug_build";
}

std::string family_of(const std::string& case_name) {
  return case_name.substr(0, case_name.find('/'));
}

double Measurement::value() const {
  return median(values());
}

double Measurement::smallest() const {
  return quantile(values(), 0);
}

double Measurement::largest() const {
  return quantile(values(), 1);
}

double Measurement::share_of_ceiling() const {
  return median_of_known(blocks, &BlockFigure::share_of_ceiling);
}

double Measurement::clock_hertz() const {
  return median_of_known(blocks, &BlockFigure::clock_hertz);
}

std::vector<double> Measurement::values() const {
  std::vector<double> all;
  for (const BlockFigure& block : blocks) all.push_back(block.value);
  return all;
}

std::vector<double> Measurement::process_values() const {
  std::vector<double> all;
  for (const auto& [process, values] : by_process(blocks)) all.push_back(median(values));
  return all;
}

// Deviations are of logarithms: relative, and the same for a time and for its rate.
double Measurement::between_processes() const {
  return deviation(logarithms(process_values()));
}

double Measurement::within_processes() const {
  double squares = 0, freedom = 0;
  for (const auto& [process, values] : by_process(blocks)) {
    const std::vector<double> logs = logarithms(values);
    if (logs.size() < 2) continue;
    const auto free = static_cast<double>(logs.size() - 1);
    squares += free * deviation(logs) * deviation(logs);
    freedom += free;
  }
  return freedom > 0 ? std::sqrt(squares / freedom) : 0;
}

bool Measurement::disturbed() const {
  const auto count = std::count_if(blocks.begin(), blocks.end(), [](const BlockFigure& block) {
    return !block.findings.empty();
  });
  return 2 * (static_cast<std::size_t>(count) + suspect.size()) >= blocks.size() + suspect.size();
}

std::string Measurement::family() const {
  return family_of(key.case_name);
}

schema::Log undisturbed(const schema::Log& log) {
  schema::Log plain{log.runs, log.begins, {}, log.ends};
  std::copy_if(log.blocks.begin(), log.blocks.end(), std::back_inserter(plain.blocks),
               [](const schema::Block& one) {
                 return one.key.load == "none" && !one.validity && !is_division(one);
               });
  return plain;
}

std::vector<Measurement> measurements(const schema::Log& log) {
  std::vector<Measurement> all;
  std::map<std::string, std::size_t> places;
  for (const schema::Block& block : log.blocks) {
    const bool is_suspect = block.status == schema::Status::suspect;
    if (block.status != schema::Status::ok && !is_suspect) continue;
    if (block.samples.host_seconds.empty()) continue;
    const auto [place, is_new] = places.try_emplace(to_string(block.key), all.size());
    if (is_new) {
      all.emplace_back();
      all.back().key = block.key;
      all.back().metric = block.metric;
    }
    Measurement& one = all[place->second];
    add_searched(one.searched, block);
    BlockFigure of_block = block_figure(block);
    one.findings.insert(of_block.findings.begin(), of_block.findings.end());
    (is_suspect ? one.suspect : one.blocks).push_back(std::move(of_block));
  }
  std::stable_partition(all.begin(), all.end(),
                        [](const Measurement& one) { return !one.blocks.empty(); });
  return all;
}

}  // namespace motley::analysis
