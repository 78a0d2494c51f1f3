// How far does each operator and network lie below what its processor could do? Work that was
// executed, against ceilings of the same records.
#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "analysis/report/section.hpp"
#include "analysis/roofline_text.hpp"

namespace motley::analysis::report {
namespace {

constexpr std::size_t most_points = 400;

struct Extent {
  double from = 0, to = 0;  ///< of arithmetic intensity
  void add(double intensity) {
    if (!(intensity > 0)) return;
    from = from == 0 ? intensity : std::min(from, intensity);
    to = std::max(to, intensity);
  }
};

/// Of types that nothing here computes with, no ceiling is drawn.
std::vector<const ArithmeticCeiling*> peaks_of(const Roofline& roofline,
                                               const std::string& processor) {
  std::set<std::string> asked{"f32"};
  for (const RooflinePoint& one : roofline.points) {
    if (one.processor == processor) asked.insert(one.dtype);
  }
  std::vector<const ArithmeticCeiling*> peaks;
  for (const ArithmeticCeiling& one : roofline.arithmetic) {
    if (one.processor == processor && asked.contains(one.dtype)) peaks.push_back(&one);
  }
  return peaks;
}

double largest_peak(const Roofline& roofline, const std::string& processor) {
  double peak = 0;
  for (const ArithmeticCeiling* one : peaks_of(roofline, processor)) {
    peak = std::max(peak, one->per_second);
  }
  return peak;
}

/// From left to right, so that every ridge is seen.
Extent extent_of(const Roofline& roofline, const std::string& processor) {
  Extent extent;
  for (const RooflinePoint& one : roofline.points) {
    if (one.processor == processor && one.flops_per_second() > 0) extent.add(one.intensity());
  }
  const double peak = largest_peak(roofline, processor);
  for (const MemoryCeiling& one : roofline.memory) {
    if (one.processor == processor && one.bytes_per_second > 0 && peak > 0) {
      extent.add(peak / one.bytes_per_second);
    }
  }
  extent.from /= 2;
  extent.to *= 2;
  return extent;
}

Table arithmetic_table(const Roofline& roofline, const std::string& processor,
                       const Extent& extent) {
  Table table;
  table.title = "Ceilings of arithmetic";
  table.columns = {{"ceiling", false, "ceiling"},
                   {"peak", true, "flops_per_second"},
                   {"drawn from", true, "from"},
                   {"to", true, "to"},
                   {"measured by", false, "case"}};
  double fastest = 0;
  for (const MemoryCeiling& one : roofline.memory) {
    if (one.processor == processor) fastest = std::max(fastest, one.bytes_per_second);
  }
  for (const ArithmeticCeiling* peak : peaks_of(roofline, processor)) {
    const ArithmeticCeiling& one = *peak;
    const double ridge = fastest > 0 ? one.per_second / fastest : extent.from;
    table.rows.push_back({name_of(one) + ", " + unit_text(Unit::flops_per_second, one.per_second),
                          unit_cell(Unit::flops_per_second, one.per_second),
                          unit_cell(Unit::flops_per_byte, std::max(extent.from, ridge)),
                          unit_cell(Unit::flops_per_byte, extent.to), one.case_name});
  }
  return table;
}

/// Two ends each: from the left edge to where the highest peak begins.
Table memory_table(const Roofline& roofline, const std::string& processor, const Extent& extent) {
  Table table;
  table.title = "Ceilings of memory, both ends";
  table.columns = {{"level", false, "level"},
                   {"FLOP/B", true, "intensity"},
                   {"bound", true, "flops_per_second"},
                   {"bandwidth", true, "bytes_per_second"},
                   {"measured by", false, "case"}};
  const double peak = largest_peak(roofline, processor);
  for (const MemoryCeiling& one : roofline.memory) {
    if (one.processor != processor || !(one.bytes_per_second > 0)) continue;
    const double ridge = peak > 0 ? peak / one.bytes_per_second : extent.to;
    for (const double intensity : {extent.from, ridge}) {
      table.rows.push_back(
          {name_of(one) + ", " + unit_text(Unit::bytes_per_second, one.bytes_per_second),
           unit_cell(Unit::flops_per_byte, intensity),
           unit_cell(Unit::flops_per_second, intensity * one.bytes_per_second),
           unit_cell(Unit::bytes_per_second, one.bytes_per_second), one.case_name});
    }
  }
  return table;
}

std::string kind_of(const RooflinePoint& one) {
  switch (one.kind) {
    case RooflinePoint::Kind::network:
      return "network";
    case RooflinePoint::Kind::network_operator:
      return "operator in a network";
    case RooflinePoint::Kind::operator_case:
      break;
  }
  return one.warm ? "operator alone, warm" : "operator alone";
}

std::string name_of(const RooflinePoint& one) {
  if (one.kind == RooflinePoint::Kind::network) return one.network;
  return one.kind == RooflinePoint::Kind::network_operator ? one.network + ": " + one.name
                                                           : one.name;
}

Table points_table(const Roofline& roofline, const std::string& processor, std::size_t& left_out) {
  std::vector<const RooflinePoint*> shown;
  for (const RooflinePoint& one : roofline.points) {
    if (one.processor == processor && one.fastest && one.intensity() > 0) shown.push_back(&one);
  }
  // What takes longest matters most; networks stand for all of their operators.
  std::stable_sort(shown.begin(), shown.end(), [](const auto* a, const auto* b) {
    const bool first = a->kind == RooflinePoint::Kind::network;
    const bool second = b->kind == RooflinePoint::Kind::network;
    return first != second ? first : a->seconds > b->seconds;
  });
  left_out = shown.size() > most_points ? shown.size() - most_points : 0;
  shown.resize(shown.size() - left_out);
  Table table;
  table.columns = {{"what", false, "what"},
                   {"kind", false, "kind"},
                   {"implementation", false, "implementation"},
                   {"FLOP/B", true, "intensity"},
                   {"reached", true, "flops_per_second"},
                   {"of its bound", true, "share"},
                   {"bound by", false, "bound"}};
  for (const RooflinePoint* one : shown) {
    table.rows.push_back({name_of(*one), kind_of(*one),
                          one->implementation.empty() ? "-" : one->implementation,
                          unit_cell(Unit::flops_per_byte, one->intensity()),
                          unit_cell(Unit::flops_per_second, one->flops_per_second()),
                          one->roof.known() ? unit_cell(Unit::share, one->share()) : Cell("-"),
                          !one->roof.known()    ? "-"
                          : one->memory_bound() ? "memory"
                                                : "arithmetic"});
  }
  return table;
}

void add_chart_of(const Roofline& roofline, const std::string& processor, Part& part) {
  const Extent extent = extent_of(roofline, processor);
  if (!(extent.from > 0) || !(extent.from < extent.to)) return;
  Chart chart;
  chart.name = "roofline-" + file_name(processor);
  chart.title = "Roofline of " + processor;
  chart.x = {"arithmetic intensity, operations a byte", Unit::flops_per_byte, Scale::logarithmic};
  chart.y = {"operations a second", Unit::flops_per_second, Scale::logarithmic};
  std::size_t left_out = 0;
  Layer points(Mark::point, points_table(roofline, processor, left_out));
  points.x = "intensity";
  points.y = "flops_per_second";
  points.series = "kind";
  Layer peaks(Mark::level, arithmetic_table(roofline, processor, extent));
  peaks.y = "flops_per_second";
  peaks.low = "from";
  peaks.high = "to";
  peaks.label = "ceiling";
  peaks.label_right = true;
  Layer slopes(Mark::line, memory_table(roofline, processor, extent));
  slopes.x = "intensity";
  slopes.y = "flops_per_second";
  slopes.group = "level";
  slopes.label = "level";
  slopes.dashed = true;
  chart.note = "Fastest implementation of each operator. Dashed: ceilings of the same records.";
  if (left_out > 0) chart.note += fmt::format(" {} cheaper operators are left out.", left_out);
  chart.layers = {std::move(points), std::move(peaks), std::move(slopes)};
  add_chart(std::move(chart), part);
}

void add_parts(const Source& source, std::vector<Part>& parts) {
  const Roofline all = roofline(source.quiet);
  if (all.points.empty()) return;
  Part part;
  for (const std::string& processor : source.processors) add_chart_of(all, processor, part);
  for (const MissingCeiling& one : all.missing) {
    part.sentences.push_back({fmt::format("{} has no ceiling for {}: {} was not measured. Run: {}",
                                          one.processor, one.dtype, one.what, one.command),
                              Sentence::Kind::plain});
  }
  if (!part.charts.empty() || !part.sentences.empty()) parts.push_back(std::move(part));
}

Section make(const std::vector<Source>& sources) {
  Section section{"roofline",
                  "Roofline",
                  {},
                  "No operator or network below measured ceilings. Run: motley run --filter "
                  "'flops|bandwidth|^op/'"};
  for_each_source(sources, section, add_parts);
  return section;
}

const SectionRegistration registration(30, make);

}  // namespace
}  // namespace motley::analysis::report
