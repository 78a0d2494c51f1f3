#include "analysis/roofline_text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>

#include "analysis/text.hpp"

namespace motley::analysis {
namespace {

using Kind = RooflinePoint::Kind;

/// Of a network, the operators are shown that make up this share of a run.
constexpr double shown_share = 0.9;

Cell giga(double value, const char* unit) {
  return {fmt::format("{} {}", three_digits(value * 1e-9), unit), value};
}

Cell share_cell(const RooflinePoint& point) {
  if (!point.roof.known()) return {"?"};
  return {fmt::format("{:.0f} %", 100 * point.share()), point.share()};
}

std::string bound_of(const RooflinePoint& point) {
  if (!point.roof.known()) return "?";
  if (!point.memory_bound()) return "flops";
  return point.from_main_memory ? "memory" : "cache";
}

std::string row_name(const RooflinePoint& point) {
  if (point.kind == Kind::network) return point.network;
  return (point.kind == Kind::network_operator ? "  " : "") + point.name +
         (point.warm ? " warm" : "");
}

/// Operators of one network on one processor, so that what is costly is shown.
std::set<const RooflinePoint*> costly(const Roofline& roofline) {
  std::map<std::pair<std::string, std::string>, std::vector<const RooflinePoint*>> networks;
  for (const RooflinePoint& one : roofline.points) {
    if (one.kind == Kind::network_operator) networks[{one.processor, one.network}].push_back(&one);
  }
  std::set<const RooflinePoint*> result;
  for (auto& [key, all] : networks) {
    std::stable_sort(all.begin(), all.end(), [](const RooflinePoint* a, const RooflinePoint* b) {
      return a->seconds > b->seconds;
    });
    double left = 0;
    for (const RooflinePoint* one : all) left += one->seconds;
    const double negligible = (1 - shown_share) * left;
    for (const RooflinePoint* one : all) {
      if (left <= negligible) break;
      left -= one->seconds;
      result.insert(one);
    }
  }
  return result;
}

std::vector<Cell> row_of(const RooflinePoint& point) {
  const double intensity = point.intensity();
  std::vector<Cell> row{row_name(point)};
  row.push_back(point.bytes > 0 ? Cell(three_digits(intensity), intensity) : Cell("-"));
  row.push_back(point.flops > 0 ? giga(point.flops_per_second(), "Gop/s")
                                : giga(point.bytes_per_second(), "GB/s"));
  row.push_back(share_cell(point));
  row.push_back(bound_of(point));
  row.push_back(point.implementation.substr(0, point.implementation.find(' ')));
  return row;
}

}  // namespace

std::string name_of(const ArithmeticCeiling& one) {
  std::string unit = one.unit;
  std::replace(unit.begin(), unit.end(), '_', ' ');
  return one.dtype + " " + unit;
}

std::string name_of(const MemoryCeiling& one) {
  return one.main_memory ? bytes_text(one.level.from_bytes) + " or more" : to_string(one.level);
}

Table ceiling_table(const Roofline& roofline) {
  Table table;
  table.title = "Ceilings";
  table.note = "the best case of each type and unit, and of each level of memory by working set";
  table.columns = {{"processor", false, ""},
                   {"ceiling", false, ""},
                   {"a second", true, "per_second"},
                   {"measured by", false, "case"}};
  for (const ArithmeticCeiling& one : roofline.arithmetic) {
    table.rows.push_back(
        {one.processor, name_of(one), giga(one.per_second, "Gop/s"), one.case_name});
  }
  for (const MemoryCeiling& one : roofline.memory) {
    table.rows.push_back(
        {one.processor, name_of(one), giga(one.bytes_per_second, "GB/s"), one.case_name});
  }
  return table;
}

Table point_table(const Roofline& roofline, Shown shown, const std::string& processor) {
  Table table;
  table.title = "Operators and networks" + (processor.empty() ? "" : " of " + processor);
  table.note =
      "op/B: operations executed for each byte of operands moved once; share: of the least time "
      "that the bound allows; bound: flops, or the memory that holds the working set; above 100 %: "
      "operands were nearer than that";
  table.columns = {{"what", false, ""},
                   {"op/B", true, "intensity_operations_per_byte"},
                   {"reached", true, "reached_per_second"},
                   {"share", true, ""},
                   {"bound", false, ""},
                   {"who", false, "implementation"}};
  if (processor.empty()) table.columns.insert(table.columns.begin(), {"processor", false, ""});
  const std::set<const RooflinePoint*> worth = costly(roofline);
  for (const RooflinePoint& one : roofline.points) {
    const bool main = one.kind == Kind::network ||
                      (one.kind == Kind::operator_case ? one.fastest : worth.contains(&one));
    if (!main && shown != Shown::all) continue;
    if (!processor.empty() && one.processor != processor) continue;
    table.rows.push_back(row_of(one));
    if (processor.empty()) table.rows.back().insert(table.rows.back().begin(), one.processor);
  }
  return table;
}

std::string roofline_text(const Roofline& roofline, Shown shown) {
  std::string text = terminal_text(ceiling_table(roofline));
  if (roofline.points.empty()) {
    text += wrapped(
        "No operators or networks in these records. Measure them: motley run --filter '^op/', "
        "motley train MODEL, motley infer MODEL.");
  }
  std::vector<std::string> processors;
  for (const RooflinePoint& one : roofline.points) {
    const std::string& id = one.processor;
    if (std::find(processors.begin(), processors.end(), id) == processors.end()) {
      processors.push_back(id);
    }
  }
  for (const std::string& processor : processors) {
    Table table = point_table(roofline, shown, processor);
    if (processor != processors.front()) table.note.clear();
    for (auto& row : table.rows) row.back().text = clipped(row.back().text, 16);
    text += terminal_text(table);
  }
  for (const MissingCeiling& one : roofline.missing) {
    text += wrapped(fmt::format(
        "{}: no {} in these records (what is bound by it has no share). Add a file of: {}",
        one.processor, one.what, one.command));
  }
  return text;
}

}  // namespace motley::analysis
