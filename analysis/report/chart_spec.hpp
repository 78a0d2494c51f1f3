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

}  // namespace motley::analysis::report
