#include "analysis/report/content.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>

#include "analysis/text.hpp"

namespace motley::analysis::report {
namespace {

std::string si_text(double value, const char* unit) {
  constexpr std::array<std::pair<const char*, double>, 9> prefixes{{{"p", 1e-12},
                                                                    {"n", 1e-9},
                                                                    {"u", 1e-6},
                                                                    {"m", 1e-3},
                                                                    {"", 1},
                                                                    {"k", 1e3},
                                                                    {"M", 1e6},
                                                                    {"G", 1e9},
                                                                    {"T", 1e12}}};
  const double size = std::abs(value);
  if (size == 0) return fmt::format("0 {}", unit);
  std::size_t best = 0;
  // A bound a little below 1000 keeps 999.7 from being printed as 1000 of the smaller unit.
  while (best + 1 < prefixes.size() && size >= 999.5 * prefixes[best].second) ++best;
  const double scaled = size / prefixes[best].second;
  const std::string digits = scaled >= 0.01 ? three_digits(scaled) : fmt::format("{:.2g}", scaled);
  return fmt::format("{}{} {}{}", value < 0 ? "-" : "", digits, prefixes[best].first, unit);
}

bool is_drawable(const Table& table, const std::vector<Cell>& row, const std::string& key,
                 const Axis& axis) {
  if (key.empty() || axis.scale == Scale::names) return true;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].key != key) continue;
    const auto& value = row[i].value;
    return value && std::isfinite(*value) && (axis.scale == Scale::linear || *value > 0);
  }
  return false;
}

}  // namespace

std::string unit_text(Unit unit, double value) {
  if (!std::isfinite(value)) return "-";
  switch (unit) {
    case Unit::seconds:
      return si_text(value, "s");
    case Unit::bytes:
      return bytes_text(value);
    case Unit::bytes_per_second:
      return si_text(value, "B/s");
    case Unit::flops_per_second:
      return si_text(value, "FLOP/s");
    case Unit::per_second:
      return si_text(value, "/s");
    case Unit::hertz:
      return si_text(value, "Hz");
    case Unit::celsius:
      return fmt::format("{:.1f} C", value);
    case Unit::ratio:
      return three_digits(value) + " x";
    case Unit::share:
      return fmt::format("{:.3g} %", 100 * value);
    case Unit::flops_per_byte:
      return three_digits(value);
    case Unit::none:
      break;
  }
  return fmt::format("{:.4g}", value);
}

Cell unit_cell(Unit unit, double value) {
  if (!std::isfinite(value)) return Cell("-");
  return {unit_text(unit, value), value};
}

bool Section::empty() const {
  return std::all_of(parts.begin(), parts.end(), [](const Part& part) {
    return part.sentences.empty() && part.tiles.empty() && part.charts.empty() &&
           part.tables.empty();
  });
}

Layer drawable(Layer layer, const Axis& x, const Axis& y) {
  const Axis& along = y.scale == Scale::names || layer.mark == Mark::level ? x : y;
  std::erase_if(layer.table.rows, [&](const std::vector<Cell>& row) {
    return !(is_drawable(layer.table, row, layer.x, x) &&
             is_drawable(layer.table, row, layer.y, y) &&
             is_drawable(layer.table, row, layer.low, along) &&
             is_drawable(layer.table, row, layer.high, along) &&
             is_drawable(layer.table, row, layer.value, Axis{}));
  });
  return layer;
}

void add_chart(Chart chart, Part& part) {
  for (Layer& layer : chart.layers) layer = drawable(std::move(layer), chart.x, chart.y);
  std::erase_if(chart.layers, [](const Layer& layer) { return layer.table.rows.empty(); });
  if (!chart.layers.empty()) part.charts.push_back(std::move(chart));
}

std::string file_name(const std::string& text) {
  constexpr std::size_t most = 80;
  std::string name;
  for (const char c : text) {
    if (name.size() == most) break;
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      name += c;
    } else if (c >= 'A' && c <= 'Z') {
      name += static_cast<char>(c - 'A' + 'a');
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name.empty() ? "unnamed" : name;
}

}  // namespace motley::analysis::report
