#include "analysis/table.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "analysis/escape.hpp"
#include "analysis/text.hpp"

namespace motley::analysis {
namespace {

constexpr std::size_t gap = 2;     ///< blanks between columns of a terminal
constexpr std::size_t least = 12;  ///< columns that a name keeps

const std::string& key(const Column& column) {
  return column.key.empty() ? column.title : column.key;
}

std::vector<std::size_t> widths(const Table& table) {
  std::vector<std::size_t> wide;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    std::size_t most = columns(table.columns[i].title);
    for (const auto& row : table.rows) most = std::max(most, columns(one_line(row[i].text)));
    wide.push_back(most);
  }
  return wide;
}

/// Takes what is too wide from the widest column of text, again and again.
void fit(const Table& table, std::vector<std::size_t>& wide, std::size_t width) {
  const auto total = [&wide] {
    std::size_t sum = 0;
    for (const std::size_t one : wide) sum += one + gap;
    return sum > gap ? sum - gap : 0;
  };
  while (total() > width) {
    std::size_t widest = wide.size();
    for (std::size_t i = 0; i < wide.size(); ++i) {
      if (table.columns[i].number || wide[i] <= least) continue;
      if (widest == wide.size() || wide[i] > wide[widest]) widest = i;
    }
    if (widest == wide.size()) return;
    --wide[widest];
  }
}

/// Both ends of a name tell it apart: what is cut is in its middle.
std::string clipped_middle(const std::string& text, std::size_t width) {
  if (columns(text) <= width || width < 6) return clipped(text, width);
  const std::size_t tail = (width - 2) / 2;
  std::size_t begin = text.size(), seen = 0;
  while (begin > 0 && seen < tail) {
    --begin;
    if ((static_cast<unsigned char>(text[begin]) & 0xC0u) != 0x80u) ++seen;
  }
  return clipped(text, width - tail) + text.substr(begin);
}

std::string shown(const Column& column, const std::string& text, std::size_t width) {
  return column.number ? right(text, width) : left(clipped_middle(text, width), width);
}

/// Is there text so long that it takes lines of half the page?
bool is_wide(const Table& table, std::size_t column) {
  constexpr std::size_t long_text = 45;
  return !table.columns[column].number &&
         std::any_of(table.rows.begin(), table.rows.end(),
                     [&](const auto& row) { return row[column].text.size() > long_text; });
}

/// Lines may end behind the signs that join the words of names.
std::string latex_lines(const std::string& text) {
  std::string cell;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t at = std::min(text.find_first_of("_/,=:|", begin), text.size() - 1);
    cell += latex(text.substr(begin, at + 1 - begin));
    begin = at + 1;
    if (begin < text.size()) cell += "\\allowbreak{}";
  }
  return cell;
}

}  // namespace

std::string terminal_text(const Table& table, std::size_t width) {
  if (table.rows.empty()) return "";
  std::vector<std::size_t> wide = widths(table);
  fit(table, wide, width);
  std::string text = table.title.empty() ? "" : wrapped(table.title, width);
  if (!table.note.empty()) text += wrapped("  " + table.note, width);
  const auto line = [&](const auto& cell) {
    std::string row;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      row += (i == 0 ? "" : std::string(gap, ' ')) + shown(table.columns[i], cell(i), wide[i]);
    }
    return trimmed(row + "\n");
  };
  text += line([&](std::size_t i) { return table.columns[i].title; });
  for (const auto& row : table.rows) {
    text += line([&](std::size_t i) { return one_line(row[i].text); });
  }
  return text + "\n";
}

std::string markdown_text(const Table& table, int level) {
  std::string text;
  if (!table.title.empty()) {
    text +=
        std::string(static_cast<std::size_t>(level), '#') + " " + markdown(table.title) + "\n\n";
  }
  if (!table.note.empty()) text += markdown(table.note) + "\n\n";
  text += "|";
  for (const Column& column : table.columns) text += " " + markdown(column.title) + " |";
  text += "\n|";
  for (const Column& column : table.columns) text += column.number ? "---:|" : "---|";
  text += "\n";
  for (const auto& row : table.rows) {
    text += "|";
    for (const Cell& cell : row) text += " " + markdown(cell.text) + " |";
    text += "\n";
  }
  return text + "\n";
}

std::string latex_text(const Table& table, const std::string& label) {
  std::string layout;
  std::vector<bool> wide;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    wide.push_back(is_wide(table, i));
    layout += wide[i] ? ">{\\raggedright\\arraybackslash}p{0.5\\linewidth}"
                      : std::string(table.columns[i].number ? "r" : "l");
  }
  const auto line = [&](const auto& cell) {
    std::string row;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      row += (i == 0 ? "  " : " & ") + (wide[i] ? latex_lines(cell(i)) : latex(cell(i)));
    }
    return row + " \\\\\n";
  };
  std::string text = fmt::format(
      "\\begin{{table}}[htbp]\n\\centering\n\\caption{{{}}}\n\\label{{{}}}\n"
      // As wide as it is, or as the line where that is less.
      "\\resizebox{{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}}{{!}}{{%\n"
      "\\begin{{tabular}}{{{}}}\n  \\toprule\n",
      latex(table.title), label, layout);
  text += line([&](std::size_t i) { return table.columns[i].title; }) + "  \\midrule\n";
  for (const auto& row : table.rows) text += line([&](std::size_t i) { return row[i].text; });
  text += "  \\bottomrule\n\\end{tabular}}\n";
  if (!table.note.empty()) text += "\n\\smallskip\n" + latex(table.note) + "\n";
  return text + "\\end{table}\n";
}

std::string csv_text(const Table& table) {
  std::string text;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    text += (i == 0 ? "" : ",") + csv(key(table.columns[i]));
  }
  text += "\r\n";
  for (const auto& row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += i == 0 ? "" : ",";
      text += row[i].value ? fmt::format("{}", *row[i].value) : csv(row[i].text);
    }
    text += "\r\n";
  }
  return text;
}

std::string json_text(const Table& table) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const auto& row : table.rows) {
    nlohmann::ordered_json one = nlohmann::ordered_json::object();
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (row[i].value) {
        one[key(table.columns[i])] = *row[i].value;
      } else {
        one[key(table.columns[i])] = row[i].text;
      }
    }
    rows.push_back(std::move(one));
  }
  // Text of others may be no UTF-8: it is replaced, not thrown at the reader.
  return rows.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace motley::analysis
