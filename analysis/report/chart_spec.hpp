// A chart as a Vega-Lite specification: for the browser, for Vega's own tools, for a paper's author
// who wants another look. Its data are the rows of its tables.
#pragma once

#include <string>
#include <vector>

#include "analysis/report/content.hpp"

namespace motley::analysis::report {

/// JSON, indented; text of others is in it only as data. Layer i is called rows_i, and so are
/// its data and its marks (rows_i_marks in Vega).
std::string vega_lite(const Chart& chart);

/// Ends that hold all values with a margin, and ticks in between that are round.
struct LogScale {
  double from = 1, to = 10;
  std::vector<double> ticks;
};
/// Of positive values; binary: ticks are powers of two.
LogScale log_scale(double smallest, double largest, bool binary);

}  // namespace motley::analysis::report
