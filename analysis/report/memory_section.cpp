// How fast is memory at which size? One curve for each way to touch it, with the levels that the
// data show: what a system says of its caches is often wrong.
#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "analysis/network_names.hpp"
#include "analysis/report/section.hpp"
#include "analysis/text.hpp"

namespace motley::analysis::report {
namespace {

constexpr std::size_t least_sizes = 3, most_curves = 7;

/// Of one way, the best of all searched settings at each size.
struct Curve {
  std::string name;
  std::map<double, const Measurement*> points;
};

double bytes_of(const schema::Key& key) {
  const auto found = key.parameters.find("bytes");
  if (found == key.parameters.end()) return 0;
  const auto* bytes = std::get_if<std::int64_t>(&found->second);
  return bytes ? static_cast<double>(*bytes) : 0;
}

std::string name_of(const Measurement& one) {
  std::string name = one.key.case_name.substr(one.key.case_name.find('/') + 1);
  for (const auto& [axis, value] : one.key.parameters) {
    if (axis == "bytes" || one.searched.contains(axis)) continue;
    const bool says_it = std::holds_alternative<std::string>(value);
    name += " " + (says_it ? "" : axis + "=") + schema::to_string(value);
  }
  return name;
}

std::vector<Curve> curves_of(const Source& source, const std::string& processor,
                             const std::string& family) {
  std::vector<Curve> curves;
  for (const Measurement& one : source.measurements) {
    const double bytes = bytes_of(one.key);
    if (one.blocks.empty() || one.family() != family || one.key.processor != processor ||
        !(bytes > 0)) {
      continue;
    }
    const std::string name = name_of(one);
    auto found = std::find_if(curves.begin(), curves.end(),
                              [&](const Curve& curve) { return curve.name == name; });
    if (found == curves.end()) found = curves.insert(curves.end(), Curve{name, {}});
    const Measurement*& best = found->points[bytes];
    if (!best || direction(one.metric) * (one.value() - best->value()) > 0) best = &one;
  }
  std::erase_if(curves, [](const Curve& one) { return one.points.size() < least_sizes; });
  return curves;
}

Table table_of(const std::vector<Curve>& curves, Unit unit) {
  Table table;
  table.note = "~: half of the blocks or more carry a finding";
  table.columns = {{"access", false, "access"},
                   {"working set", true, "bytes"},
                   {unit == Unit::seconds ? "latency" : "bandwidth", true, "value"},
                   {"smallest", true, "smallest"},
                   {"largest", true, "largest"}};
  for (const Curve& curve : curves) {
    for (const auto& [bytes, one] : curve.points) {
      Cell value = unit_cell(unit, one->value());
      if (one->disturbed()) value.text += " ~";
      table.rows.push_back({curve.name, unit_cell(Unit::bytes, bytes), value,
                            unit_cell(unit, one->smallest()), unit_cell(unit, one->largest())});
    }
  }
  return table;
}

Table levels_table(const std::vector<Plateau>& levels, Unit unit) {
  Table table;
  table.title = "Levels that the curve with most sizes shows";
  table.columns = {{"level", false, "level"},
                   {"from", true, "from_bytes"},
                   {"to", true, "to_bytes"},
                   {"median", true, "value"},
                   {"sizes", true, "sizes"}};
  for (const Plateau& one : levels) {
    if (one.sizes < 2) continue;
    table.rows.push_back({unit_text(unit, one.value), unit_cell(Unit::bytes, one.from_bytes),
                          unit_cell(Unit::bytes, one.to_bytes), unit_cell(unit, one.value),
                          unit_cell(Unit::none, static_cast<double>(one.sizes))});
  }
  return table;
}

void add_family(const Source& source, const std::string& processor, const std::string& family,
                Part& part) {
  std::vector<Curve> curves = curves_of(source, processor, family);
  if (curves.empty()) return;
  const bool is_latency = family == "latency";
  const Unit unit = is_latency ? Unit::seconds : Unit::bytes_per_second;
  std::stable_sort(curves.begin(), curves.end(), [](const Curve& a, const Curve& b) {
    return a.points.size() > b.points.size();
  });
  Chart chart;
  chart.name = "memory-" + family + "-" + file_name(processor);
  chart.title = fmt::format("{} of {} over the working set",
                            is_latency ? "Latency of memory" : "Bandwidth", processor);
  if (curves.size() > most_curves) {
    chart.note = fmt::format("{} more curves are in the appendix. ", curves.size() - most_curves);
    curves.resize(most_curves);
  }
  chart.x = {"working set", Unit::bytes, Scale::logarithmic};
  chart.y = {is_latency ? "seconds a load" : "bytes a second (read + written)", unit,
             Scale::logarithmic};
  Layer measured(Mark::line, table_of(curves, unit));
  measured.x = "bytes";
  measured.y = "value";
  measured.series = "access";
  chart.layers.push_back(std::move(measured));
  if (const auto found = source.levels.find({processor, family}); found != source.levels.end()) {
    Layer levels(Mark::level, levels_table(found->second, unit));
    levels.y = "value";
    levels.low = "from_bytes";
    levels.high = "to_bytes";
    levels.label = "level";
    if (!levels.table.rows.empty()) chart.note += "Dashed: levels found in the data.";
    chart.layers.push_back(std::move(levels));
  }
  add_chart(std::move(chart), part);
}

Section make(const std::vector<Source>& sources) {
  Section section{"memory",
                  "Memory hierarchy",
                  {},
                  "No curve over sizes. Run: motley run --filter "
                  "'bandwidth|latency'"};
  for_each_source(sources, section, [](const Source& source, std::vector<Part>& parts) {
    Part part;
    for (const std::string& processor : source.processors) {
      add_family(source, processor, "bandwidth", part);
      add_family(source, processor, "latency", part);
    }
    if (!part.charts.empty()) parts.push_back(std::move(part));
  });
  return section;
}

const SectionRegistration registration(40, make);

}  // namespace
}  // namespace motley::analysis::report
