#include "analysis/report/chart_spec.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "analysis/report/chart_scale.hpp"
#include "analysis/text.hpp"

namespace motley::analysis::report {
namespace {

using Json = nlohmann::ordered_json;

/// Okabe and Ito (2008), told apart with any kind of colour vision; those that are faint on white
/// come last. Shapes differ too.
const std::vector<std::string> palette{"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                       "#E69F00", "#56B4E9", "#777777"};
const std::vector<std::string> shapes{"circle", "square",        "triangle-up",   "diamond",
                                      "cross",  "triangle-down", "triangle-right"};
constexpr double plot_columns = 460, plot_rows = 260, bar_rows = 26;

Json data_of(const Layer& layer, const std::vector<std::string>& domain) {
  Json rows = Json::array();
  for (const std::vector<Cell>& row : layer.table.rows) {
    Json one = Json::object();
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string& key = layer.table.columns[i].key;
      if (row[i].value && std::isfinite(*row[i].value)) {
        one[key] = *row[i].value;
        one[key + "_text"] = row[i].text;
      } else {
        one[key] = row[i].text;
      }
      if (key == layer.series) {
        one["place"] = std::find(domain.begin(), domain.end(), row[i].text) - domain.begin();
      }
    }
    rows.push_back(std::move(one));
  }
  return rows;
}

/// Columns' values as a person reads them.
Json tooltip_of(const Layer& layer) {
  Json all = Json::array();
  for (std::size_t i = 0; i < layer.table.columns.size(); ++i) {
    const Column& column = layer.table.columns[i];
    const bool number = std::any_of(layer.table.rows.begin(), layer.table.rows.end(),
                                    [&](const auto& row) { return row[i].value.has_value(); });
    all.push_back({{"field", number ? column.key + "_text" : column.key},
                   {"type", "nominal"},
                   {"title", column.title}});
  }
  return all;
}

bool ends_lie_along_x(const Chart& chart, const Layer& layer) {
  return chart.y.scale == Scale::names || layer.mark == Mark::level;
}

Json log_axis(const Chart& chart, bool is_x) {
  Range range;
  for (const Layer& layer : chart.layers) {
    range.add(layer, is_x ? layer.x : layer.y);
    if (is_x == ends_lie_along_x(chart, layer)) {
      range.add(layer, layer.low);
      range.add(layer, layer.high);
    }
  }
  const Axis& axis = is_x ? chart.x : chart.y;
  if (axis.unit == Unit::ratio) {  // what is unchanged is in sight
    range.from = std::min(range.from, 1.0);
    range.to = std::max(range.to, 1.0);
  }
  const LogScale scale = log_scale(range.from, range.to * axis.headroom, axis.unit == Unit::bytes);
  return {{"scale", {{"type", "log"}, {"domain", {scale.from, scale.to}}, {"nice", false}}},
          {"axis", {{"values", scale.ticks}}}};
}

Json linear_axis(const Chart& chart, bool is_x) {
  Json result = {{"scale", Json::object()}, {"axis", Json::object()}};
  const Axis& axis = is_x ? chart.x : chart.y;
  const bool bars = std::any_of(chart.layers.begin(), chart.layers.end(),
                                [](const Layer& layer) { return layer.mark == Mark::bar; });
  if (bars && is_x) {
    double longest = 0;
    for (const Layer& layer : chart.layers) {
      if (layer.mark == Mark::bar) longest = std::max(longest, longest_bar(layer));
    }
    result["scale"]["domain"] = {0, longest > 0 ? longest * axis.headroom : 1};
    result["scale"]["nice"] = false;
  } else if (axis.unit == Unit::celsius || axis.unit == Unit::none) {
    result["scale"]["zero"] = false;
  }
  return result;
}

Json names_axis(const Chart& chart, bool is_x) {
  Json names = Json::array();
  for (const Layer& layer : chart.layers) {
    for (const auto& row : layer.table.rows) {
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (layer.table.columns[i].key != (is_x ? layer.x : layer.y)) continue;
        if (std::find(names.begin(), names.end(), row[i].text) == names.end()) {
          names.push_back(row[i].text);
        }
      }
    }
  }
  Json axis = {{"grid", false}, {"domain", false}, {"ticks", false}, {"labelPadding", 6}};
  if (is_x) {
    axis["orient"] = "top";
    axis["labelAngle"] = -35;
  }
  return {{"type", "nominal"}, {"scale", {{"domain", names}}}, {"axis", axis}};
}

Json channel(const Chart& chart, bool is_x, const std::string& field) {
  const Axis& axis = is_x ? chart.x : chart.y;
  Json result = {{"field", field}, {"type", "quantitative"}};
  Json details;
  if (axis.scale == Scale::names) {
    details = names_axis(chart, is_x);
  } else {
    details = axis.scale == Scale::logarithmic ? log_axis(chart, is_x) : linear_axis(chart, is_x);
    details["axis"]["labelExpr"] = label_expression(axis.unit);
    details["axis"]["labelOverlap"] = "greedy";
    details["axis"]["tickCount"] = is_x ? 5 : 6;
  }
  result.update(details);
  if (axis.title.empty()) {
    result["title"] = nullptr;
  } else {
    result["title"] = axis.title;
  }
  return result;
}

Json repeated(const std::vector<std::string>& values, std::size_t count) {
  Json result = Json::array();
  for (std::size_t i = 0; i < count; ++i) result.push_back(values[i % values.size()]);
  return result;
}

Json colour(const Chart& chart, const Layer& layer, const std::vector<std::string>& domain) {
  Json range = repeated(palette, domain.size());
  for (std::size_t i = 0; i < domain.size(); ++i) {
    const auto known = std::find(chart.domain.begin(), chart.domain.end(), domain[i]);
    const auto place = static_cast<std::size_t>(known - chart.domain.begin());
    if (place < chart.colours.size()) range[i] = chart.colours[place];
  }
  return {{"field", layer.series},
          {"type", "nominal"},
          {"scale", {{"domain", domain}, {"range", range}}},
          {"title", nullptr}};
}

Json shape(const Layer& layer, const std::vector<std::string>& domain) {
  return {{"field", layer.series},
          {"type", "nominal"},
          {"scale", {{"domain", domain}, {"range", repeated(shapes, domain.size())}}},
          {"title", nullptr}};
}

/// Around 1 both ways on a logarithm: twice as slow is as far from 1 as twice as fast.
Json heat(const Chart& chart, const Layer& layer) {
  Json scale = {{"range", {"#f4f4f4", "#e8874a"}}};
  if (chart.diverging) {
    Range range;
    range.add(layer, layer.value);
    const double far = std::max({range.to, 1 / std::max(range.from, 1e-6), 1.25});
    scale = {{"type", "log"},
             {"domain", {1 / far, 1, far}},
             {"range", {"#7fb8e0", "#f4f4f4", "#e8874a"}}};
  }
  return {{"field", layer.value}, {"type", "quantitative"}, {"scale", scale}, {"legend", nullptr}};
}

Json text_layer(const Layer& layer, const Json& x, const Json& y) {
  const bool inside = layer.mark == Mark::cell;
  Json mark = {{"type", "text"}, {"align", inside ? "center" : "left"}, {"dx", inside ? 0 : 6}};
  if (inside) {
    mark["color"] = "#1a1a1a";
  } else if (layer.mark == Mark::level) {
    mark.update({{"align", layer.label_right ? "right" : "left"},
                 {"dx", layer.label_right ? -2 : 2},
                 {"dy", -6}});
  } else if (layer.mark == Mark::line) {  // below a line that rises
    mark.update({{"dx", 8}, {"dy", 8}});
  } else if (layer.mark != Mark::text) {
    mark["dy"] = -7;
  }
  Json encoding = {{"x", x}, {"y", y}, {"text", {{"field", layer.label}, {"type", "nominal"}}}};
  Json result = {{"mark", mark}, {"encoding", encoding}};
  if (layer.mark == Mark::line) {  // once a line, where it begins
    const std::string of = !layer.group.empty() ? layer.group : layer.series;
    const Json rank = {{"op", "row_number"}, {"as", "number"}};
    const Json ascending = {{"field", layer.x}, {"order", "ascending"}};
    Json window = {{"window", Json::array({rank})}, {"sort", Json::array({ascending})}};
    if (!of.empty()) window["groupby"] = Json::array({of});
    const Json first = {{"filter", "datum.number == 1"}};
    result["transform"] = Json::array({window, first});
  }
  return result;
}

Json mark_of(const Layer& layer) {
  switch (layer.mark) {
    case Mark::line: {
      Json mark = {{"type", "line"}, {"strokeWidth", 1.75}};
      if (layer.dashed) mark.update({{"strokeDash", {5, 4}}, {"strokeWidth", 1.25}});
      if (layer.series.empty() && layer.dashed) mark["color"] = "#8a8a8a";
      return mark;
    }
    case Mark::point:
      return {{"type", "point"}, {"filled", true}, {"size", 46}, {"opacity", 1}};
    case Mark::bar:
      return {{"type", "bar"}, {"height", {{"band", 0.72}}}};
    case Mark::cell:
      return {{"type", "rect"}};
    case Mark::rule:
      return {{"type", "rule"}, {"strokeWidth", 1.25}};
    case Mark::level:
      return {{"type", "rule"}, {"strokeDash", {5, 4}}, {"strokeWidth", 1}};
    case Mark::text:
      break;
  }
  return {{"type", "text"}, {"align", "left"}, {"dx", 6}};
}

Json encoding_of(const Chart& chart, const Layer& layer, const std::vector<std::string>& domain) {
  Json encoding = {{"x", channel(chart, true, layer.x)}, {"y", channel(chart, false, layer.y)}};
  if (layer.mark == Mark::rule || layer.mark == Mark::level) {
    const bool along_x = ends_lie_along_x(chart, layer);
    encoding[along_x ? "x" : "y"] = channel(chart, along_x, layer.low);
    encoding[along_x ? "x2" : "y2"] = {{"field", layer.high}};
  }
  if (!layer.series.empty()) encoding["color"] = colour(chart, layer, domain);
  if (!layer.group.empty()) encoding["detail"] = {{"field", layer.group}, {"type", "nominal"}};
  if (layer.mark == Mark::bar) encoding["order"] = {{"field", "place"}, {"type", "quantitative"}};
  if (layer.mark == Mark::cell) encoding["color"] = heat(chart, layer);
  if (layer.mark == Mark::text) encoding["text"] = {{"field", layer.label}, {"type", "nominal"}};
  return encoding;
}

/// Points that were measured, and what a pointer finds. Laws have none.
Json points_on(const Layer& layer, Json encoding, const std::vector<std::string>& domain) {
  encoding["tooltip"] = tooltip_of(layer);
  if (!layer.series.empty()) encoding["shape"] = shape(layer, domain);
  return {{"mark", {{"type", "point"}, {"filled", true}, {"size", 34}, {"opacity", 1}}},
          {"encoding", encoding}};
}

Json layer_spec(const Chart& chart, std::size_t index, const std::vector<std::string>& domain) {
  const Layer& layer = chart.layers[index];
  const std::string name = fmt::format("rows_{}", index);
  const Json encoding = encoding_of(chart, layer, domain);
  Json marks = {{"name", name}, {"mark", mark_of(layer)}, {"encoding", encoding}};
  if (layer.mark != Mark::line) marks["encoding"]["tooltip"] = tooltip_of(layer);
  if (layer.mark == Mark::point && !layer.series.empty()) {
    marks["encoding"]["shape"] = shape(layer, domain);
  }
  Json layers = Json::array({marks});
  if (layer.mark == Mark::line && !layer.dashed) {
    layers.push_back(points_on(layer, encoding, domain));
  }
  if (!layer.label.empty() && layer.mark != Mark::text) {
    const std::string end = layer.label_right ? layer.high : layer.low;
    const Json x = channel(chart, true, layer.mark == Mark::level ? end : layer.x);
    layers.push_back(text_layer(layer, x, channel(chart, false, layer.y)));
  }
  return {{"data", {{"name", name}, {"values", data_of(layer, domain)}}}, {"layer", layers}};
}

std::vector<std::string> domain_of(const Chart& chart) {
  std::vector<std::string> seen;
  for (const Layer& layer : chart.layers) {
    for (const auto& row : layer.table.rows) {
      for (std::size_t i = 0; i < row.size(); ++i) {
        const bool is_series = layer.table.columns[i].key == layer.series;
        if (is_series && std::find(seen.begin(), seen.end(), row[i].text) == seen.end()) {
          seen.push_back(row[i].text);
        }
      }
    }
  }
  std::stable_sort(seen.begin(), seen.end(), [&](const std::string& a, const std::string& b) {
    return std::find(chart.domain.begin(), chart.domain.end(), a) <
           std::find(chart.domain.begin(), chart.domain.end(), b);
  });
  return seen;
}

/// As many beside each other as their names leave room for.
std::size_t legend_columns(const Chart& chart, const std::vector<std::string>& domain) {
  constexpr std::size_t symbol = 4;
  const std::size_t room = chart.y.scale == Scale::names ? 54 : 76;
  std::size_t longest = 1;
  for (const std::string& one : domain) longest = std::max(longest, columns(one) + symbol);
  return std::clamp<std::size_t>(room / longest, 1, 4);
}

/// For paper; the page sets its own for dark surroundings.
Json light_look(const Chart& chart, const std::vector<std::string>& domain) {
  const Json axis = {{"gridColor", "#e6e6e6"},  {"domainColor", "#8a8a8a"},
                     {"tickColor", "#8a8a8a"},  {"labelColor", "#333333"},
                     {"titleColor", "#333333"}, {"titleFontWeight", "normal"},
                     {"labelFontSize", 11},     {"titleFontSize", 11.5},
                     {"labelLimit", 240},       {"titlePadding", 8}};
  return {{"background", "#ffffff"},
          {"font", "system-ui, 'Helvetica Neue', Arial, sans-serif"},
          {"view", {{"stroke", nullptr}}},
          {"axis", axis},
          {"text", {{"color", "#333333"}, {"fontSize", 11}}},
          {"rule", {{"color", "#333333"}}},
          {"legend",
           {{"orient", "top"},
            {"direction", "horizontal"},
            {"columns", legend_columns(chart, domain)},
            {"labelColor", "#333333"},
            {"labelFontSize", 11},
            {"labelLimit", 420},
            {"symbolStrokeWidth", 2}}}};
}

double height_of(const Chart& chart) {
  if (chart.y.scale != Scale::names) return plot_rows;
  const Json axis = names_axis(chart, false);
  const double rows = static_cast<double>(axis["scale"]["domain"].size());
  return std::max(2.0, rows) * bar_rows;
}

}  // namespace

std::string vega_lite(const Chart& chart) {
  const std::vector<std::string> domain = domain_of(chart);
  Json layers = Json::array();
  for (std::size_t i = 0; i < chart.layers.size(); ++i) {
    layers.push_back(layer_spec(chart, i, domain));
  }
  Json spec = {{"$schema", "https://vega.github.io/schema/vega-lite/v6.json"},
               {"description", chart.title},
               {"width", plot_columns},
               {"height", height_of(chart)},
               {"autosize", {{"type", "fit-x"}, {"contains", "padding"}}},
               {"layer", layers},
               {"config", light_look(chart, domain)}};
  if (chart.x.scale == Scale::names) {  // the last slanted name ends right of its cell
    spec["padding"] = {{"left", 5}, {"top", 5}, {"bottom", 5}, {"right", 70}};
  }
  return spec.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace motley::analysis::report
