#include "harness/cli/comparing.hpp"

#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <regex>

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
  result.filter = options.filter;
  result.across.insert(options.across.begin(), options.across.end());
  result.resamples = options.resamples;
  result.seed = options.seed;
  try {
    std::regex ignored(options.filter);
  } catch (const std::regex_error& error) {
    throw BadArgument(
        fmt::format("--filter {} is no regular expression ({}). Write a literal dot "
                    "as \\., a bracket as \\[.",
                    options.filter, error.what()));
  }
  return result;
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
