// What the commands that compare (compare, ab, gate) take alike.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "analysis/compare.hpp"
#include "harness/cli/alternating.hpp"

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

/// Both sides at once, each on a thread: large files take seconds to parse.
analysis::RunPair read_sides(const std::vector<std::string>& first,
                             const std::vector<std::string>& second, schema::CutLine cut);

/// `text` where it is a regular expression. Throws BadArgument, naming the option.
std::string checked_expression(const std::string& option, const std::string& text);

struct AlternatingOptions {
  std::string first, second, keep;
  analysis::Pairs pairs;
};
void add_alternating(CLI::App& command, AlternatingOptions& options);
/// Throws BadArgument where a program is not there.
Alternation alternation(const AlternatingOptions& options,
                        const std::vector<std::string>& run_options);

struct ResultOptions {
  std::string format = "text", out;
};
void add_result(CLI::App& command, ResultOptions& options);
/// One of them, made when it is asked for, to standard output or the file.
struct Formats {
  std::function<std::string()> text, markdown, csv, json;
};
void write_result(const ResultOptions& options, const Formats& formats);

/// Of what a program printed: why it failed. At most 300 characters.
std::string last_line(const std::filesystem::path& file);
/// Throws Error.
void make_folder(const std::filesystem::path& folder);
void append_to_file(const std::string& file, const std::string& text);

/// All or nothing: a reader never sees half of it. Throws Error.
void write_whole_file(const std::string& file, const std::string& text);

}  // namespace motley::cli
