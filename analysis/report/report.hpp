// All that `motley report` writes, as pure functions of records: the same records, the same bytes.
#pragma once

#include <string>
#include <vector>

#include "analysis/report/content.hpp"
#include "analysis/report/section.hpp"

namespace motley::analysis::report {

struct Report {
  std::string title;
  std::vector<std::string> banners;  ///< above all else: emulated records, debug builds
  std::vector<Section> sections;
};

/// Names of charts and tables are unique in it.
Report report_of(const std::vector<Source>& sources);

/// JavaScript that draws specifications; none where the program was built without npm.
struct Script {
  std::string name;  ///< vega 6.4.0
  std::string text;
};
std::vector<Script> chart_scripts();

/// One file without references to others; readable where scripts do not run.
std::string html_document(const Report& report, const std::vector<Script>& scripts);
std::string markdown_document(const Report& report);
/// For \input: table environments with booktabs' rules. Long tables are left to CSV.
std::string latex_tables(const Report& report);

struct File {
  std::string path;  ///< below the report's folder
  std::string bytes;
};
/// report.html, report.md, tables.tex, charts/NAME.vl.json, tables/NAME.csv.
std::vector<File> files_of(const Report& report, const std::vector<Script>& scripts);

}  // namespace motley::analysis::report
