// motley report: records to a page, Markdown, LaTeX, CSV and Vega-Lite.
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <memory>
#include <tuple>

#include "analysis/report/report.hpp"
#include "harness/cli/command.hpp"
#include "harness/cli/options.hpp"
#include "harness/error.hpp"
#include "results_schema/json_lines.hpp"

namespace motley::cli {
namespace {

struct ReportOptions {
  std::vector<std::string> files;
  std::string folder;
};

/// What may stand in one column: one device, one commit, emulated or not.
using Subject = std::tuple<std::string, std::string, bool, bool>;

Subject subject_of(const schema::Log& log, const std::string& file) {
  if (log.runs.empty()) {
    throw schema::BadRecord(fmt::format(
        "{} has no run line (nobody knows which device it measured). Leave it out.", file));
  }
  const schema::Run& run = log.runs.front();
  return {run.device.id, run.commit, run.dirty, run.emulated};
}

/// Files of one subject become one log; subjects in the order of the command line.
std::vector<schema::Log> logs_of(const std::vector<std::string>& files) {
  std::vector<Subject> order;
  std::map<Subject, std::vector<std::string>> by_subject;
  for (const std::string& file : files) {
    const schema::Log log =
        schema::read_log(file, schema::CutLine::pass_over, schema::LongSamples::leave);
    const Subject subject = subject_of(log, file);
    if (!by_subject.contains(subject)) order.push_back(subject);
    by_subject[subject].push_back(file);
  }
  std::vector<schema::Log> logs;
  for (const Subject& subject : order) {
    logs.push_back(schema::read_logs(by_subject.at(subject), schema::CutLine::pass_over));
  }
  return logs;
}

/// Under another name first: a report that was there stays whole until the new one is.
void write(const std::filesystem::path& path, const std::string& bytes) {
  const std::filesystem::path unfinished = path.string() + ".part";
  std::ofstream out(unfinished, std::ios::binary);
  out << bytes;
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(unfinished, path, error);
  if (!out || error) {
    std::filesystem::remove(unfinished, error);
    throw Error(fmt::format("cannot write {} (the report is cut). Name another folder with --out.",
                            path.string()));
  }
}

int report_command(const ReportOptions& options) {
  namespace report = analysis::report;
  const auto sources = report::sources_of(logs_of(options.files));
  const std::filesystem::path folder = options.folder;
  const std::vector<report::File> files =
      report::files_of(report::report_of(sources), report::chart_scripts());
  std::error_code error;
  for (const report::File& file : files) {
    std::filesystem::create_directories((folder / file.path).parent_path(), error);
    if (error) {
      throw Error(fmt::format("cannot make the folder {} ({}). Name another one with --out.",
                              folder.string(), error.message()));
    }
    write(folder / file.path, file.bytes);
  }
  fmt::print("{}\n", (folder / "report.html").string());
  return done;
}

const CommandRegistration registration("report", [](Commands& commands) {
  auto options = std::make_shared<ReportOptions>();
  CLI::App& command =
      commands.add("report", "Write a report: a page with charts, Markdown, LaTeX, CSV",
                   [options] { return report_command(*options); });
  command.add_option("files", options->files, "Records, of one device or several")->required();
  command.add_option("-o,--out", options->folder, "Folder for the report")->required();
});

}  // namespace
}  // namespace motley::cli
