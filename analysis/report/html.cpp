// The page. Everything is in the document before any script runs: a script only draws charts, sorts
// and searches. Text of others is escaped, and JSON holds no `<`, so that nothing can end a script.
#include <fmt/format.h>
#include <set>

#include "analysis/escape.hpp"
#include "analysis/report/chart_spec.hpp"
#include "analysis/report/report.hpp"

namespace motley::embedded {
extern const std::string_view report_css;
extern const std::string_view report_js;
}  // namespace motley::embedded

namespace motley::analysis::report {
namespace {

constexpr const char* policy =
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data: blob:";

std::string json_in_script(std::string json) {
  std::string safe;
  for (const char c : json) {
    if (c == '<') {
      safe += "\\u003c";
    } else {
      safe += c;
    }
  }
  return safe;
}

std::string cell_html(const Column& column, const Cell& cell, bool is_first) {
  const std::string value = cell.value ? fmt::format(" data-value=\"{}\"", *cell.value) : "";
  constexpr std::size_t long_text = 60;
  const char* kind = column.number                  ? " class=\"number\""
                     : cell.text.size() > long_text ? " class=\"wide\""
                                                    : "";
  if (is_first && !column.number) {
    return fmt::format("<th scope=\"row\"{}>{}</th>", value, html(cell.text));
  }
  return fmt::format("<td{}{}>{}</td>", kind, value, html(cell.text));
}

std::string note_html(const std::string& note) {
  return note.empty() ? "" : " <span class=\"note\">" + html(note) + "</span>";
}

/// Wide tables scroll by themselves; who has no pointer reaches them by the tabulator.
std::string table_html(const Table& table, const std::string& id, bool searched) {
  constexpr std::size_t many_rows = 60;
  searched = searched || table.rows.size() > many_rows;
  std::string text;
  if (!table.title.empty() || !table.note.empty()) {
    text = fmt::format("<p class=\"title\" id=\"title-{}\"><strong>{}</strong>{}</p>\n", html(id),
                       html(table.title), note_html(table.note));
  }
  const std::string name = text.empty() ? fmt::format("aria-label=\"{}\"", html(id))
                                        : fmt::format("aria-labelledby=\"title-{}\"", html(id));
  text += fmt::format(
      "<div class=\"scroll{}\" tabindex=\"0\" role=\"region\" {}><table id=\"table-{}\" {}{}>\n"
      "<thead><tr>",
      searched ? " long" : "", name, html(id), name, searched ? " data-searched" : "");
  for (const Column& column : table.columns) {
    text += fmt::format("<th scope=\"col\"{}>{}</th>", column.number ? " class=\"number\"" : "",
                        html(column.title));
  }
  text += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    text += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += cell_html(table.columns[i], row[i], i == 0);
    }
    text += "</tr>\n";
  }
  return text + "</tbody></table></div>\n";
}

/// Cells of a heat map keep room for their figures: on a narrow screen it scrolls by itself.
std::string plot_html(const Chart& chart) {
  std::set<std::string> names;
  if (chart.x.scale == Scale::names) {
    for (const Layer& layer : chart.layers) {
      for (const auto& row : layer.table.rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
          if (layer.table.columns[i].key == layer.x) names.insert(row[i].text);
        }
      }
    }
  }
  constexpr std::size_t cell_pixels = 42, beside_pixels = 220;
  const std::string plot = fmt::format(
      "<div class=\"plot\" role=\"img\" aria-label=\"Chart: {}. Its table follows.\"{}></div>\n",
      html(chart.title),
      names.empty()
          ? ""
          : fmt::format(" style=\"min-width:{}px\"", names.size() * cell_pixels + beside_pixels));
  const std::string scrolls = fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">{}</div>\n",
      html(chart.title), plot);
  return (names.empty() ? plot : scrolls) + "<script type=\"application/json\">" +
         json_in_script(vega_lite(chart)) + "</script>\n";
}

/// `data-rows`: how many marks each layer must show, for the reader's own check and for tests.
std::string chart_html(const Chart& chart, bool has_scripts) {
  std::string counts;
  std::size_t rows = 0;
  for (const Layer& layer : chart.layers) {
    counts += (counts.empty() ? "" : " ") + fmt::format("{}", layer.table.rows.size());
    rows += layer.table.rows.size();
  }
  std::string text = fmt::format(
      "<figure class=\"chart\" id=\"chart-{}\" data-rows=\"{}\">\n<figcaption>"
      "<strong>{}</strong>{}</figcaption>\n",
      html(chart.name), counts, html(chart.title), note_html(chart.note));
  if (has_scripts) text += plot_html(chart);
  text += fmt::format("<details class=\"data\" open><summary>Table ({} rows)</summary>\n", rows);
  for (std::size_t i = 0; i < chart.layers.size(); ++i) {
    text += table_html(chart.layers[i].table, fmt::format("{}-rows-{}", chart.name, i), false);
  }
  return text + "</details>\n</figure>\n";
}

