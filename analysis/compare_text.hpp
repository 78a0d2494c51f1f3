// A comparison for a terminal, a pull request, a spreadsheet or a program.
#pragma once

#include <string>
#include <vector>

#include "analysis/compare.hpp"
#include "analysis/table.hpp"

namespace motley::analysis {

/// Of rows with one of these changes, farthest from 1 first. Both figures, the ratio of speeds with
/// its interval, q, and the smallest change that the row would show.
Table comparison_table(const Comparison& comparison, const std::vector<Change>& which);
/// Rows of one side alone, and rows of which something failed.
Table unsound_table(const Comparison& comparison);
/// What differs around the two.
Table difference_table(const Comparison& comparison);

/// `3 slower, 1 faster, 40 same, 2 inconclusive` and the means of groups, a line each.
std::string headline(const Comparison& comparison);

/// At most 80 columns; rows that are the same only with `all`.
std::string comparison_text(const Comparison& comparison, bool all);
/// Slower rows first; the rest folded. At most `most_bytes`: rows beyond are counted.
std::string comparison_markdown(const Comparison& comparison, std::size_t most_bytes = 1000000);
std::string comparison_csv(const Comparison& comparison);
std::string comparison_json(const Comparison& comparison);

}  // namespace motley::analysis
