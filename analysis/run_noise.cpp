#include "analysis/run_noise.hpp"

#include <algorithm>
#include <cmath>

#include "analysis/measurement.hpp"
#include "analysis/statistics.hpp"

namespace motley::analysis {
namespace {

constexpr std::size_t runs_that_tell = 6;  ///< of one key: a deviation of fewer is a guess

std::string name(const schema::Key& key, const std::string& quantity) {
  return to_string(key) + "/" + quantity;
}

std::vector<double> process_logs(const Figures& figures) {
  std::vector<double> logs;
  for (const auto& [process, values] : figures.values) logs.push_back(std::log(median(values)));
  return logs;
}

}  // namespace

double chance_change(double deviation) {
  return std::expm1(1.96 * std::sqrt(2.0) * deviation);
}

RunNoise::RunNoise(const std::vector<std::string>& files) {
  std::map<std::string, std::vector<double>> of_family;
  std::map<std::string, std::string> family;
  for (const std::string& file : files) {
    const RunFigures figures_of_file = read_figures({file});
    if (figures_of_file.emulated()) {
      throw schema::BadRecord(file + " is emulated (its noise is not the device's). Leave it out.");
    }
    for (const MeasuredKey& one : figures_of_file.keys) {
      for (const auto& [quantity, figures] : one.figures) {
        const std::vector<double> logs = process_logs(figures);
        if (logs.empty()) continue;
        const std::string row = name(one.key, quantity);
        family[row] = family_of(one.key.case_name);
        logs_[row].push_back(median(logs));
        if (files.size() == 1 && logs.size() > 1) {
          of_family[family[row]].push_back(analysis::deviation(logs));
        }
      }
    }
  }
  for (const auto& [row, logs] : logs_) {
    if (logs.size() > 1) of_family[family[row]].push_back(analysis::deviation(logs));
  }
  for (const auto& [group, deviations] : of_family) families_[group] = median(deviations);
}

std::optional<double> RunNoise::deviation(const ComparedRow& row) const {
  const auto own = logs_.find(name(row.key, row.quantity));
  if (own != logs_.end() && own->second.size() >= runs_that_tell) {
    return analysis::deviation(own->second);
  }
  const auto group = families_.find(family_of(row.key.case_name));
  return group == families_.end() ? std::nullopt : std::optional(group->second);
}

std::function<std::optional<double>(const ComparedRow&)> RunNoise::margins(double least) const {
  return [noise = *this, least](const ComparedRow& row) -> std::optional<double> {
    const auto deviation = noise.deviation(row);
    if (!deviation) return std::nullopt;
    return std::max(least, chance_change(*deviation));
  };
}

}  // namespace motley::analysis
