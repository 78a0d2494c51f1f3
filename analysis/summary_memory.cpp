// Bandwidth and latency of one processor, level by level.
#include <fmt/format.h>

#include "analysis/summary_tables.hpp"
#include "analysis/text.hpp"

namespace motley::analysis {
namespace {

struct Variant {
  const char* name;
  const char* title;
};

struct Column {
  const char* case_name;
  std::vector<Variant> variants;  ///< the first one that was measured
};

struct Layout {
  const char* family;
  const char* title;
  std::vector<Column> columns;
  std::string (*figure)(const Headline&);
  std::size_t label_columns, figure_columns;
};

/// Always two columns: digits stand below digits.
std::string marks(const Headline& one) {
  return left(std::string(one.disturbed ? "~" : "") + (one.partial ? "'" : ""), 2);
}

std::string gigabytes(const Headline& one) {
  return three_digits(one.value / 1e9) + marks(one);
}

std::string latency(const Headline& one) {
  const std::string cycles =
      one.clock_hertz > 0 ? fmt::format("{:8.1f} cy", one.value * one.clock_hertz) : "";
  return seconds_text(one.value) + marks(one) + cycles;
}

const Layout bandwidths{"bandwidth",
                        "GB/s of ",
                        {{"bandwidth/read", {{"", "read "}}},
                         {"bandwidth/write", {{"cached", "write "}}},
                         {"bandwidth/copy", {{"cached", "copy "}}},
                         {"bandwidth/triad", {{"cached", "triad "}}},
                         {"bandwidth/write", {{"non_temporal", "write* "}}},
                         {"bandwidth/copy", {{"non_temporal", "copy* "}}},
                         {"bandwidth/triad", {{"non_temporal", "triad* "}}}},
                        gigabytes,
                        24,
                        8};
/// A driver does not say which pages it takes.
const Layout latencies{"latency",
                       "Latency of ",
                       {{"latency/chase", {{"4k", "small pages"}, {"driver", "as allocated"}}},
                        {"latency/chase", {{"huge", "huge pages"}}}},
                       latency,
                       32,
                       24};

class LevelTable {
 public:
  LevelTable(const SummaryInput& input, const std::string& processor, const Layout& layout)
      : layout_(layout), processor_(processor) {
    for (const Headline& one : input.headlines) {
      if (one.processor == processor && one.family() == layout.family) headlines_.push_back(&one);
    }
    for (const Missing& one : missing(input, layout.family)) {
      if (one.processor == processor) missing_.push_back(one);
    }
    for (const Column& column : layout.columns) add_column(column);
  }

  std::string text() const { return level_table() + other_table(); }

 private:
  struct Shown {
    const char* title;
    std::map<double, const Headline*> cells;  ///< by the level's smallest size
  };

  void add_column(const Column& column) {
    for (const Variant& variant : column.variants) {
      Shown shown{variant.title, {}};
      for (const Headline* one : headlines_) {
        if (!one->level || one->case_name != column.case_name || one->variant != variant.name) {
          continue;
        }
        shown.cells[one->level->from_bytes] = one;
        levels_[one->level->from_bytes] = *one->level;
        in_levels_.insert(one);
      }
      if (shown.cells.empty()) continue;
      columns_.push_back(std::move(shown));
      return;
    }
  }

  std::string level_table() const {
    if (levels_.empty()) return "";
    std::string text = "\n" + left(layout_.title + processor_, layout_.label_columns);
    for (const Shown& column : columns_) text += right(column.title, layout_.figure_columns);
    text += "\n";
    for (const auto& [from, level] : levels_) {
      text += left("  " + to_string(level), layout_.label_columns);
      for (const Shown& column : columns_) {
        const auto cell = column.cells.find(from);
        text += right(cell == column.cells.end() ? "-  " : layout_.figure(*cell->second),
                      layout_.figure_columns);
      }
      text += "\n";
    }
    return text;
  }

  /// What has no column: local memory, several chases at once, under load; and what has no figure.
  std::string other_table() const {
    std::string rows;
    for (const Headline* one : headlines_) {
      if (in_levels_.contains(one)) continue;
      rows += left("  " + without_family(one->name()), other_label - 1) + " " +
              right(layout_.figure(*one), layout_.figure_columns) + "\n";
    }
    for (const Missing& one : missing_) {
      rows += clipped("  " + without_family(one.case_name) + " " + one.why, table_columns) + "\n";
    }
    if (rows.empty()) return "";
    return "\n" + clipped(layout_.title + processor_ + ", other", table_columns) + "\n" + rows;
  }

  static std::string without_family(const std::string& name) {
    return name.substr(name.find('/') + 1);
  }

  static constexpr std::size_t table_columns = 80, other_label = 48;
  const Layout& layout_;
  const std::string& processor_;
  std::vector<const Headline*> headlines_;
  std::set<const Headline*> in_levels_;
  std::vector<Missing> missing_;
  std::map<double, Plateau> levels_;
  std::vector<Shown> columns_;
};

}  // namespace

std::string memory_tables(const SummaryInput& input, const std::string& processor) {
  return LevelTable(input, processor, bandwidths).text() +
         LevelTable(input, processor, latencies).text();
}

}  // namespace motley::analysis
