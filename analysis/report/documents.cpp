// The report for readers of text: Markdown, and LaTeX's tables.
#include <fmt/format.h>

#include "analysis/escape.hpp"
#include "analysis/report/report.hpp"

namespace motley::analysis::report {
namespace {

constexpr std::size_t most_markdown_rows = 60, most_latex_rows = 40;
// LaTeX gives up where some 50 tables wait for a page.
constexpr std::size_t floats_of_pages = 8;

Table first_rows(const Table& table, std::size_t most) {
  Table cut = table;
  if (cut.rows.size() > most) cut.rows.resize(most);
  return cut;
}

std::string markdown_table(const Table& table, const std::string& name) {
  std::string text = markdown_text(first_rows(table, most_markdown_rows), 4);
  if (table.rows.size() > most_markdown_rows) {
    text += fmt::format("{} more rows: [tables/{}.csv](tables/{}.csv)\n\n",
                        table.rows.size() - most_markdown_rows, name, name);
  }
  return text;
}

std::string fenced(const std::string& text) {
  std::string lines;  // an indented block cannot be ended by what it holds
  bool begins = true;
  for (const char c : text) {
    if (begins) lines += "    ";
    lines += c;
    begins = c == '\n';
  }
  return lines + (begins ? "\n" : "\n\n");
}

std::string sentence_markdown(const Sentence& sentence) {
  switch (sentence.kind) {
    case Sentence::Kind::headline:
      return "**" + markdown(sentence.text) + "**\n\n";
    case Sentence::Kind::warning:
      return "> " + markdown(sentence.text) + "\n\n";
    case Sentence::Kind::preformatted:
      return fenced(sentence.text);
    case Sentence::Kind::plain:
      break;
  }
  return markdown(sentence.text) + "\n\n";
}

std::string table_name(const Chart& chart, std::size_t layer) {
  return chart.name + (layer == 0 ? "" : fmt::format("-{}", layer + 1));
}

template <class Function>
void for_each_table(const Part& part, Function use) {
  for (const Chart& chart : part.charts) {
    for (std::size_t i = 0; i < chart.layers.size(); ++i) {
      Table table = chart.layers[i].table;
      if (table.title.empty()) table.title = chart.title;
      use(table, table_name(chart, i));
    }
  }
  for (const NamedTable& one : part.tables) use(one.table, one.name);
}

}  // namespace

std::string markdown_document(const Report& report) {
  std::string text = "# " + markdown(report.title) + "\n\n";
  for (const std::string& banner : report.banners) text += "> **" + markdown(banner) + "**\n\n";
  for (const Section& section : report.sections) {
    text += "## " + markdown(section.title) + "\n\n";
    if (section.empty()) text += markdown(section.without) + "\n\n";
    for (const Part& part : section.parts) {
      if (!part.title.empty()) text += "### " + markdown(part.title) + "\n\n";
      for (const Sentence& sentence : part.sentences) text += sentence_markdown(sentence);
      for (const Tile& tile : part.tiles) {
        text += "- " + markdown(tile.label) + ": **" + markdown(tile.value) + "** " +
                markdown(tile.note) + "\n";
      }
      if (!part.tiles.empty()) text += "\n";
      for (const Chart& chart : part.charts) {
        text +=
            fmt::format("Chart: [{}](charts/{}.vl.json)\n\n", markdown(chart.title), chart.name);
      }
      for_each_table(part, [&](const Table& table, const std::string& name) {
        text += markdown_table(table, name);
      });
    }
  }
  return text;
}

std::string latex_tables(const Report& report) {
  std::string text =
      "% Tables of a report by motley. In the preamble:\n"
      "% \\usepackage{array,booktabs,graphicx,textcomp} \\usepackage[T1]{fontenc}\n";
  std::size_t tables = 0;
  for (const std::string& banner : report.banners) text += "% " + latex(banner) + "\n";
  for (const Section& section : report.sections) {
    for (const Part& part : section.parts) {
      for_each_table(part, [&](const Table& table, const std::string& name) {
        if (table.rows.size() > most_latex_rows) {
          text += fmt::format("\n% {} rows are too many for a page: tables/{}.csv\n",
                              table.rows.size(), name);
        } else if (!table.rows.empty()) {
          text += "\n" + latex_text(table, "tab:" + name);
          if (++tables % floats_of_pages == 0) text += "\\clearpage\n";
        }
      });
    }
  }
  return text;
}

}  // namespace motley::analysis::report
