// Every measurement, also those without a figure and why.
#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>

#include "analysis/report/section.hpp"

namespace motley::analysis::report {
namespace {

/// All blocks of one key.
struct Row {
  const schema::Block* first = nullptr;
  std::map<schema::Status, std::size_t> statuses;
  std::set<int> processes;
  std::set<std::string> findings;
  std::string reason;
};

std::string parameters_text(const schema::Key& key) {
  std::string text;
  for (const auto& [axis, value] : key.parameters) {
    text += (text.empty() ? "" : " ") + axis + "=" + schema::to_string(value);
  }
  return text;
}

std::string conditions_text(const schema::Key& key) {
  std::string text = key.scenario;
  if (key.load != "none") text += " beside " + key.load;
  if (key.engine != "motley") text += " (" + key.engine + ")";
  return text;
}

std::string status_text(const Row& row) {
  std::string text;
  for (const auto& [status, count] : row.statuses) {
    if (row.statuses.size() > 1) text += (text.empty() ? "" : ", ") + fmt::format("{} ", count);
    text += to_string(status);
  }
  constexpr std::size_t most = 160;
  if (row.reason.empty()) return text;
  return text + ": " + (row.reason.size() > most ? row.reason.substr(0, most) + ".." : row.reason);
}

std::string findings_text(const Row& row) {
  std::string text;
  for (const std::string& kind : row.findings) text += (text.empty() ? "" : ", ") + kind;
  return text;
}

void add(const schema::Block& block, Row& row) {
  if (!row.first) row.first = &block;
  ++row.statuses[block.status];
  row.processes.insert(block.process);
  if (row.reason.empty()) row.reason = block.reason;
  for (const schema::Finding& finding : block.findings) {
    if (!is_of_the_run(finding.kind)) row.findings.insert(finding.kind);
  }
}

std::vector<Cell> cells_of(const Row& row, const Measurement* measured) {
  const schema::Key& key = row.first->key;
  const Unit unit = unit_of(row.first->metric);
  const bool has_figure = measured && !measured->blocks.empty() && measured->value() > 0;
  std::size_t blocks = 0;
  for (const auto& [status, count] : row.statuses) blocks += count;
  return {key.case_name,
          key.processor,
          has_figure ? unit_cell(unit, measured->value()) : Cell("-"),
          has_figure ? unit_cell(unit, measured->smallest()) : Cell("-"),
          has_figure ? unit_cell(unit, measured->largest()) : Cell("-"),
          parameters_text(key),
          conditions_text(key),
          {fmt::format("{}", row.processes.size()), static_cast<double>(row.processes.size())},
          {fmt::format("{}", blocks), static_cast<double>(blocks)},
          status_text(row),
          findings_text(row)};
}

Table table_of(const Source& source) {
  std::vector<Row> rows;
  std::map<std::string, std::size_t> places;
  for (const schema::Block& block : source.log.blocks) {
    const auto [place, is_new] = places.try_emplace(to_string(block.key), rows.size());
    if (is_new) rows.emplace_back();
    add(block, rows[place->second]);
  }
  const std::vector<Measurement> all = measurements(source.log);
  std::map<std::string, const Measurement*> by_key;
  for (const Measurement& one : all) by_key[to_string(one.key)] = &one;
  Table table;
  table.title = "All measurements";
  table.note = "Figure: median over the blocks that are ok, beside the smallest and the largest.";
  table.columns = {{"case", false, "case"},
                   {"processor", false, "processor"},
                   {"figure", true, "figure"},
                   {"smallest", true, "smallest"},
                   {"largest", true, "largest"},
                   {"parameters", false, "parameters"},
                   {"conditions", false, "conditions"},
                   {"processes", true, "processes"},
                   {"blocks", true, "blocks"},
                   {"status", false, "status"},
                   {"findings", false, "findings"}};
  for (const Row& row : rows) {
    const auto found = by_key.find(to_string(row.first->key));
    table.rows.push_back(cells_of(row, found == by_key.end() ? nullptr : found->second));
  }
  // What has no figure comes last.
  std::stable_sort(table.rows.begin(), table.rows.end(), [](const auto& a, const auto& b) {
    return a[2].value.has_value() && !b[2].value.has_value();
  });
  return table;
}

Section make(const std::vector<Source>& sources) {
  Section section{
      "appendix", "Appendix: every measurement", {}, "The records hold no block. Run: motley run"};
  for_each_source(sources, section, [](const Source& source, std::vector<Part>& parts) {
    Table table = table_of(source);
    if (table.rows.empty()) return;
    Part part;
    part.tables.push_back({"measurements", std::move(table), true});
    parts.push_back(std::move(part));
  });
  return section;
}

const SectionRegistration registration(1000, make);

}  // namespace
}  // namespace motley::analysis::report
