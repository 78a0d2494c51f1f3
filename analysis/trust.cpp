#include "analysis/trust.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>

#include "analysis/measurement.hpp"
#include "analysis/statistics.hpp"

namespace motley::analysis {
namespace {

/// Two-sided 5 %, power 80 %: 1.96 + 0.84 standard errors of a difference.
constexpr double detectable_deviations = 2.8;

/// Relative spread of blocks about their median.
double between_spread(const Measurement& one) {
  const std::vector<double> values = one.values();
  const double middle = median(values);
  return middle > 0 ? robust_deviation(values) / middle : 0;
}

/// |ratio - 1| of the medians of even and odd processes: two halves that nothing tells apart.
bool halves_differ_by(const Measurement& one, double& difference) {
  std::vector<double> even, odd;
  for (const BlockFigure& block : one.blocks) {
    (block.process % 2 == 0 ? even : odd).push_back(block.value);
  }
  if (even.empty() || odd.empty() || median(odd) <= 0) return false;
  difference = std::abs(median(even) / median(odd) - 1);
  return true;
}

struct Family {
  std::vector<double> floor, between, within, detectable;
};

/// Blocks off their measurement's median, by the findings that they carry.
std::map<std::string, double> deviation_by_cause(const std::vector<Measurement>& all) {
  std::map<std::string, double> sums;
  double total = 0;
  for (const Measurement& one : all) {
    const double middle = one.value();
    for (const BlockFigure& block : one.blocks) {
      const double off = std::abs(block.value / middle - 1);
      total += off;
      for (const std::string& finding : block.findings) sums[finding] += off;
      if (block.findings.empty()) sums["no finding"] += off;
    }
  }
  for (auto& [cause, sum] : sums) sum = total > 0 ? sum / total : 0;
  return sums;
}

}  // namespace

std::string trust(const schema::Log& log) {
  const std::vector<Measurement> all = measurements(log);
  std::map<std::string, Family> families;
  std::vector<double> floors;
  for (const Measurement& one : all) {
    double difference = 0;
    if (one.blocks.size() < 2 || !halves_differ_by(one, difference)) continue;
    Family& family = families[one.family()];
    floors.push_back(difference);
    family.floor.push_back(difference);
    family.between.push_back(between_spread(one));
    for (const BlockFigure& block : one.blocks) family.within.push_back(block.within_spread);
    const auto n = static_cast<double>(one.blocks.size());
    family.detectable.push_back(detectable_deviations * between_spread(one) * std::sqrt(2 / n));
  }
  if (floors.empty()) {
    return "Trust needs blocks of at least two processes: run with --processes 2 or more.\n";
  }
  std::string out = fmt::format(
      "Nothing changed, and yet half the figures moved by {:.1f} % or more, one in ten\n"
      "by {:.1f} % or more: smaller differences between two runs here mean nothing.\n\n",
      100 * median(floors), 100 * quantile(floors, 0.9));
  out += fmt::format("{:<12}{:>6}{:>12}{:>12}{:>11}{:>11}{:>14}\n", "family", "rows", "A/A median",
                     "A/A 90th", "between", "within", "detectable");
  for (const auto& [name, family] : families) {
    out += fmt::format("{:<12}{:>6}{:>11.1f}%{:>11.1f}%{:>10.1f}%{:>10.1f}%{:>13.1f}%\n", name,
                       family.floor.size(), 100 * median(family.floor),
                       100 * quantile(family.floor, 0.9), 100 * median(family.between),
                       100 * median(family.within), 100 * median(family.detectable));
  }
  out +=
      "\nA/A: even against odd processes. between, within: relative deviation of blocks\n"
      "and of samples in a block. detectable: 2.8 * between * sqrt(2 / blocks), the\n"
      "change that two such runs would show in 4 of 5 cases at 5 % significance.\n\n";
  std::vector<std::pair<double, std::string>> causes;
  for (const auto& [cause, share] : deviation_by_cause(all)) causes.push_back({share, cause});
  std::sort(causes.rbegin(), causes.rend());
  out += "Share of all deviation that lies in blocks with this finding:\n";
  for (const auto& [share, cause] : causes)
    out += fmt::format("  {:<20}{:>5.0f} %\n", cause, 100 * share);
  return out;
}

std::string repeatability(const schema::Log& first, const schema::Log& second) {
  std::map<std::string, Measurement> earlier;
  for (Measurement& one : measurements(first)) earlier.emplace(to_string(one.key), std::move(one));
  struct Moves {
    std::vector<double> moved;
    int far = 0, far_with_finding = 0;
  };
  std::map<std::string, Moves> families;
  constexpr double far = 0.10;
  for (const Measurement& one : measurements(second)) {
    const auto before = earlier.find(to_string(one.key));
    if (before == earlier.end() || before->second.value() <= 0) continue;
    const double moved = std::abs(one.value() / before->second.value() - 1);
    for (Moves* moves : {&families[one.family()], &families["all"]}) {
      moves->moved.push_back(moved);
      if (moved <= far) continue;
      ++moves->far;
      moves->far_with_finding += !one.findings.empty() || !before->second.findings.empty();
    }
  }
  if (families.empty()) return "The two runs have no measurement in common.\n";
  std::string out = fmt::format("{:<12}{:>6}{:>16}{:>14}{:>14}{:>16}\n", "family", "rows",
                                "median |r-1|", "90th", "over 10 %", "with finding");
  for (const auto& [name, moves] : families) {
    out += fmt::format("{:<12}{:>6}{:>15.1f}%{:>13.1f}%{:>14}{:>16}\n", name, moves.moved.size(),
                       100 * median(moves.moved), 100 * quantile(moves.moved, 0.9), moves.far,
                       moves.far_with_finding);
  }
  return out;
}

}  // namespace motley::analysis
