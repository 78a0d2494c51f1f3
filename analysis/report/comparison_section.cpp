// How do several devices or commits compare? The headline figures side by side; whether a
// difference is more than noise is asked of `motley compare`.
#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "analysis/report/section.hpp"

namespace motley::analysis::report {
namespace {

constexpr std::size_t most_chart_rows = 30;

struct Row {
  std::string name, processor;
  schema::Metric metric;
  std::vector<const Headline*> of;  ///< by source; null where it has none
};

/// Levels of memory differ between devices: those figures have no counterpart.
std::vector<Row> rows_of(const std::vector<const Source*>& sources) {
  std::vector<Row> rows;
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    for (const Headline& one : sources[i]->headlines) {
      if (one.level) continue;
      const auto [place, is_new] =
          places.try_emplace(one.name() + "\n" + one.processor, rows.size());
      if (is_new) {
        rows.push_back({one.name(), one.processor, one.metric,
                        std::vector<const Headline*>(sources.size(), nullptr)});
      }
      rows[place->second].of[i] = &one;
    }
  }
  std::erase_if(rows, [](const Row& row) {
    return std::count(row.of.begin(), row.of.end(), nullptr) + 1 >=
           static_cast<std::ptrdiff_t>(row.of.size());
  });
  return rows;
}

/// As a speed: above 1 is faster than the first source, whatever was measured.
double speed_ratio(const Row& row, std::size_t i) {
  if (!row.of[0] || !row.of[i] || !(row.of[0]->value > 0) || !(row.of[i]->value > 0)) return 0;
  const double ratio = row.of[i]->value / row.of[0]->value;
  return direction(row.metric) > 0 ? ratio : 1 / ratio;
}

Table side_by_side(const std::vector<const Source*>& sources, const std::vector<Row>& rows) {
  Table table;
  table.title = "Headline figures side by side";
  table.note =
      "Ratio: speed against the first column; above 1 is faster. No intervals: ask motley "
      "compare whether a difference is more than noise.";
  table.columns = {{"figure", false, "figure"}, {"processor", false, "processor"}};
  for (std::size_t i = 0; i < sources.size(); ++i) {
    table.columns.push_back({sources[i]->label, true, fmt::format("value_{}", i + 1)});
    if (i > 0) table.columns.push_back({"ratio", true, fmt::format("ratio_{}", i + 1)});
  }
  for (const Row& row : rows) {
    std::vector<Cell> cells{row.name, row.processor};
    for (std::size_t i = 0; i < sources.size(); ++i) {
      cells.push_back(row.of[i] ? unit_cell(unit_of(row.metric), row.of[i]->value) : Cell("-"));
      const double ratio = speed_ratio(row, i);
      if (i > 0) cells.push_back(ratio > 0 ? unit_cell(Unit::ratio, ratio) : Cell("-"));
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

void add_chart_of(const std::vector<const Source*>& sources, const std::vector<Row>& rows,
                  Part& part) {
  Layer points(Mark::point);
  points.table.columns = {
      {"figure", false, "figure"}, {"source", false, "source"}, {"speed", true, "ratio"}};
  points.x = "ratio";
  points.y = "figure";
  points.series = "source";
  std::size_t shown = 0;
  for (const Row& row : rows) {
    if (shown++ == most_chart_rows) break;
    for (std::size_t i = 1; i < sources.size(); ++i) {
      const double ratio = speed_ratio(row, i);
      if (!(ratio > 0)) continue;
      points.table.rows.push_back(
          {row.name + ", " + row.processor, sources[i]->label, unit_cell(Unit::ratio, ratio)});
    }
  }
  Chart chart;
  chart.name = "comparison";
  chart.title = "Speed against " + sources.front()->label;
  chart.note = "Right of 1 is faster.";
  if (rows.size() > most_chart_rows) {
    chart.note += fmt::format(" The first {} of {} figures.", most_chart_rows, rows.size());
  }
  chart.x = {"times as fast", Unit::ratio, Scale::logarithmic};
  chart.y = {"", Unit::none, Scale::names};
  chart.layers.push_back(std::move(points));
  add_chart(std::move(chart), part);
}

Section make(const std::vector<Source>& sources) {
  Section section{"comparison",
                  "Devices and commits side by side",
                  {},
                  "One device and one commit. Give records of several: motley report A.jsonl "
                  "B.jsonl -o DIR"};
  std::vector<const Source*> compared;  // injected delays are no property of a device
  for (const Source& source : sources) {
    if (!source.emulated) compared.push_back(&source);
  }
  if (compared.size() < 2) return section;
  const std::vector<Row> rows = rows_of(compared);
  if (rows.empty()) return section;
  Part part;
  add_chart_of(compared, rows, part);
  part.tables.push_back({"comparison", side_by_side(compared, rows)});
  section.parts.push_back(std::move(part));
  return section;
}

const SectionRegistration registration(130, make);

}  // namespace
}  // namespace motley::analysis::report
