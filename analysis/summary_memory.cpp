// Bandwidth and latency of one processor, level by level.
#include <algorithm>
#include <fmt/format.h>

#include "analysis/summary_tables.hpp"
#include "analysis/text.hpp"

namespace motley::analysis {
namespace {

struct Column {
  const char* title;
  const char* case_name;
  std::vector<std::string> variants;  ///< the first one that was measured
};

struct Layout {
  const char* family;
  const char* title;
  std::vector<Column> columns;
  std::string (*figure)(const Headline&);
  std::size_t label_columns, figure_columns;
};

std::string gigabytes(const Headline& one) {
  return three_digits(one.value / 1e9) + (one.disturbed ? "~" : " ");
}

std::string latency(const Headline& one) {
  const std::string cycles =
      one.clock_hertz > 0 ? fmt::format("{:8.1f} cy", one.value * one.clock_hertz) : "";
  return seconds_text(one.value) + (one.disturbed ? "~" : " ") + cycles;
}

const Layout bandwidths{"bandwidth",
                        "GB/s of ",
                        {{"read", "bandwidth/read", {""}},
                         {"write", "bandwidth/write", {"cached"}},
                         {"copy", "bandwidth/copy", {"cached"}},
                         {"triad", "bandwidth/triad", {"cached"}},
                         {"write*", "bandwidth/write", {"non_temporal"}},
                         {"copy*", "bandwidth/copy", {"non_temporal"}},
                         {"triad*", "bandwidth/triad", {"non_temporal"}}},
                        gigabytes,
                        24,
                        8};
const Layout latencies{
    "latency",
    "Latency of ",
    {{"small pages", "latency/chase", {"4k", "driver"}}, {"huge pages", "latency/chase", {"huge"}}},
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
    for (const Headline* one : headlines_) {
      if (one->level) levels_[one->level->from_bytes] = *one->level;
    }
    for (const Column& column : layout.columns) {
      const bool measured = std::any_of(levels_.begin(), levels_.end(), [&](const auto& level) {
        return find(column, level.second) != nullptr;
      });
      if (measured) columns_.push_back(column);
    }
  }

  std::string text() const {
    if (headlines_.empty()) return "";
    std::string head = left(layout_.title + processor_, layout_.label_columns);
    for (const Column& column : columns_) head += right(column.title, layout_.figure_columns);
    head.erase(head.find_last_not_of(' ') + 1);
    return "\n" + head + "\n" + level_rows() + other_rows();
  }

 private:
  const Headline* find(const Column& column, const Plateau& level) const {
    for (const std::string& variant : column.variants) {
      for (const Headline* one : headlines_) {
        if (one->case_name == column.case_name && one->variant == variant && one->level &&
            one->level->from_bytes == level.from_bytes) {
          return one;
        }
      }
    }
    return nullptr;
  }

  std::string level_rows() const {
    std::string rows;
    for (const auto& [from, level] : levels_) {
      rows += left("  " + to_string(level), layout_.label_columns);
      for (const Column& column : columns_) {
        const Headline* one = find(column, level);
        rows += right(one ? layout_.figure(*one) : "-", layout_.figure_columns);
      }
      rows += "\n";
    }
    return rows;
  }

  /// What belongs to no level: local memory, several chases at once, under load.
  std::string other_rows() const {
    std::string rows;
    for (const Headline* one : headlines_) {
      if (one->level) continue;
      std::string name = one->name();
      name.erase(0, name.find('/') + 1);
      if (const std::size_t read = name.find("_read"); read != std::string::npos) {
        name.erase(read, std::string_view("_read").size());  // the column says it
      }
      rows += left("  " + name, layout_.label_columns) +
              right(layout_.figure(*one), layout_.figure_columns) + "\n";
    }
    return rows;
  }

  const Layout& layout_;
  const std::string& processor_;
  std::vector<const Headline*> headlines_;
  std::map<double, Plateau> levels_;
  std::vector<Column> columns_;
};

}  // namespace

std::string memory_tables(const SummaryInput& input, const std::string& processor) {
  return LevelTable(input, processor, bandwidths).text() +
         LevelTable(input, processor, latencies).text();
}

}  // namespace motley::analysis
