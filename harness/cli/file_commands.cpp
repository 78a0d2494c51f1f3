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

int export_command(const Options& options) {
  using Exporter = void (*)(const schema::Log&, std::ostream&);
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
  std::ofstream out(options.out);
  exporter(all, out);
  out.flush();
  if (!out) {
    throw Error(fmt::format("cannot write {} (the export is cut). Name another file with --out.",
                            options.out));
  }
  return done;
}

}  // namespace motley::cli
