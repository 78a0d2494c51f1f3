#include "analysis/measurement.hpp"

#include <map>

#include "analysis/statistics.hpp"

namespace motley::analysis {
namespace {

double run_seconds(const schema::Block& block) {
  return median(block.samples.host_seconds) / static_cast<double>(block.runs_per_sample);
}

}  // namespace

double figure(const schema::Block& block) {
  const double seconds = run_seconds(block);
  if (!(seconds > 0)) return 0;
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

int direction(schema::Metric metric) {
  return metric == schema::Metric::seconds_per_operation ? -1 : 1;
}

std::string family_of(const std::string& case_name) {
  return case_name.substr(0, case_name.find('/'));
}

double Measurement::value() const {
  return median(values());
}

std::vector<double> Measurement::values() const {
  std::vector<double> all;
  for (const BlockFigure& block : blocks) all.push_back(block.value);
  return all;
}

std::string Measurement::family() const {
  return family_of(key.case_name);
}

std::vector<Measurement> measurements(const schema::Log& log) {
  std::vector<Measurement> all;
  std::map<std::string, std::size_t> places;
  std::map<std::string, std::vector<double>> clocks, shares;
  for (const schema::Block& block : log.blocks) {
    if (block.status != schema::Status::ok || block.samples.host_seconds.empty()) continue;
    const std::string name = to_string(block.key);
    const auto [place, is_new] = places.try_emplace(name, all.size());
    if (is_new) all.push_back({block.key, block.metric, {}, {}});
    Measurement& one = all[place->second];
    BlockFigure figure_of_block;
    figure_of_block.value = figure(block);
    figure_of_block.process = block.process;
    figure_of_block.round = block.round;
    figure_of_block.within_spread =
        robust_deviation(block.samples.host_seconds) / median(block.samples.host_seconds);
    for (const schema::Finding& finding : block.findings) {
      figure_of_block.findings.insert(finding.kind);
      one.findings.insert(finding.kind);
    }
    if (block.clock_hertz) clocks[name].push_back(*block.clock_hertz);
    if (block.ceiling_flops_per_second) {
      const double executed = block.executed_work.value_or(block.work).flops;
      shares[name].push_back(executed / run_seconds(block) / *block.ceiling_flops_per_second);
    }
    one.blocks.push_back(std::move(figure_of_block));
  }
  for (Measurement& one : all) {
    one.clock_hertz = median(clocks[to_string(one.key)]);
    one.share_of_ceiling = median(shares[to_string(one.key)]);
  }
  return all;
}

}  // namespace motley::analysis
