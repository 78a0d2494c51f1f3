// Do two sides differ, and by how much, whatever their distributions look like? Everything here
// says how the second side stands to the first: positive is larger. Ranks know of order alone, so
// few values cannot reject at all: see smallest_p.
#pragma once

#include <span>
#include <vector>

namespace motley::analysis {

struct RankTest {
  double statistic = 0;
  double p = 1;  ///< two-sided
  bool exact = false;
};

/// Mann and Whitney (1947). The statistic U counts the pairs in which the second side's value is
/// larger, equal ones half. Exact where no two values are equal and there are at most 1000 pairs
/// (31 values a side), by the generating function of U; else normal with the correction of its
/// variance for ties and for continuity. p = 1 where a side is empty or all values are equal.
RankTest mann_whitney(std::span<const double> first, std::span<const double> second);

/// The p of mann_whitney where all values of one side are larger than all of the other: nothing can
/// be significant below it. 3 values a side: 0.1, 4: 0.029, 5: 0.0079, 6: 0.0022.
double smallest_p(std::size_t first, std::size_t second);

/// Wilcoxon (1945), of paired differences (second minus first). The statistic is the sum of the
/// ranks of positive differences. Zeros are left out. Exact for at most 50 differences of distinct
/// magnitude without zeros; else normal with the correction for ties and for continuity.
RankTest wilcoxon_signed_rank(std::span<const double> differences);

/// Hodges and Lehmann (1963): the median of all differences second - first. In O((n + m) log).
double hodges_lehmann_shift(std::span<const double> first, std::span<const double> second);

/// Hodges and Lehmann (1963): the median of the means of all pairs of values, each with itself too:
/// the centre of paired differences that belongs to wilcoxon_signed_rank.
double hodges_lehmann_centre(std::span<const double> differences);

/// Cliff (1993): P(second > first) - P(second < first), from -1 to 1; 0 where a side is empty.
double cliffs_delta(std::span<const double> first, std::span<const double> second);

/// q values (Benjamini and Hochberg, 1995), in the order of `p`: who reports all rows with q <=
/// 0.05 has 5 % of false ones among these on average.
std::vector<double> benjamini_hochberg(std::span<const double> p);

}  // namespace motley::analysis
