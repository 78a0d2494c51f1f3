// Who suffers from what? Time of each workload beside each load against alone.
#include <fmt/format.h>
#include <set>

#include "analysis/interference.hpp"
#include "analysis/report/key_names.hpp"
#include "analysis/report/section.hpp"

namespace motley::analysis::report {
namespace {

std::string name_of(const KeyNames& names, const schema::Key& key) {
  const bool usual = key.scenario == "latency" || key.scenario == "throughput";
  return names.name_and_processor(key) + (usual ? "" : ", " + key.scenario);
}

Table cells_table(const InterferenceMatrix& matrix) {
  KeyNames names;
  for (const InterferenceRow& row : matrix.rows) names.add(row.key);
  Table table;
  table.columns = {
      {"workload", false, "workload"}, {"beside", false, "load"}, {"times alone", true, "ratio"},
      {"95 % from", true, "low"},      {"to", true, "high"},      {"pairs", true, "pairs"},
      {"label", false, "label"}};
  for (const InterferenceRow& row : matrix.rows) {
    for (std::size_t i = 0; i < matrix.loads.size(); ++i) {
      const Slowdown& one = row.slowdowns[i];
      if (one.pairs == 0) continue;
      const auto end = [&](bool high) {
        if (!one.interval) return Cell("-");
        return unit_cell(Unit::ratio, high ? one.interval->second : one.interval->first);
      };
      table.rows.push_back({name_of(names, row.key), matrix.loads[i],
                            unit_cell(Unit::ratio, one.ratio), end(false), end(true),
                            unit_cell(Unit::none, static_cast<double>(one.pairs)),
                            fmt::format("{:.2f}", one.ratio)});
    }
  }
  return table;
}

Table ranking_table(const InterferenceMatrix& matrix) {
  Table table;
  table.title = "Does a load change which workload is faster?";
  table.note = "Kendall's tau-b of times alone and beside the load: 1 where no ranking changes.";
  table.columns = {{"load", false, "load"}, {"tau", true, "tau"}};
  for (std::size_t i = 0; i < matrix.loads.size(); ++i) {
    const auto& tau = matrix.rank_correlations[i];
    table.rows.push_back({matrix.loads[i], tau ? unit_cell(Unit::none, *tau) : Cell("-")});
  }
  return table;
}

void add_parts(const Source& source, std::vector<Part>& parts) {
  const InterferenceMatrix matrix = interference(source.log);
  if (matrix.rows.empty()) return;
  Part part;
  Chart chart;
  chart.name = "interference";
  chart.title = "Time beside a load, as a multiple of the time alone";
  chart.note = "Medians over blocks of the same round.";
  chart.x = {"", Unit::none, Scale::names};
  chart.y = {"", Unit::none, Scale::names};
  chart.diverging = true;
  Layer cells(Mark::cell, cells_table(matrix));
  cells.x = "load";
  cells.y = "workload";
  cells.value = "ratio";
  cells.label = "label";
  chart.layers.push_back(std::move(cells));
  add_chart(std::move(chart), part);
  part.tables.push_back({"rankings", ranking_table(matrix)});
  std::set<std::string> said;
  for (const InterferenceRow& row : matrix.rows) {
    for (const Slowdown& one : row.slowdowns) {
      if (one.pairs == 0 && !one.without.empty() && said.insert(one.without).second) {
        part.sentences.push_back({"Without a figure: " + one.without, Sentence::Kind::warning});
      }
    }
  }
  parts.push_back(std::move(part));
}

Section make(const std::vector<Source>& sources) {
  Section section{"interference",
                  "Interference",
                  {},
                  "Nothing was measured beside a load. Run: motley run --suite interference"};
  for_each_source(sources, section, add_parts);
  return section;
}

const SectionRegistration registration(90, make);

}  // namespace
}  // namespace motley::analysis::report
