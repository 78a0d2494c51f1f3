// How do several devices or commits compare? Each against the first one, by the same test as
// `motley compare`: a difference is one where it is more than processes differ anyway.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "analysis/compare_text.hpp"
#include "analysis/report/section.hpp"

namespace motley::analysis::report {
namespace {

constexpr std::size_t most_chart_rows = 40;

RunFigures figures_of(const Source& source) {
  FigureReader reader;
  reader.begin_file(source.label);
  for (std::size_t run = 0; run < source.log.runs.size(); ++run) {
    reader.take(source.log.runs[run]);
    for (const schema::Block& block : source.log.blocks) {
      if (block.run == run) reader.take(block);
    }
  }
  return reader.figures();
}

std::optional<Interval> interval_of(const ComparedRow& row) {
  if (row.tested) return row.tested->interval();
  if (row.resampled) return row.resampled->bca;
  return std::nullopt;
}

/// Farthest from 1 first; what is sure before what is not.
std::vector<const ComparedRow*> shown_rows(const Comparison& comparison) {
  std::vector<const ComparedRow*> rows;
  for (const ComparedRow& row : comparison.rows) {
    const auto interval = interval_of(row);
    if (row.sound() && row.ratio() > 0 && interval && interval->low > 0) rows.push_back(&row);
  }
  const auto sure = [](const ComparedRow* row) {
    return row->change == Change::faster || row->change == Change::slower;
  };
  std::stable_sort(rows.begin(), rows.end(), [&](const ComparedRow* a, const ComparedRow* b) {
    if (sure(a) != sure(b)) return sure(a);
    return std::abs(std::log(a->ratio())) > std::abs(std::log(b->ratio()));
  });
  if (rows.size() > most_chart_rows) rows.resize(most_chart_rows);
  std::stable_sort(rows.begin(), rows.end(), [](const ComparedRow* a, const ComparedRow* b) {
    return a->ratio() > b->ratio();
  });
  return rows;
}

Table chart_table(const std::vector<const ComparedRow*>& rows) {
  Table table;
  table.columns = {{"figure", false, "figure"},
                   {"speed", true, "ratio"},
                   {"95 % from", true, "low"},
                   {"to", true, "high"},
                   {"verdict", false, "verdict"}};
  for (const ComparedRow* row : rows) {
    const auto interval = interval_of(*row);
    table.rows.push_back({row->name + " on " + row->key.processor,
                          unit_cell(Unit::ratio, row->ratio()),
                          unit_cell(Unit::ratio, interval->low),
                          unit_cell(Unit::ratio, interval->high), to_string(row->change)});
  }
  return table;
}

Chart chart_of(const Source& first, const Source& second, const Comparison& comparison) {
  const std::vector<const ComparedRow*> rows = shown_rows(comparison);
  Chart chart;
  chart.name = "comparison-" + file_name(second.label);
  chart.title = fmt::format("Speed of {} against {}", second.label, first.label);
  chart.note = "Right of 1 is faster; lines are 95 % intervals.";
  if (rows.size() < comparison.rows.size()) {
    chart.note += fmt::format(" {} of {} rows: the surest, then the largest differences.",
                              rows.size(), comparison.rows.size());
  }
  chart.x = {"times as fast", Unit::ratio, Scale::logarithmic};
  chart.y = {"", Unit::none, Scale::names};
  chart.domain = {"faster", "slower", "same", "inconclusive"};
  chart.colours = {"#0072B2", "#D55E00", "#009E73", "#8A8A8A"};
  Layer points(Mark::point, chart_table(rows));
  points.x = "ratio";
  points.y = "figure";
  points.series = "verdict";
  Layer intervals(Mark::rule, points.table);
  intervals.x = "ratio";
  intervals.y = "figure";
  intervals.low = "low";
  intervals.high = "high";
  intervals.series = "verdict";
  intervals.table.title = "The same rows, for their intervals";
  chart.layers = {std::move(intervals), std::move(points)};
  return chart;
}

Part part_of(const Source& first, const Source& second, const RunFigures& figures) {
  Part part;
  part.title = second.label + " against " + first.label;
  CompareOptions options;  // whoever puts devices side by side knows that they differ
  options.across = {"device", "exec_context", "build"};
  Comparison comparison;
  try {
    comparison = compare(figures, figures_of(second), options);
  } catch (const Incomparable& reason) {
    part.sentences.push_back({reason.what(), Sentence::Kind::warning});
    return part;
  }
  if (comparison.rows.empty()) {
    part.sentences.push_back({"No measurement is in both.", Sentence::Kind::plain});
    return part;
  }
  part.sentences.push_back(
      {"A is " + first.label + ", B is " + second.label + ".", Sentence::Kind::plain});
  part.sentences.push_back({headline(comparison), Sentence::Kind::preformatted});
  add_chart(chart_of(first, second, comparison), part);
  const std::string name = file_name(second.label);
  for (auto& [kind, table] : std::vector<std::pair<std::string, Table>>{
           {"differences-", difference_table(comparison)},
           {"comparison-rows-", comparison_table(comparison, {Change::slower, Change::faster,
                                                              Change::inconclusive, Change::same})},
           {"not-compared-", unsound_table(comparison)}}) {
    if (!table.rows.empty()) part.tables.push_back({kind + name, table, table.rows.size() > 60});
  }
  return part;
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
  const RunFigures first = figures_of(*compared.front());
  for (std::size_t i = 1; i < compared.size(); ++i) {
    section.parts.push_back(part_of(*compared.front(), *compared[i], first));
  }
  return section;
}

const SectionRegistration registration(130, make);

}  // namespace
}  // namespace motley::analysis::report
