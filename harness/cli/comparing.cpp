#include "harness/cli/comparing.hpp"

#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <future>
#include <regex>

#include "harness/cli/options.hpp"
#include "harness/error.hpp"

namespace motley::cli {

void add_comparing(CLI::App& command, ComparingOptions& options) {
  command.add_option("--margin", options.margin, "Smaller changes do not matter: 0.01 is 1 %")
      ->check(CLI::Range(0.0, 1.0).description(""))
      ->type_name("SHARE")
      ->capture_default_str();
  command
      .add_option("--resolution", options.resolution,
                  "A row that may hide a larger change is inconclusive")
      ->check(CLI::Range(0.0, 10.0).description(""))
      ->type_name("SHARE")
      ->capture_default_str();
  command.add_option("--filter", options.filter, "Rows whose key matches this regular expression")
      ->type_name("REGEX");
  command
      .add_option("--across", options.across,
                  "Compare although this differs: device, exec_context, build")
      ->delimiter(',')
      ->check(CLI::IsMember({"device", "exec_context", "build"}).description(""))
      ->type_name("WHAT");
  command.add_option("--resamples", options.resamples, "Of the bootstrap's intervals")
      ->check(CLI::Range(100, 1000000).description(""))
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--bootstrap-seed", options.seed, "Of the bootstrap")
      ->check([](const std::string& text) {
        return text.starts_with('-') ? text + " is negative" : std::string();
      })
      ->type_name("N")
      ->capture_default_str();
}

analysis::CompareOptions compare_options(const ComparingOptions& options) {
  analysis::CompareOptions result;
  result.limits.margin = options.margin;
  result.limits.resolution = options.resolution;
  result.filter = checked_expression("--filter", options.filter);
  result.across.insert(options.across.begin(), options.across.end());
  result.resamples = options.resamples;
  result.seed = options.seed;
  return result;
}

analysis::RunPair read_sides(const std::vector<std::string>& first,
                             const std::vector<std::string>& second, schema::CutLine cut) {
  auto other = std::async(std::launch::async, [&] { return analysis::read_figures(second, cut); });
  analysis::RunFigures one = analysis::read_figures(first, cut);
  return {std::move(one), other.get()};
}

std::string checked_expression(const std::string& option, const std::string& text) {
  try {
    const std::regex ignored(text);
    return text;
  } catch (const std::regex_error& error) {
    throw BadArgument(
        fmt::format("{} {} is no regular expression ({}). Write a literal dot as "
                    "\\., a bracket as \\[.",
                    option, text, error.what()));
  }
}

void add_alternating(CLI::App& command, AlternatingOptions& options) {
  command.add_option("--least-pairs", options.pairs.least, "Runs of each program at least")
      ->check(CLI::Range(2, 1000).description(""))
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--most-pairs", options.pairs.most, "And at most, for rows that are undecided")
      ->check(CLI::Range(2, 1000).description(""))
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--keep", options.keep,
                  "Folder for the records of the runs (default: motley-ab-<time>)")
      ->type_name("FOLDER");
}

Alternation alternation(const AlternatingOptions& options,
                        const std::vector<std::string>& run_options) {
  Alternation result{options.first, options.second, run_options, options.pairs,
                     options.keep.empty() ? utc_now("motley-ab-{:%Y%m%dT%H%M%SZ}") : options.keep};
  for (std::filesystem::path* program : {&result.first, &result.second}) {
    std::error_code error;
    const std::filesystem::path whole = std::filesystem::canonical(*program, error);
    if (error || std::filesystem::is_directory(whole)) {
      throw BadArgument(fmt::format("{} is no program here (it cannot be run). Give its path.",
                                    program->string()));
    }
    *program = whole;
  }
  return result;
}

void add_result(CLI::App& command, ResultOptions& options) {
  command.add_option("--format", options.format, "text, markdown, csv or json")
      ->check(CLI::IsMember({"text", "markdown", "csv", "json"}).description(""))
      ->type_name("NAME")
      ->capture_default_str();
  command.add_option("--out", options.out, "File to write (default: standard output)")
      ->type_name("FILE");
}

void write_result(const ResultOptions& options, const Formats& formats) {
  const auto& chosen = options.format == "markdown" ? formats.markdown
                       : options.format == "csv"    ? formats.csv
                       : options.format == "json"   ? formats.json
                                                    : formats.text;
  const std::string text = chosen();
  if (!options.out.empty()) return write_whole_file(options.out, text);
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    throw Error("cannot write to standard output (the result is cut). Try --out.");
  }
}

std::string last_line(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line, last;
  while (std::getline(in, line)) {
    if (!line.empty()) last = line;
  }
  return last.substr(0, 300);
}

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error) return;
  throw Error(fmt::format("cannot make the folder {} ({}). Name another with --keep.",
                          folder.string(), error.message()));
}

void append_to_file(const std::string& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary | std::ios::app);
  out << text;
  out.close();
  if (!out) {
    throw Error(
        fmt::format("cannot write {} (no permission or no space). Name another file.", file));
  }
}

void write_whole_file(const std::string& file, const std::string& text) {
  const std::string unfinished = file + ".unfinished";
  std::ofstream out(unfinished, std::ios::binary);
  out << text;
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(unfinished, file, error);
  if (!out || error) {
    std::error_code ignored;
    std::filesystem::remove(unfinished, ignored);
    throw Error(fmt::format("cannot write {} ({}). Name another file, or make room.", file,
                            error ? error.message() : "no permission or no space"));
  }
}

}  // namespace motley::cli
