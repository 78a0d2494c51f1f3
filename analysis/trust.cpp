#include "analysis/trust.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>

#include "analysis/statistics.hpp"
#include "analysis/text.hpp"

namespace motley::analysis {
namespace {

constexpr double wanted_change = 0.05;

/// One measurement of several processes.
struct Row {
  double floor = 0;       ///< |even / odd - 1|: two halves that nothing tells apart
  double processes = 0;   ///< deviation of the processes' figures
  double rounds = 0;      ///< deviation of the blocks in a process; < 0: one block a process
  double samples = 0;     ///< deviation of the samples in a block
  double detectable = 0;  ///< between two runs like this one
  double needed = 0;      ///< processes a side to detect wanted_change
};

/// The median of few processes' deviations lies below the true deviation: chi-square's median over
/// its degrees of freedom, by Wilson and Hilferty (1931). Divided by this, it does not.
double median_of_deviation(std::size_t count) {
  const double freedom = static_cast<double>(count - 1);
  return std::pow(1 - 2 / (9 * freedom), 1.5);
}

/// The change that two runs of n processes each show in 4 of 5 cases at a two-sided 5 %, as a
/// share.
double detectable(double deviation, double n) {
  return detectable_errors(n) * deviation * std::sqrt(2 / n);
}

/// Fewest processes a side that show wanted_change.
double needed(double deviation) {
  double n = 2;
  while (detectable(deviation, n) > wanted_change) ++n;
  return n;
}

/// Nothing where even or odd processes are missing.
std::optional<Row> row_of(const Measurement& one) {
  std::vector<double> even, odd, samples;
  for (const BlockFigure& block : one.blocks) {
    (block.process % 2 == 0 ? even : odd).push_back(block.value);
    samples.push_back(block.within_spread);
  }
  if (even.empty() || odd.empty() || !(one.smallest() > 0)) return std::nullopt;
  const std::size_t count = one.process_values().size();
  const auto n = static_cast<double>(count);
  Row row;
  row.floor = std::abs(median(even) / median(odd) - 1);
  row.processes = one.between_processes() / median_of_deviation(count);
  row.rounds = one.blocks.size() > count ? one.within_processes() : -1;
  row.samples = median(samples);
  row.detectable = detectable(row.processes, n);
  row.needed = needed(row.processes);
  return row;
}

std::string percent(double share) {
  return share < 0 ? "-" : three_digits(std::round(1000 * share) / 10) + "%";
}

std::vector<double> column(const std::vector<Row>& rows, double Row::*figure) {
  std::vector<double> values;
  for (const Row& row : rows) {
    if (row.*figure >= 0) values.push_back(row.*figure);
  }
  return values;
}

std::string line_of(const std::string& name, const std::vector<Row>& rows) {
  const auto typical = [&](double Row::*figure) {
    const std::vector<double> values = column(rows, figure);
    return right(values.empty() ? "-" : percent(median(values)), 8);
  };
  const auto tenth = [&](double Row::*figure) {
    return right(percent(quantile(column(rows, figure), 0.9)), 8);
  };
  const double needed = std::ceil(median(column(rows, &Row::needed)));
  return left(name, 10) + right(fmt::format("{}", rows.size()), 5) + typical(&Row::floor) +
         tenth(&Row::floor) + typical(&Row::processes) + typical(&Row::rounds) +
         typical(&Row::samples) + right(typical(&Row::detectable), 9) + tenth(&Row::detectable) +
         right(fmt::format("{:.0f}", needed), 8) + "\n";
}

std::string first_sentence(const std::vector<Row>& rows) {
  const std::vector<double> floors = column(rows, &Row::floor);
  return wrapped(
             fmt::format("Nothing changed between the processes of this run, and yet half of {} "
                         "figures moved by {} or more and one in ten by {} or more: smaller "
                         "differences between two runs on this machine mean nothing.",
                         rows.size(), percent(median(floors)), percent(quantile(floors, 0.9))),
             80, 0) +
         "\n";
}

std::string family_table(const std::map<std::string, std::vector<Row>>& families) {
  std::string text =
      "                      A/A              deviation of         detectable   for 5%\n"
      "family     rows    half   tenth process   round  sample     half   tenth   needs\n";
  for (const auto& [name, rows] : families) text += line_of(name, rows);
  return text +
         "\nhalf, tenth: so much or more in half the rows, in one row of ten; other figures\n"
         "are medians over rows. A/A: processes 0, 2, ... against 1, 3, ... of the same\n"
         "run. deviation of processes, of rounds in a process, of samples in a round.\n"
         "detectable: t s sqrt(2 / n), the change that two runs with n processes each show\n"
         "in 4 of 5 cases (two-sided 5 %); s is the deviation of processes, not of blocks,\n"
         "because blocks of one process are not independent; t is Student's, 2 (n - 1)\n"
         "degrees of freedom: 5.4 for n = 2, 3.4 for 4, 2.8 for many. needs: that many\n"
         "processes a side for half the rows to show a change of 5 %.\n";
}

struct Cause {
  std::string kind;
  double block_share = 0, deviation_share = 0;
  double with = 0, without = 0;  ///< median deviation of blocks with and without it
  double excess() const { return deviation_share - block_share; }
};

struct Deviation {
  double size;
  const std::set<std::string>* findings;
};

/// Distance of every block from its measurement's median, as a logarithm.
std::vector<Deviation> deviations(const std::vector<Measurement>& all) {
  std::vector<Deviation> result;
  for (const Measurement& one : all) {
    if (one.blocks.size() < 2 || !(one.smallest() > 0)) continue;
    const double middle = one.value();
    for (const BlockFigure& block : one.blocks) {
      result.push_back({std::abs(std::log(block.value / middle)), &block.findings});
    }
  }
  return result;
}

/// `kind` empty: no finding at all.
Cause cause_of(const std::string& kind, const std::vector<Deviation>& all) {
  std::vector<double> with, without;
  double sum = 0, sum_with = 0;
  for (const Deviation& one : all) {
    const bool has = kind.empty() ? one.findings->empty() : one.findings->contains(kind);
    (has ? with : without).push_back(one.size);
    sum += one.size;
    sum_with += has ? one.size : 0;
  }
  const auto count = static_cast<double>(std::max<std::size_t>(all.size(), 1));
  return {kind.empty() ? "(none)" : kind, static_cast<double>(with.size()) / count,
          sum > 0 ? sum_with / sum : 0, median(with), median(without)};
}

std::string causes(const std::vector<Measurement>& all) {
  const std::vector<Deviation> of_blocks = deviations(all);
  std::set<std::string> kinds{""};
  for (const Deviation& one : of_blocks) kinds.insert(one.findings->begin(), one.findings->end());
  std::vector<Cause> ranked;
  for (const std::string& kind : kinds) ranked.push_back(cause_of(kind, of_blocks));
  std::sort(ranked.begin(), ranked.end(),
            [](const Cause& a, const Cause& b) { return a.excess() > b.excess(); });
  std::string text =
      "\nCauses, by the deviation that their blocks have above their share of blocks:\n"
      "finding                  of blocks  of deviation    median with    without\n";
  for (const Cause& one : ranked) {
    text += left("  " + one.kind, 24) + right(percent(one.block_share), 10) +
            right(percent(one.deviation_share), 14) + right(percent(one.with), 15) +
            right(percent(one.without), 11) + "\n";
  }
  return text + "A block may have several; what coincides with a deviation need not cause it.\n";
}

/// Quantile of Student's distribution: the exact one of two degrees of freedom, else the expansion
/// in their inverse, Abramowitz and Stegun (1964), 26.7.5: from four on within 1 %.
double student(double normal_quantile, double probability, double freedom) {
  if (freedom <= 2) return (2 * probability - 1) / std::sqrt(2 * probability * (1 - probability));
  const double z = normal_quantile, z2 = z * z;
  return z * (1 + (z2 + 1) / (4 * freedom) + ((5 * z2 + 16) * z2 + 3) / (96 * freedom * freedom) +
              (((3 * z2 + 19) * z2 + 17) * z2 - 15) / (384 * freedom * freedom * freedom));
}

}  // namespace

double detectable_errors(double n) {
  const double freedom = 2 * (n - 1);
  return student(1.959964, 0.975, freedom) + student(0.841621, 0.8, freedom);
}

std::string trust(const schema::Log& log) {
  const std::vector<Measurement> all = measurements(undisturbed(log));
  std::map<std::string, std::vector<Row>> families;
  std::vector<Row> rows;
  for (const Measurement& one : all) {
    const std::optional<Row> row = row_of(one);
    if (!row) continue;
    families[one.family()].push_back(*row);
    rows.push_back(*row);
  }
  if (rows.empty()) {
    return "Trust needs blocks of at least two processes: run with --processes 2 or more.\n";
  }
  const std::string caution =
      is_emulated(log) ? "! Emulated delays: this says nothing of the device.\n" : "";
  return caution + first_sentence(rows) + family_table(families) + causes(all);
}

}  // namespace motley::analysis
