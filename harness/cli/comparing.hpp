// What the commands that compare (compare, ab, gate) take alike.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "analysis/compare.hpp"

namespace motley::cli {

struct ComparingOptions {
  double margin = analysis::Limits{}.margin, resolution = analysis::Limits{}.resolution;
  std::string filter;
  std::vector<std::string> across;
  std::size_t resamples = 2000;
  std::uint64_t seed = 1;
};

void add_comparing(CLI::App& command, ComparingOptions& options);
/// Throws BadArgument where the filter is no regular expression.
analysis::CompareOptions compare_options(const ComparingOptions& options);

/// All or nothing: a reader never sees half of it. Throws Error.
void write_whole_file(const std::string& file, const std::string& text);

}  // namespace motley::cli
