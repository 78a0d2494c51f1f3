// motley validate and motley export.
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iostream>

#include "harness/cli/options.hpp"
#include "harness/error.hpp"
#include "results_schema/export.hpp"
#include "results_schema/json_lines.hpp"
#include "results_schema/validate.hpp"

namespace motley::cli {

int validate_command(const Options& options) {
  int code = done;
  for (const std::string& file : options.files) {
    const schema::Validation validation = schema::validate_file(file);
    constexpr std::size_t most_shown = 20;
    for (std::size_t i = 0; i < std::min(most_shown, validation.defects.size()); ++i) {
      fmt::print("{}: {}\n", file, validation.defects[i]);
    }
    if (validation.defects.size() > most_shown) {
      fmt::print("{}: and {} more\n", file, validation.defects.size() - most_shown);
    }
    if (validation.defects.empty()) {
      fmt::print("{}: {} lines, all valid{}\n", file, validation.lines,
                 validation.ended ? "" : "; no end line: the run did not finish");
    } else {
      code = bad_input;
    }
  }
  return code;
}

namespace {

using Exporter = void (*)(const schema::Log&, std::ostream&);

/// Beside the file first, so that nothing half-written takes its name. A pipe or device has none to
/// take.
void write_whole(const schema::Log& log, Exporter exporter, const std::string& file) {
  namespace fs = std::filesystem;
  std::error_code error;
  const bool special = fs::exists(file, error) && !fs::is_regular_file(file, error);
  const std::string first = special ? file : file + ".part";
  std::ofstream out(first, std::ios::binary);
  if (out) exporter(log, out);
  out.close();
  error.clear();
  if (out && !special) fs::rename(first, file, error);
  if (out && !error) return;
  std::error_code ignored;
  if (!special) fs::remove(first, ignored);
  throw Error(
      fmt::format("cannot write {} (nothing was exported). Name another file with --out.", file));
}

}  // namespace

int export_command(const Options& options) {
  const std::vector<std::pair<std::string, Exporter>> formats{
      {"json", schema::export_json},
      {"csv", schema::export_csv},
      {"google-benchmark", schema::export_google_benchmark}};
  Exporter exporter = nullptr;
  std::vector<std::string> known;
  for (const auto& [name, function] : formats) {
    if (name == options.format) exporter = function;
    known.push_back(name);
  }
  if (!exporter) throw UnknownName("format", options.format, known);
  const schema::Log all = schema::read_logs(options.files, schema::CutLine::pass_over);
  if (options.out.empty()) {
    exporter(all, std::cout);
    std::cout.flush();
    if (!std::cout) throw Error("cannot write to standard output (the export is cut). Try --out.");
    return done;
  }
  for (const std::string& file : options.files) {
    std::error_code error;
    if (std::filesystem::equivalent(file, options.out, error)) {
      throw Error(
          fmt::format("{} holds the records (the export would replace them). Name another "
                      "file with --out.",
                      options.out));
    }
  }
  write_whole(all, exporter, options.out);
  return done;
}

}  // namespace motley::cli
