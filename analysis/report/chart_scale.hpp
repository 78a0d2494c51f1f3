// Axes of charts: from where to where, with which ticks, and how these are written.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "analysis/report/content.hpp"

namespace motley::analysis::report {

/// Ends that hold all values with a margin, and ticks in between that are round.
struct LogScale {
  double from = 1, to = 10;
  std::vector<double> ticks;
};
/// Of positive values; binary: ticks are powers of two.
LogScale log_scale(double smallest, double largest, bool binary);

/// A Vega expression of datum.value: `12.3` and its prefix as d3 writes them, a blank, the unit.
std::string label_expression(Unit unit);

/// Smallest and largest number in columns; empty keys and cells without a number are passed over.
struct Range {
  double from = std::numeric_limits<double>::infinity(), to = -from;
  void add(const Layer& layer, const std::string& key);
};

/// Bars end where the parts of one name do.
double longest_bar(const Layer& layer);

}  // namespace motley::analysis::report
