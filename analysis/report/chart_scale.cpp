#include "analysis/report/chart_scale.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>

namespace motley::analysis::report {

LogScale log_scale(double smallest, double largest, bool binary) {
  LogScale scale;
  if (!(smallest > 0) || !(largest >= smallest) || !std::isfinite(largest)) {
    scale.ticks = {1, 10};
    return scale;
  }
  constexpr double margin = 1.2, most_ticks = 8;
  scale.from = smallest / margin;
  scale.to = largest * margin;
  const double base = binary ? 2 : 10;
  const double first = std::floor(std::log(scale.from) / std::log(base));
  const double last = std::ceil(std::log(scale.to) / std::log(base));
  const double step = std::max(1.0, std::ceil((last - first) / most_ticks));
  const bool between = !binary && last - first <= 2;  // 1, 2, 5, 10
  for (double power = first; power <= last; power += step) {
    const double tick = std::pow(base, power);
    const std::vector<double> parts = between ? std::vector<double>{1, 2, 5} : std::vector{1.0};
    for (const double part : parts) {
      if (tick * part >= scale.from && tick * part <= scale.to) scale.ticks.push_back(tick * part);
    }
  }
  return scale;
}

std::string label_expression(Unit unit) {
  const auto with = [](const char* name) {
    return fmt::format(
        "replace(format(datum.value,'~s'),regexp('([yzafpnµmkMGTPEZY]?)$'),' $1')+'{}'", name);
  };
  switch (unit) {
    case Unit::seconds:
      return with("s");
    case Unit::bytes_per_second:
      return with("B/s");
    case Unit::flops_per_second:
      return with("FLOP/s");
    case Unit::per_second:
      return with("/s");
    case Unit::hertz:
      return with("Hz");
    case Unit::bytes:
      return "datum.value>=1073741824?format(datum.value/1073741824,'~g')+' GiB':"
             "datum.value>=1048576?format(datum.value/1048576,'~g')+' MiB':"
             "datum.value>=1024?format(datum.value/1024,'~g')+' KiB':"
             "format(datum.value,'~g')+' B'";
    case Unit::share:
      return "format(datum.value,'~%')";
    case Unit::celsius:
      return "format(datum.value,'~g')+' °C'";
    case Unit::ratio:
      return "format(datum.value,'~g')+'×'";
    case Unit::flops_per_byte:
    case Unit::none:
      break;
  }
  return "format(datum.value,'~g')";
}

void Range::add(const Layer& layer, const std::string& key) {
  if (key.empty()) return;
  for (const auto& row : layer.table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (layer.table.columns[i].key != key || !row[i].value) continue;
      from = std::min(from, *row[i].value);
      to = std::max(to, *row[i].value);
    }
  }
}

double longest_bar(const Layer& layer) {
  std::map<std::string, double> sums;
  double longest = 0;
  for (const auto& row : layer.table.rows) {
    std::string name;
    double length = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (layer.table.columns[i].key == layer.y) name = row[i].text;
      if (layer.table.columns[i].key == layer.x) length = row[i].value.value_or(0);
    }
    longest = std::max(longest, sums[name] += length);
  }
  return longest;
}

}  // namespace motley::analysis::report
