// Do several processors together beat the best of them alone, at which division, and why not more?
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fmt/format.h>
#include <limits>
#include <map>
#include <optional>

#include "analysis/report/section.hpp"
#include "analysis/statistics.hpp"
#include "analysis/together_text.hpp"

namespace motley::analysis::report {
namespace {

struct Division {
  const schema::Block* block = nullptr;
  std::string way;   ///< split, placement, cut, batch_ratio
  std::string text;  ///< conv2d:ratio=0.3
  std::optional<double> ratio;
  double seconds = 0;
};

struct Group {
  std::string name;
  std::vector<Division> divisions;
};

double figure_of(const schema::Block& block, const std::string& name) {
  const auto found = block.figures.find(name);
  return found == block.figures.end() ? std::numeric_limits<double>::quiet_NaN() : found->second;
}

std::optional<double> ratio_of(const std::string& way, const std::string& text) {
  const auto begin = text.find("ratio=");
  if (way != "batch_ratio" && begin == std::string::npos) return std::nullopt;
  const std::string number = begin == std::string::npos ? text : text.substr(begin + 6);
  char* end = nullptr;
  const double ratio = std::strtod(number.c_str(), &end);
  if (end == number.c_str() || !(ratio >= 0) || !(ratio <= 1)) return std::nullopt;
  return ratio;
}

Division division_of(const schema::Block& block) {
  Division one;
  one.block = &block;
  for (const char* axis : {"split", "placement", "cut", "batch_ratio"}) {
    const auto found = block.key.parameters.find(axis);
    if (found == block.key.parameters.end()) continue;
    one.way = axis;
    one.text = schema::to_string(found->second);
  }
  one.ratio = ratio_of(one.way, one.text);
  const double period = figure_of(block, "period_seconds");
  one.seconds = period > 0 ? period : median(block.samples.host_seconds);
  return one;
}

std::string group_name(const schema::Block& block) {
  const auto of = [&](const char* name) {
    const auto found = block.key.parameters.find(name);
    return found == block.key.parameters.end() ? "" : schema::to_string(found->second);
  };
  std::string name = of("model").empty() ? block.key.case_name : of("model");
  if (block.key.case_name.ends_with("/training")) name += " training";
  name += " on " + block.key.processor;
  return of("synchronisation").empty() ? name : name + ", " + of("synchronisation");
}

std::vector<Group> groups_of(const schema::Log& log) {
  std::vector<Group> groups;
  for (const schema::Block& block : log.blocks) {
    if (!is_division(block)) continue;
    const std::string name = group_name(block);
    auto found = std::find_if(groups.begin(), groups.end(),
                              [&](const Group& group) { return group.name == name; });
    if (found == groups.end()) found = groups.insert(groups.end(), Group{name, {}});
    found->divisions.push_back(division_of(block));
  }
  return groups;
}

bool is_ok(const Division& one) {
  return one.block->status == schema::Status::ok && one.seconds > 0;
}

Table ratio_table(const Group& group) {
  Table table;
  table.columns = {{"who", false, "who"}, {"ratio", true, "ratio"}, {"time", true, "seconds"}};
  for (const Division& one : group.divisions) {
    if (!is_ok(one) || !one.ratio) continue;
    table.rows.push_back(
        {"together", unit_cell(Unit::none, *one.ratio), unit_cell(Unit::seconds, one.seconds)});
  }
  return table;
}

/// Medians over the divisions: each measured every processor alone again.
Table alone_table(const Group& group, double from, double to) {
  std::map<std::string, std::vector<double>> seconds;
  for (const Division& one : group.divisions) {
    for (const auto& [name, value] : one.block->figures) {
      if (name.starts_with("alone_seconds/") && is_ok(one))
        seconds[name.substr(14)].push_back(value);
    }
  }
  Table table;
  table.title = "Each processor alone";
  table.columns = {{"processor", false, "processor"},
                   {"from", true, "from"},
                   {"to", true, "to"},
                   {"time", true, "seconds"},
                   {"label", false, "label"}};
  for (const auto& [processor, values] : seconds) {
    const double middle = median(values);
    table.rows.push_back({processor, unit_cell(Unit::none, from), unit_cell(Unit::none, to),
                          unit_cell(Unit::seconds, middle), processor + " alone"});
  }
  return table;
}

void add_ratio_chart(const Group& group, Part& part) {
  double from = 1, to = 0;
  for (const Division& one : group.divisions) {
    if (!is_ok(one) || !one.ratio) continue;
    from = std::min(from, *one.ratio);
    to = std::max(to, *one.ratio);
  }
  if (!(from < to)) return;
  Chart chart;
  chart.name = "together-" + file_name(group.name);
  chart.title = "Time over the share of the second processor: " + group.name;
  chart.note = "Below the dashed lines both together beat a processor alone.";
  chart.x = {"share of the second processor", Unit::none, Scale::linear};
  chart.y = {"seconds", Unit::seconds, Scale::logarithmic};
  Layer curve(Mark::line, ratio_table(group));
  curve.x = "ratio";
  curve.y = "seconds";
  Layer alone(Mark::level, alone_table(group, from, to));
  alone.y = "seconds";
  alone.low = "from";
  alone.high = "to";
  alone.label = "label";
  chart.layers = {std::move(curve), std::move(alone)};
  add_chart(std::move(chart), part);
}

/// What each processor does with its time in the division with the largest gain.
void add_places_chart(const Group& group, Part& part) {
  const Division* best = nullptr;
  for (const Division& one : group.divisions) {
    if (!is_ok(one) || one.block->timeline.empty()) continue;
    const double gain = figure_of(*one.block, "gain");
    if (std::isfinite(gain) && (!best || gain > figure_of(*best->block, "gain"))) best = &one;
  }
  if (!best) return;
  Chart chart;
  chart.name = "together-best-" + file_name(group.name);
  chart.title = fmt::format("Where its time goes: {}, {} {}", group.name, best->way, best->text);
  chart.note = "The division with the largest gain, profiled.";
  chart.x = {"seconds", Unit::seconds, Scale::linear};
  chart.y = {"", Unit::none, Scale::names};
  chart.domain = {"compute",         "service", "transfer", "conversion",
                  "synchronisation", "blocked", "starved",  "other"};
  chart.colours = {"#0072B2", "#0072B2", "#D55E00", "#E69F00",
                   "#CC79A7", "#CC79A7", "#777777", "#BDBDBD"};
  Layer bars(Mark::bar);
  bars.table.columns = {
      {"processor", false, "processor"}, {"part", false, "part"}, {"time", true, "seconds"}};
  bars.x = "seconds";
  bars.y = "processor";
  bars.series = "part";
  for (const auto& [place, times] : best->block->timeline) {
    if (place == "counts") continue;
    for (const auto& [what, seconds] : times) {
      if (seconds > 0) {
        bars.table.rows.push_back({place, what, unit_cell(Unit::seconds, seconds)});
      }
    }
  }
  chart.layers.push_back(std::move(bars));
  add_chart(std::move(chart), part);
}

Table division_table(const Group& group) {
  Table table;
  table.title = "Divisions: " + group.name;
  table.note =
      "Gain: against the best processor alone. Of both: against the sum of the rates that they "
      "reach while both are busy with networks of their own.";
  table.columns = {{"division", false, "division"},
                   {"together", true, "seconds"},
                   {"gain", true, "gain"},
                   {"of both", true, "share_of_concurrent_sum"},
                   {"overlap", true, "overlap_share"},
                   {"status", false, "status"}};
  for (const Division& one : group.divisions) {
    const schema::Block& block = *one.block;
    const bool ok = is_ok(one);
    const auto cell = [&](Unit unit, const char* name) {
      return ok ? unit_cell(unit, figure_of(block, name)) : Cell("-");
    };
    std::string status = to_string(block.status);
    if (!block.reason.empty()) status += ": " + block.reason;
    table.rows.push_back({one.way + " " + one.text,
                          ok ? unit_cell(Unit::seconds, one.seconds) : Cell("-"),
                          cell(Unit::ratio, "gain"), cell(Unit::share, "share_of_concurrent_sum"),
                          cell(Unit::share, "overlap_share"), status});
  }
  return table;
}

void add_parts(const Source& source, std::vector<Part>& parts) {
  for (const Group& group : groups_of(source.log)) {
    Part part;
    add_ratio_chart(group, part);
    add_places_chart(group, part);
    part.tables.push_back({"divisions-" + file_name(group.name), division_table(group)});
    parts.push_back(std::move(part));
  }
}

Section make(const std::vector<Source>& sources) {
  Section section{"together",
                  "Several processors on one network",
                  {},
                  "No network was divided. Run: motley together googlenet --on cpu:0 --on cpu:1 "
                  "--placement branches"};
  for_each_source(sources, section, add_parts);
  return section;
}

const SectionRegistration registration(100, make);

}  // namespace
}  // namespace motley::analysis::report
