#include "analysis/group_mean.hpp"

#include <cmath>

#include "analysis/statistics.hpp"

namespace motley::analysis {
namespace {

using Rows = std::vector<const RowSpeeds*>;
using Logs = std::map<int, double>;

Logs logarithms(const Speeds& speeds) {
  Logs logs;
  for (const auto& [process, values] : speeds) logs[process] = std::log(median(values));
  return logs;
}

Logs pair_logs(const RowSpeeds& row) {
  Logs logs;
  for (const auto& [pair, values] : row.second) {
    const auto other = row.first.find(pair);
    if (other != row.first.end()) logs[pair] = std::log(median(values) / median(other->second));
  }
  return logs;
}

/// By process: the mean over all rows, and how far the process lies from its rows' means.
std::vector<double> process_means(const std::vector<Logs>& rows) {
  std::map<int, std::pair<double, int>> effects;
  double total = 0, counted = 0;
  for (const Logs& logs : rows) {
    if (logs.empty()) continue;
    double sum = 0;
    for (const auto& [process, log] : logs) sum += log;
    const double mean = sum / static_cast<double>(logs.size());
    total += mean;
    ++counted;
    for (const auto& [process, log] : logs) {
      effects[process].first += log - mean;
      ++effects[process].second;
    }
  }
  std::vector<double> means;
  for (const auto& [process, effect] : effects) {
    means.push_back(total / counted + effect.first / effect.second);
  }
  return means;
}

std::vector<double> exponentials(std::vector<double> logs) {
  for (double& one : logs) one = std::exp(one);
  return logs;
}

GroupMean group_mean(const std::string& group, const Rows& rows, bool paired) {
  GroupMean mean{group, rows.size(), 1, std::nullopt};
  std::vector<Logs> first, second, pairs;
  for (const RowSpeeds* row : rows) {
    first.push_back(logarithms(row->first));
    second.push_back(logarithms(row->second));
    pairs.push_back(pair_logs(*row));
  }
  const std::vector<double> a = process_means(first), b = process_means(second);
  const std::vector<double> c = process_means(pairs);
  const auto tested = paired ? paired_ratio(c) : welch_ratio(exponentials(a), exponentials(b));
  if (tested) {
    mean.ratio = tested->ratio();
    mean.interval = tested->interval();
  } else if (!a.empty() && !b.empty()) {
    mean.ratio = std::exp(b.front() - a.front());
  }
  return mean;
}

}  // namespace

std::vector<GroupMean> group_means(const std::vector<RowSpeeds>& rows, bool paired) {
  std::map<std::string, Rows> groups;
  for (const RowSpeeds& row : rows) {
    if (row.first.empty() || row.second.empty()) continue;
    groups[row.processor].push_back(&row);
  }
  std::vector<GroupMean> means;
  Rows all;
  for (const auto& [group, of_group] : groups) {
    means.push_back(group_mean(group, of_group, paired));
    all.insert(all.end(), of_group.begin(), of_group.end());
  }
  if (groups.size() > 1) means.push_back(group_mean("all", all, paired));
  return means;
}

}  // namespace motley::analysis
