// What does a step of each network cost on each processor, and where does it go? Host and device
// overlap, so both timelines stand side by side, each of the length of a profiled step.
#include <algorithm>
#include <fmt/format.h>

#include "analysis/explain_text.hpp"
#include "analysis/report/key_names.hpp"
#include "analysis/report/network_steps.hpp"

namespace motley::analysis::report {
namespace {

std::string bar_name(const NetworkStep& step, bool on_device) {
  return who(step) + (on_device ? ", device" : ", host");
}

Table parts_table(const NetworkGroup& group) {
  Table table;
  table.title = "Timelines of a profiled step";
  table.columns = {{"timeline", false, "timeline"},
                   {"part", false, "part"},
                   {"time", true, "seconds"},
                   {"of the step", true, "share"}};
  for (const NetworkStep& step : group.steps) {
    for (const TimelinePart& part : step.parts) {
      table.rows.push_back(
          {bar_name(step, part.on_device), part.name, unit_cell(Unit::seconds, part.seconds),
           step.whole_seconds > 0 ? unit_cell(Unit::share, part.seconds / step.whole_seconds)
                                  : Cell("-")});
    }
  }
  return table;
}

/// At the end of each bar: time of an unprofiled step and its ratio to the CPU's.
Table ends_table(const NetworkGroup& group) {
  Table table;
  table.title = "Steps without a profiler";
  table.columns = {{"timeline", false, "timeline"},
                   {"ends at", true, "seconds"},
                   {"step", true, "step_seconds"},
                   {"to the cpu", true, "ratio"},
                   {"label", false, "label"}};
  for (const NetworkStep& step : group.steps) {
    bool on_device = false;
    double ends[2] = {0, 0};
    for (const TimelinePart& part : step.parts) {
      on_device = on_device || part.on_device;
      ends[part.on_device ? 1 : 0] += part.seconds;
    }
    if (step.parts.empty()) continue;
    std::string label = unit_text(Unit::seconds, step.seconds);
    if (step.ratio > 0) label += fmt::format(", {}", unit_text(Unit::ratio, step.ratio));
    if (step.distorted) label += " !";
    table.rows.push_back({bar_name(step, on_device), unit_cell(Unit::seconds, ends[on_device]),
                          unit_cell(Unit::seconds, step.seconds),
                          step.ratio > 0 ? unit_cell(Unit::ratio, step.ratio) : Cell("-"), label});
  }
  return table;
}

Chart chart_of(const NetworkGroup& group) {
  Chart chart;
  chart.name = "steps-" + file_name(group.name);
  chart.title = "Where a step goes: " + group.name;
  chart.note =
      "Host and device overlap: each timeline sums up to the profiled step. At the bars' ends: the "
      "step without a profiler, and its ratio to the CPU's fastest; !: profiling cost more than a "
      "tenth. Parts below 0.5 % of a step are left out.";
  chart.x = {"seconds a step, profiled", Unit::seconds, Scale::linear, 1.7};
  chart.y = {"", Unit::none, Scale::names};
  chart.domain = timeline_names().names;
  chart.colours = timeline_names().colours;
  Layer parts(Mark::bar, parts_table(group));
  parts.x = "seconds";
  parts.y = "timeline";
  parts.series = "part";
  Layer ends(Mark::text, ends_table(group));
  ends.x = "seconds";
  ends.y = "timeline";
  ends.label = "label";
  chart.layers = {std::move(parts), std::move(ends)};
  return chart;
}

bool is_compared(const NetworkGroup& group) {
  return group.steps.size() > 1;
}

/// Networks that were measured one way only stand together: their shares compare, not their times.
Chart chart_of_others(const std::vector<NetworkGroup>& groups) {
  Chart chart;
  chart.name = "steps-of-other-networks";
  chart.title = "Where a step goes: networks measured one way";
  chart.note = "Share of the profiled step.";
  chart.x = {"", Unit::share, Scale::linear};
  chart.y = {"", Unit::none, Scale::names};
  chart.domain = timeline_names().names;
  chart.colours = timeline_names().colours;
  Layer bars(Mark::bar);
  bars.table.columns = {{"network", false, "network"},
                        {"part", false, "part"},
                        {"of the step", true, "share"},
                        {"time", true, "seconds"}};
  bars.x = "share";
  bars.y = "network";
  bars.series = "part";
  KeyNames names;
  for (const NetworkGroup& group : groups) {
    if (!is_compared(group)) names.add(group.steps.front().measurement->key);
  }
  for (const NetworkGroup& group : groups) {
    if (is_compared(group)) continue;
    const NetworkStep& step = group.steps.front();
    const std::string name = names.name_and_processor(step.measurement->key);
    for (const TimelinePart& part : step.parts) {
      if (!(step.whole_seconds > 0)) continue;
      bars.table.rows.push_back({part.on_device ? name + ", device" : name, part.name,
                                 unit_cell(Unit::share, part.seconds / step.whole_seconds),
                                 unit_cell(Unit::seconds, part.seconds)});
    }
  }
  chart.layers.push_back(std::move(bars));
  return chart;
}

Table summary_table(const Source& source, const std::vector<NetworkGroup>& groups) {
  Table table;
  table.title = "Networks";
  table.note =
      "Time of one step or inference, median over blocks. To the cpu: time divided by that of the "
      "CPU's fastest; above 1 is slower. ~: half of the blocks or more carry a finding.";
  table.columns = {{"network", false, "network"},
                   {"processor", false, "processor"},
                   {"kind", false, "kind"},
                   {"residency", false, "residency"},
                   {"time", true, "seconds"},
                   {"to the cpu", true, "ratio"},
                   {"fastest block", true, "smallest_seconds"},
                   {"slowest block", true, "largest_seconds"},
                   {"where it goes", false, "where"}};
  for (const NetworkGroup& group : groups) {
    for (const NetworkStep& step : group.steps) {
      Cell time = unit_cell(Unit::seconds, step.seconds);
      if (step.measurement->disturbed()) time.text += " ~";
      const std::vector<std::string> where = where_it_goes(source, step);
      table.rows.push_back({group.name, step.processor, step.kind,
                            step.residency.empty() ? "-" : step.residency, time,
                            step.ratio > 0 ? unit_cell(Unit::ratio, step.ratio) : Cell("-"),
                            unit_cell(Unit::seconds, step.measurement->smallest()),
                            unit_cell(Unit::seconds, step.measurement->largest()),
                            where.empty() ? "-" : where.front()});
    }
  }
  return table;
}

Table savings_table(const Source& source) {
  Table table;
  table.title = "What would make steps shorter";
  table.note =
      "Measured: in another residency mode of the same records. Else counts times the cost "
      "of one call. Savings do not add up.";
  table.columns = {{"network", false, "network"},  {"processor", false, "processor"},
                   {"what", false, "what"},        {"saves", true, "seconds"},
                   {"of the step", true, "share"}, {"measured", false, "measured"},
                   {"basis", false, "basis"}};
  for (const Explanation& one : source.explanations.networks) {
    for (const Saving& saving : one.savings) {
      table.rows.push_back({without_repetition(one.network), one.processor, saving.what,
                            unit_cell(Unit::seconds, saving.seconds),
                            one.whole_seconds > 0
                                ? unit_cell(Unit::share, saving.seconds / one.whole_seconds)
                                : Cell("-"),
                            saving.measured ? "yes" : "no", saving.basis});
    }
  }
  return table;
}

Section make(const std::vector<Source>& sources) {
  Section section{"networks",
                  "Training and inference",
                  {},
                  "No network was measured. Run: motley train lenet5 --on cpu --on opencl:0"};
  for_each_source(sources, section, [](const Source& source, std::vector<Part>& parts) {
    const std::vector<NetworkGroup> groups = network_groups(source);
    if (groups.empty()) return;
    Part part;
    for (const NetworkGroup& group : groups) {
      if (is_compared(group)) add_chart(chart_of(group), part);
    }
    add_chart(chart_of_others(groups), part);
    part.tables.push_back({"networks", summary_table(source, groups)});
    if (Table table = savings_table(source); !table.rows.empty()) {
      part.tables.push_back({"savings", std::move(table)});
    }
    if (Table table = step_table(source.explanations); !table.rows.empty()) {
      for (auto& row : table.rows) row.front().text = without_repetition(row.front().text);
      part.tables.push_back({"predictions", std::move(table)});
    }
    parts.push_back(std::move(part));
  });
  return section;
}

const SectionRegistration registration(70, make);

}  // namespace
}  // namespace motley::analysis::report
