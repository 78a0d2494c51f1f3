// A table once, for every reader: terminal, Markdown, LaTeX, CSV, JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace motley::analysis {

struct Column {
  std::string title;
  bool number = false;  ///< set at the right
  std::string key;  ///< for CSV and JSON, the unit in it: ratio, first_seconds; empty: the title
};

struct Cell {
  std::string text;             ///< for a person: 1.23 us
  std::optional<double> value;  ///< for a program, SI; finite

  Cell() = default;
  Cell(std::string shown) : text(std::move(shown)) {}  // NOLINT: cells are mostly text
  Cell(const char* shown) : text(shown) {}             // NOLINT
  Cell(std::string shown, double meant) : text(std::move(shown)), value(meant) {}
};

struct Table {
  std::string title;  ///< one line
  std::string note;   ///< what marks mean, definitions; below the title
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;  ///< each as long as columns
};

/// At most `width` columns: the first column that is text gives way, by clipping its middle, where
/// a row does not fit. Title and note above, a blank line behind.
std::string terminal_text(const Table& table, std::size_t width = 80);
/// A GitHub table below a heading of `level`.
std::string markdown_text(const Table& table, int level = 3);
/// A table environment with booktabs' rules; `label` for \ref.
std::string latex_text(const Table& table, const std::string& label);
/// RFC 4180 with a header of keys; values in full precision, text where there is none.
std::string csv_text(const Table& table);
/// [{key: value or text}, ...] as JSON.
std::string json_text(const Table& table);

}  // namespace motley::analysis
