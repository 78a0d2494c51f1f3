// Did a figure change between two runs? Processes are the replicates: one figure each, compared as
// logarithms, so that a change is a ratio, the same for a time and for its rate.
// A surprise: with 10 processes a side that differ by 1 %, no 90 % interval can lie inside a margin
// of 1 % for more than four in ten unchanged rows (its half width alone is 0.8 %; nine in ten take
// 22 processes). So "same" says which change it excludes: see Judged::excluded.
// Simulated families of 200 rows with 10 processes a side: where these differ by 1 %, 4.4 % of the
// unchanged families alarm, 5 % of their rows are inconclusive and all changes of 5 % are found; at
// 2 %, 93 % of the changes; at 3 %, most rows are inconclusive because they may hide 5 %.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "analysis/statistics.hpp"

namespace motley::analysis {

/// A ratio second / first and Student's test of whether its logarithm is 0.
struct TestedRatio {
  double log_ratio = 0;  ///< of the geometric means
  double error = 0;      ///< standard error of log_ratio
  double freedom = 1;    ///< degrees of freedom
  double p = 1;          ///< two-sided

  double ratio() const;
  /// Of the ratio. It holds the true one as often as it says, also with few processes.
  Interval interval(double confidence = 0.95) const;
};

/// Welch's test (1947) of the mean logarithms of two sides, degrees of freedom by Satterthwaite
/// (1946): one positive figure a process. None with fewer than two processes on a side: what
/// differs between processes is then not known.
std::optional<TestedRatio> welch_ratio(std::span<const double> first,
                                       std::span<const double> second);

/// Of the logarithms of second / first of pairs that were measured close together. None for fewer
/// than two.
std::optional<TestedRatio> paired_ratio(std::span<const double> log_ratios);

/// Smallest true change, as a logarithm, that the test finds in 4 of 5 cases at a two-sided 5 %:
/// see detectable_errors.
double detectable_change(const TestedRatio& row);

struct Limits {
  double margin = 0.01;       ///< smaller changes do not matter
  double resolution = 0.05;   ///< a row that may hide a larger change is inconclusive
  double false_share = 0.05;  ///< of the reported changes: bound of q
};

enum class Verdict { higher, lower, same, inconclusive };

struct Judged {
  Verdict verdict = Verdict::inconclusive;
  double q = 1;  ///< after Benjamini and Hochberg over all rows that could be tested
  /// Smallest change (as a share) that this row, judged by itself, shows in 4 of 5 cases: margin or
  /// detectable change, and what the estimate may fall short. "Same" excludes changes as large as
  /// this.
  double excluded = 0;
};

/// Higher or lower: q within the limit, and the change beyond both margin and detectable change.
/// Same: the 90 % interval (two one-sided tests at 5 %: Schuirmann, 1987) lies inside what is
/// excluded, which is at most the resolution. Else inconclusive, as are rows without a test.
/// Rows of one comparison belong together: q depends on their number. `margins`: of each row, in
/// place of that of the limits; a row's resolution is never below twice its margin.
std::vector<Judged> judge(std::span<const std::optional<TestedRatio>> rows,
                          const Limits& limits = {}, std::span<const double> margins = {});

}  // namespace motley::analysis
