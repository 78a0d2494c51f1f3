#include "analysis/interference.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "analysis/statistics.hpp"

namespace motley::analysis {
namespace {

const std::string idle = "none";

using Visit = std::pair<int, int>;  ///< process, round

struct Workload {
  schema::Key key;
  std::map<std::string, std::map<Visit, double>> seconds;  ///< by load
  std::map<std::string, std::string> without;              ///< by load
};

double run_seconds(const schema::Block& block) {
  return median(block.samples.host_seconds) / static_cast<double>(block.runs_per_sample);
}

std::vector<Workload> workloads(const schema::Log& log, std::vector<std::string>& loads) {
  std::vector<Workload> all;
  for (const schema::Block& block : log.blocks) {
    if (block.status == schema::Status::skipped) continue;  // says how a run ended, not who suffers
    schema::Key key = block.key;
    key.load = idle;
    auto found =
        std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.key == key; });
    if (found == all.end()) found = all.insert(all.end(), Workload{key, {}, {}});
    const std::string& load = block.key.load;
    if (load != idle && std::find(loads.begin(), loads.end(), load) == loads.end()) {
      loads.push_back(load);
    }
    if (block.status == schema::Status::ok && !block.samples.host_seconds.empty()) {
      found->seconds[load][{block.process, block.round}] = run_seconds(block);
    } else {
      found->without[load] = to_string(block.status) + ": " + block.reason;
    }
  }
  return all;
}

/// Order statistics that enclose the median of n values with 95 %: the k-th from either end, where
/// k - 1 or fewer of n fair coins fall on one side with at most 2.5 %.
std::optional<std::pair<double, double>> median_interval(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  double tail = std::pow(0.5, static_cast<double>(n)), term = tail;
  std::size_t k = 0;
  while (tail <= 0.025) {
    term *= static_cast<double>(n - k) / static_cast<double>(k + 1);
    tail += term;
    ++k;
  }
  if (k == 0) return std::nullopt;
  return std::pair{values[k - 1], values[n - k]};
}

Slowdown slowdown(const Workload& workload, const std::string& load) {
  Slowdown result;
  const auto alone = workload.seconds.find(idle), loaded = workload.seconds.find(load);
  if (const auto why = workload.without.find(load); why != workload.without.end()) {
    result.without = why->second;
  }
  if (alone == workload.seconds.end() || loaded == workload.seconds.end()) return result;
  std::vector<double> ratios;
  for (const auto& [visit, seconds] : loaded->second) {
    const auto pair = alone->second.find(visit);
    if (pair != alone->second.end() && pair->second > 0) ratios.push_back(seconds / pair->second);
  }
  result.pairs = ratios.size();
  result.ratio = median(ratios);
  result.interval = median_interval(std::move(ratios));
  return result;
}

double middle(const std::map<Visit, double>& seconds) {
  std::vector<double> values;
  for (const auto& [visit, one] : seconds) values.push_back(one);
  return median(values);
}

}  // namespace

std::optional<double> kendall(const std::vector<double>& a, const std::vector<double>& b) {
  double score = 0, untied_a = 0, untied_b = 0;
  const auto sign = [](double value) { return double(value > 0) - double(value < 0); };
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const double in_a = sign(a[i] - a[j]), in_b = sign(b[i] - b[j]);
      score += in_a * in_b;
      untied_a += in_a * in_a;
      untied_b += in_b * in_b;
    }
  }
  if (untied_a == 0 || untied_b == 0) return std::nullopt;
  return score / std::sqrt(untied_a * untied_b);
}

InterferenceMatrix interference(const schema::Log& log) {
  InterferenceMatrix matrix;
  const std::vector<Workload> all = workloads(log, matrix.loads);
  if (matrix.loads.empty()) return matrix;
  std::map<std::string, std::pair<std::vector<double>, std::vector<double>>> ranked;
  for (const Workload& workload : all) {
    InterferenceRow row{workload.key, 0, {}};
    const auto alone = workload.seconds.find(idle);
    if (alone != workload.seconds.end()) row.alone_seconds = middle(alone->second);
    bool any = false;
    for (const std::string& load : matrix.loads) {
      row.slowdowns.push_back(slowdown(workload, load));
      any = any || row.slowdowns.back().pairs > 0 || !row.slowdowns.back().without.empty();
      if (row.slowdowns.back().pairs == 0) continue;
      ranked[load].first.push_back(row.alone_seconds);
      ranked[load].second.push_back(middle(workload.seconds.at(load)));
    }
    if (any) matrix.rows.push_back(std::move(row));
  }
  for (const std::string& load : matrix.loads) {
    const auto& [alone, loaded] = ranked[load];
    matrix.rank_correlations.push_back(alone.size() < 3 ? std::nullopt : kendall(alone, loaded));
  }
  return matrix;
}

}  // namespace motley::analysis
