#include "analysis/report/report.hpp"

#include <fmt/format.h>
#include <set>

#include "analysis/report/chart_spec.hpp"

namespace motley::analysis::report {
namespace {

class UniqueNames {
 public:
  void apply(std::string& name) {
    const std::string first = name;
    for (int number = 2; !taken_.insert(name).second; ++number) {
      name = fmt::format("{}-{}", first, number);
    }
  }

 private:
  std::set<std::string> taken_;
};

std::vector<std::string> banners_of(const std::vector<Source>& sources) {
  std::vector<std::string> banners;
  for (const Source& source : sources) {
    if (source.emulated) {
      banners.push_back(
          "EMULATED: delays or failures were injected into " + source.label +
          ". None of its figures is the device's; they are shown and kept out of the summary.");
    }
    for (const schema::Run& run : source.log.runs) {
      if (run.build != "Debug") continue;
      banners.push_back("DEBUG BUILD: figures of " + source.label + " mean nothing.");
      break;
    }
  }
  return banners;
}

}  // namespace

Report report_of(const std::vector<Source>& sources) {
  Report report;
  report.title = "Motley report";
  if (sources.size() == 1) report.title += ": " + sources.front().label;
  if (sources.size() > 1) report.title += fmt::format(": {} sources", sources.size());
  report.banners = banners_of(sources);
  report.sections = sections_of(sources);
  UniqueNames names;
  for (Section& section : report.sections) {
    for (Part& part : section.parts) {
      for (Chart& chart : part.charts) names.apply(chart.name);
      for (NamedTable& table : part.tables) names.apply(table.name);
    }
  }
  return report;
}

std::vector<File> files_of(const Report& report, const std::vector<Script>& scripts) {
  std::vector<File> files{{"report.html", html_document(report, scripts)},
                          {"report.md", markdown_document(report)},
                          {"tables.tex", latex_tables(report)}};
  for (const Section& section : report.sections) {
    for (const Part& part : section.parts) {
      for (const Chart& chart : part.charts) {
        files.push_back({"charts/" + chart.name + ".vl.json", vega_lite(chart)});
        for (std::size_t i = 0; i < chart.layers.size(); ++i) {
          const std::string number = i == 0 ? "" : fmt::format("-{}", i + 1);
          files.push_back(
              {"tables/" + chart.name + number + ".csv", csv_text(chart.layers[i].table)});
        }
      }
      for (const NamedTable& table : part.tables) {
        files.push_back({"tables/" + table.name + ".csv", csv_text(table.table)});
      }
    }
  }
  return files;
}

}  // namespace motley::analysis::report