std::string sentence_html(const Sentence& sentence) {
  const std::string text = html(sentence.text);
  switch (sentence.kind) {
    case Sentence::Kind::headline:
      return "<p class=\"headline\">" + text + "</p>\n";
    case Sentence::Kind::warning:
      return "<p class=\"warning\">" + text + "</p>\n";
    case Sentence::Kind::preformatted:
      return "<pre tabindex=\"0\" role=\"region\" aria-label=\"Text\">" + text + "</pre>\n";
    case Sentence::Kind::plain:
      break;
  }
  return "<p>" + text + "</p>\n";
}

std::string tiles_html(const std::vector<Tile>& tiles) {
  if (tiles.empty()) return "";
  std::string text = "<dl class=\"tiles\">\n";
  for (const Tile& tile : tiles) {
    text += fmt::format("<div><dt>{}</dt><dd>{}{}</dd></div>\n", html(tile.label), html(tile.value),
                        tile.note.empty() ? "" : "<span>" + html(tile.note) + "</span>");
  }
  return text + "</dl>\n";
}

std::string section_html(const Section& section, bool has_scripts) {
  std::string text =
      fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n", html(section.id), html(section.title));
  if (section.empty()) text += "<p class=\"without\">" + html(section.without) + "</p>\n";
  for (const Part& part : section.parts) {
    if (!part.title.empty()) text += "<h3>" + html(part.title) + "</h3>\n";
    for (const Sentence& sentence : part.sentences) text += sentence_html(sentence);
    text += tiles_html(part.tiles);
    if (!part.charts.empty()) text += "<div class=\"charts\">\n";
    for (const Chart& chart : part.charts) text += chart_html(chart, has_scripts);
    if (!part.charts.empty()) text += "</div>\n";
    for (const NamedTable& table : part.tables) {
      text += table_html(table.table, table.name, table.searched);
    }
  }
  return text + "</section>\n";
}

std::string contents_html(const Report& report) {
  std::string text = "<nav aria-label=\"Contents\"><ol>\n";
  for (const Section& section : report.sections) {
    text += fmt::format("<li{}><a href=\"#{}\">{}</a></li>\n",
                        section.empty() ? " class=\"empty\"" : "", html(section.id),
                        html(section.title));
  }
  return text + "</ol></nav>\n";
}

std::string scripts_html(const std::vector<Script>& scripts) {
  std::string text;
  for (const Script& script : scripts) {
    // Bundles are ours to choose, and none holds an end tag: scripts/bundle.cmake sees to it.
    text += fmt::format("<!-- {} -->\n<script>{}</script>\n", script.name, script.text);
  }
  return text + fmt::format("<script>{}</script>\n", embedded::report_js);
}

}  // namespace

std::string html_document(const Report& report, const std::vector<Script>& scripts) {
  const bool has_scripts = !scripts.empty();
  std::string text = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n<title>{}</title>\n<style>\n{}</style>\n"
      "<noscript><style>.plot{{display:none}}</style></noscript>\n</head>\n<body>\n"
      "<a class=\"skip\" href=\"#main\">Skip to the report</a>\n<header>\n<h1>{}</h1>\n",
      policy, html(report.title), embedded::report_css, html(report.title));
  for (const std::string& banner : report.banners) {
    text += "<p class=\"banner\" role=\"note\">" + html(banner) + "</p>\n";
  }
  if (!has_scripts) {
    text +=
        "<p class=\"warning\">Charts are missing: this program was built without npm, which brings "
        "Vega. Every chart's table is here, and its specification in charts/. Install npm and "
        "build again.</p>\n";
  }
  text +=
      "<noscript><p class=\"warning\">Charts need JavaScript, which is off. Every chart's table "
      "is below.</p></noscript>\n</header>\n" +
      contents_html(report) + "<main id=\"main\">\n";
  for (const Section& section : report.sections) text += section_html(section, has_scripts);
  return text +
         "</main>\n<footer><p>Written by motley report from records alone; charts/, tables/ "
         "and tables.tex beside this page hold the same figures.</p></footer>\n" +
         scripts_html(scripts) + "</body>\n</html>\n";
}

}  // namespace motley::analysis::report
