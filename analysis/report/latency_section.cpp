// How long do queries take, most of them and the slowest, and at which rate does that change?
#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <map>

#include "analysis/report/key_names.hpp"
#include "analysis/report/section.hpp"
#include "analysis/statistics.hpp"

namespace motley::analysis::report {
namespace {

constexpr std::array<double, 15> parts{0,    0.01, 0.05, 0.1,  0.25,  0.5,   0.75, 0.9,
                                       0.95, 0.97, 0.98, 0.99, 0.995, 0.999, 1};
constexpr std::size_t most_curves = 7;

/// All blocks of one key that have queries.
struct Queries {
  const schema::Block* first = nullptr;
  std::vector<const schema::Block*> blocks;
};

std::vector<Queries> queries_of(const schema::Log& log) {
  std::vector<Queries> all;
  std::map<std::string, std::size_t> places;
  for (const schema::Block& block : log.blocks) {
    if (!block.validity) continue;
    const auto [place, is_new] = places.try_emplace(to_string(block.key), all.size());
    if (is_new) all.push_back({&block, {}});
    all[place->second].blocks.push_back(&block);
  }
  return all;
}

std::string conditions_of(const schema::Key& key) {
  return key.load == "none" ? key.scenario : key.scenario + " beside " + key.load;
}

double figure_of(const schema::Block& block, const char* name) {
  const auto found = block.figures.find(name);
  return found == block.figures.end() ? std::numeric_limits<double>::quiet_NaN() : found->second;
}

double median_figure(const Queries& queries, const char* name) {
  std::vector<double> values;
  for (const schema::Block* block : queries.blocks) {
    const double value = figure_of(*block, name);
    if (std::isfinite(value)) values.push_back(value);
  }
  return values.empty() ? std::numeric_limits<double>::quiet_NaN() : median(values);
}

Table distribution_table(const std::vector<const Queries*>& shown) {
  Table table;
  table.columns = {{"queries", false, "queries"},
                   {"share answered", true, "share"},
                   {"within", true, "seconds"}};
  for (const Queries* one : shown) {
    std::vector<double> latency;
    for (const schema::Block* block : one->blocks) {
      const auto& column = block->samples.latency_seconds;
      latency.insert(latency.end(), column.begin(), column.end());
    }
    if (latency.empty()) continue;
    // A quantile is shown where ten queries lie beyond it; the slowest one always.
    const auto n = static_cast<double>(latency.size());
    for (const double part : parts) {
      if (part < 1 && part > 0.5 && n * (1 - part) < 10) continue;
      table.rows.push_back({conditions_of(one->first->key), unit_cell(Unit::share, part),
                            unit_cell(Unit::seconds, quantile(latency, part))});
    }
  }
  return table;
}

Chart distribution(const std::string& name, const std::string& processor,
                   std::vector<const Queries*> shown) {
  Chart chart;
  chart.name = "latency-" + file_name(name + " " + processor);
  chart.title = fmt::format("Latency of {} on {}", name, processor);
  if (shown.size() > most_curves) {
    chart.note = fmt::format("{} more are in the table. ", shown.size() - most_curves);
    shown.resize(most_curves);
  }
  chart.note +=
      "Share of queries answered within a time; quantiles that ten queries lie beyond, "
      "and the slowest query.";
  chart.x = {"latency", Unit::seconds, Scale::logarithmic};
  chart.y = {"share of queries", Unit::share, Scale::linear};
  Layer curve(Mark::line, distribution_table(shown));
  curve.x = "seconds";
  curve.y = "share";
  curve.series = "queries";
  chart.layers.push_back(std::move(curve));
  return chart;
}

/// Steps of a rising rate, or a search's probes.
void add_rates(const schema::Block& block, const KeyNames& names, Table& table) {
  const auto column = [&](const char* name) -> const std::vector<double>* {
    const auto found = block.series.find(name);
    return found == block.series.end() ? nullptr : &found->second;
  };
  for (const char* prefix : {"step", "probe"}) {
    const auto* rates = column(fmt::format("{}_queries_per_second", prefix).c_str());
    const auto* latency = column(fmt::format("{}_latency_seconds", prefix).c_str());
    if (!rates || !latency) continue;
    for (std::size_t i = 0; i < std::min(rates->size(), latency->size()); ++i) {
      if (!((*rates)[i] > 0) || !((*latency)[i] > 0)) continue;
      table.rows.push_back({names.name_and_processor(block.key), conditions_of(block.key),
                            unit_cell(Unit::per_second, (*rates)[i]),
                            unit_cell(Unit::seconds, (*latency)[i])});
    }
  }
}

void add_rate_chart(const std::vector<Queries>& all, const KeyNames& names, Part& part) {
  Layer curve(Mark::line);
  curve.table.columns = {{"network", false, "network"},
                         {"scenario", false, "scenario"},
                         {"rate", true, "queries_per_second"},
                         {"latency", true, "seconds"}};
  curve.x = "queries_per_second";
  curve.y = "seconds";
  curve.series = "network";
  for (const Queries& one : all) {
    for (const schema::Block* block : one.blocks) add_rates(*block, names, curve.table);
  }
  Chart chart;
  chart.name = "latency-over-rate";
  chart.title = "Latency over the rate of queries";
  chart.note = "The percentile that each scenario is asked for, step by step or probe by probe.";
  chart.x = {"queries a second", Unit::per_second, Scale::logarithmic};
  chart.y = {"latency", Unit::seconds, Scale::logarithmic};
  chart.layers.push_back(std::move(curve));
  add_chart(std::move(chart), part);
}

Table query_table(const std::vector<Queries>& all, const KeyNames& names) {
  Table table;
  table.title = "Queries";
  table.note = "Medians over blocks. Latency counts from when a query was to arrive.";
  table.columns = {{"network", false, "network"},   {"processor", false, "processor"},
                   {"scenario", false, "scenario"}, {"rate", true, "queries_per_second"},
                   {"p50", true, "p50_seconds"},    {"p90", true, "p90_seconds"},
                   {"p99", true, "p99_seconds"},    {"slowest", true, "most_seconds"},
                   {"verdict", false, "verdict"}};
  for (const Queries& one : all) {
    const schema::Block& block = *one.first;
    std::string verdict = block.validity->verdict;
    for (const std::string& reason : block.validity->reasons) verdict += ": " + reason;
    if (block.status != schema::Status::ok) verdict = to_string(block.status) + ": " + block.reason;
    table.rows.push_back({names.name(block.key), block.key.processor, conditions_of(block.key),
                          unit_cell(Unit::per_second, median_figure(one, "queries_per_second")),
                          unit_cell(Unit::seconds, median_figure(one, "latency_p50_seconds")),
                          unit_cell(Unit::seconds, median_figure(one, "latency_p90_seconds")),
                          unit_cell(Unit::seconds, median_figure(one, "latency_p99_seconds")),
                          unit_cell(Unit::seconds, median_figure(one, "latency_most_seconds")),
                          verdict});
  }
  return table;
}

void add_parts(const Source& source, std::vector<Part>& result) {
  const std::vector<Queries> all = queries_of(source.log);
  if (all.empty()) return;
  KeyNames names;
  for (const Queries& one : all) names.add(one.first->key);
  std::map<std::pair<std::string, std::string>, std::vector<const Queries*>> by_network;
  for (const Queries& one : all) {
    by_network[{names.name(one.first->key), one.first->key.processor}].push_back(&one);
  }
  Part part;
  for (const auto& [place, shown] : by_network) {
    add_chart(distribution(place.first, place.second, shown), part);
  }
  add_rate_chart(all, names, part);
  part.tables.push_back({"queries", query_table(all, names)});
  result.push_back(std::move(part));
}

Section make(const std::vector<Source>& sources) {
  Section section{"latency",
                  "Latency under queries",
                  {},
                  "No scenario with queries was run. Run: motley infer lenet5 --scenario "
                  "single_stream --scenario step:from=100,to=2000"};
  for_each_source(sources, section, add_parts);
  return section;
}

const SectionRegistration registration(80, make);

}  // namespace
}  // namespace motley::analysis::report
