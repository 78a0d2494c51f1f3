// What does a report consist of? Sections of parts; a part has sentences, charts and tables. A
// chart is its table and which columns it shows where: what is drawn is what is printed, row by
// row.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "analysis/table.hpp"

namespace motley::analysis::report {

enum class Unit {
  none,
  seconds,
  bytes,
  bytes_per_second,
  flops_per_second,
  per_second,
  hertz,
  celsius,
  ratio,
  share,
  flops_per_byte
};

/// With an SI prefix (sizes: a binary one) and three digits: 12.3 GB/s, 64 KiB, 1.2 us, 3.1 x, 42
/// %.
std::string unit_text(Unit unit, double value);
/// The same as a cell; `-` without a value where the number is not finite.
Cell unit_cell(Unit unit, double value);

enum class Scale { linear, logarithmic, names };

struct Axis {
  std::string title;
  Unit unit = Unit::none;
  Scale scale = Scale::linear;
  double headroom = 1;  ///< the linear axis ends at so many times the largest value: for labels
};

enum class Mark {
  line,   ///< points joined along x
  point,  ///< alone
  bar,    ///< along x, stacked by colour
  cell,   ///< of a heat map, its label inside
  rule,   ///< an interval, from low to high: along y, or along x where y are names
  level,  ///< a value of y that holds from low to high along x
  text    ///< the label alone, right of the point
};

/// Each row of the table is one mark. Members name columns by key; empty: not shown.
struct Layer {
  Mark mark = Mark::line;
  Table table;
  std::string x, y;
  std::string series;        ///< text: colour and shape
  std::string group;         ///< text: what belongs to one line, where lines have no colours
  std::string value;         ///< of a cell: its colour
  std::string low, high;     ///< of a rule and of a level
  std::string label;         ///< text written beside the mark or, of lines, where they begin
  bool dashed = false;       ///< a law or a bound, nothing measured
  bool label_right = false;  ///< of a level: above its right end

  explicit Layer(Mark drawn, Table rows = {}) : mark(drawn), table(std::move(rows)) {}
};

struct Chart {
  std::string name;   ///< of its files: letters, digits and hyphens
  std::string title;  ///< what it shows, for a person
  std::string note;
  Axis x, y;
  std::vector<Layer> layers;
  std::vector<std::string> domain;   ///< order of the series; empty: as they appear
  std::vector<std::string> colours;  ///< of `domain`, one each; empty: told apart, no more
  bool diverging = false;            ///< a heat map around 1 (a ratio)
};

struct Sentence {
  enum class Kind { plain, headline, warning, preformatted };
  std::string text;  ///< as it is read; each document escapes it
  Kind kind = Kind::plain;
};

/// A figure that is seen first.
struct Tile {
  std::string label, value;
  std::string note;  ///< what it is of, how sure
};

struct NamedTable {
  std::string name;  ///< of its file
  Table table;
  bool searched = false;  ///< long: with a field to search in
};

struct Part {
  std::string title;  ///< empty: that of the section is enough
  std::vector<Sentence> sentences;
  std::vector<Tile> tiles;
  std::vector<Chart> charts;
  std::vector<NamedTable> tables;
};

struct Section {
  std::string id, title;
  std::vector<Part> parts;
  std::string without;  ///< one line for a section without data: which command produces it
  bool empty() const;
};

/// Rows that a layer cannot draw are left out: no number, or nothing positive on a logarithmic
/// axis.
Layer drawable(Layer layer, const Axis& x, const Axis& y);
/// Nothing is added where a layer has no row left; a chart without layers is none.
void add_chart(Chart chart, Part& part);
/// lower-case letters, digits, hyphens: of a name that may be anything.
std::string file_name(const std::string& text);

}  // namespace motley::analysis::report
