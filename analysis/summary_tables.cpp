#include "analysis/summary_tables.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <span>

#include "analysis/text.hpp"

namespace motley::analysis {
namespace {

constexpr std::size_t table_columns = 80, least_label = 24, least_figure = 14;

/// A blank where there is no mark keeps digits below digits.
std::string mark(const Headline& one) {
  return one.disturbed ? "~" : " ";
}

std::string peak(const Headline& one) {
  const std::string share =
      one.share_of_ceiling > 0 ? fmt::format(" {:3.0f}%", 100 * one.share_of_ceiling) : "     ";
  return three_digits(one.value / 1e9) + mark(one) + share;
}

std::string gigahertz(const Headline& one) {
  return fmt::format("{:.2f}", one.value / 1e9) + mark(one);
}

std::string duration(const Headline& one) {
  return seconds_text(one.value) + mark(one);
}

std::string millions(const Headline& one) {
  return three_digits(one.value / 1e6) + mark(one);
}

/// Rows of one family, processors side by side.
struct Section {
  const char* title;
  const char* family;
  std::string (*figure)(const Headline&);
};
constexpr Section sections[] = {{"Peak arithmetic, Gop/s", "flops", peak},
                                {"Clock, GHz", "clock", gigahertz},
                                {"Launches and calls", "launch", duration},
                                {"Atomics, million/s", "atomics", millions}};

std::string row_name(const Headline& one) {
  std::string name = one.name();
  return name.substr(name.find('/') + 1);
}

/// What most readers look for first; the rest follows in the order of the log.
constexpr std::array<std::string_view, 15> first_cases{
    "flops/fp32",        "flops/fp64",   "flops/fp16",        "flops/bf16",
    "flops/int8_dot",    "flops/int32",  "flops/matrix_bf16", "flops/matrix_fp16",
    "flops/matrix_int8", "launch/empty", "launch/empty_100",  "launch/round_trip",
    "launch/fork_join",  "launch/wake",  "launch/build_cold"};

std::vector<std::string> cases_of(const schema::Log& log, const std::string& family) {
  std::vector<std::string> names;
  for (const schema::Block& block : log.blocks) {
    const std::string& name = block.key.case_name;
    if (family_of(name) == family && std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(name);
    }
  }
  std::stable_sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
    return std::find(first_cases.begin(), first_cases.end(), a) <
           std::find(first_cases.begin(), first_cases.end(), b);
  });
  return names;
}

/// Names of rows by case in the order of the log; a case without any figure is one row.
std::vector<std::pair<std::string, std::string>> rows_of(const SummaryInput& input,
                                                         const std::string& family) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const std::string& case_name : cases_of(input.log, family)) {
    const std::size_t before = rows.size();
    for (const Headline& one : input.headlines) {
      if (one.case_name != case_name) continue;
      std::pair<std::string, std::string> row{case_name, row_name(one)};
      if (std::find(rows.begin(), rows.end(), row) == rows.end()) rows.push_back(std::move(row));
    }
    if (rows.size() == before) rows.emplace_back(case_name, case_name.substr(family.size() + 1));
  }
  return rows;
}

struct Widths {
  std::size_t label, figure, beside;  ///< beside: processors in one table
};

Widths widths_of(const std::vector<std::string>& processors) {
  std::size_t figure = least_figure;
  for (const std::string& id : processors) figure = std::max(figure, columns(id) + 1);
  figure = std::min(figure, table_columns - least_label);
  const std::size_t beside =
      std::clamp<std::size_t>(processors.size(), 1, (table_columns - least_label) / figure);
  return {table_columns - figure * beside, figure, beside};
}

std::string section_text(const SummaryInput& input, const Section& section,
                         std::span<const std::string> processors, const Widths& widths) {
  std::string rows;
  for (const auto& [case_name, name] : rows_of(input, section.family)) {
    std::string line = left("  " + name, widths.label);
    bool any = false;
    for (const std::string& id : processors) {
      const auto found =
          std::find_if(input.headlines.begin(), input.headlines.end(),
                       [&, &row = name, &of = case_name](const Headline& one) {
                         return one.processor == id && one.case_name == of && row_name(one) == row;
                       });
      std::string cell = found == input.headlines.end() ? status_of(input.log, case_name, id)
                                                        : section.figure(*found);
      any |= !cell.empty() && cell != "unsupported";
      line += right(cell.empty() || cell == "unsupported" ? "-" : cell, widths.figure);
    }
    if (any) rows += line + "\n";
  }
  if (rows.empty()) return "";
  std::string title = "\n" + left(section.title, widths.label);
  for (const std::string& id : processors) title += right(id, widths.figure);
  return title + "\n" + rows;
}

/// The worst news wins; `ok` blocks would have made a figure.
const schema::Block* worst_block(const schema::Log& log, const std::string& case_name,
                                 const std::string& processor) {
  constexpr std::array worst_first{schema::Status::wrong, schema::Status::failed,
                                   schema::Status::suspect, schema::Status::skipped,
                                   schema::Status::unsupported};
  for (const schema::Status status : worst_first) {
    for (const schema::Block& block : log.blocks) {
      if (block.status == status && block.key.case_name == case_name &&
          block.key.processor == processor) {
        return &block;
      }
    }
  }
  return nullptr;
}

}  // namespace

std::string status_of(const schema::Log& log, const std::string& case_name,
                      const std::string& processor) {
  const schema::Block* block = worst_block(log, case_name, processor);
  return block ? to_string(block->status) : "";
}

std::vector<Missing> missing(const SummaryInput& input, const std::string& family) {
  std::vector<Missing> all;
  for (const std::string& case_name : cases_of(input.log, family)) {
    for (const std::string& id : input.processors) {
      const bool has_figure = std::any_of(
          input.headlines.begin(), input.headlines.end(),
          [&](const Headline& one) { return one.case_name == case_name && one.processor == id; });
      const schema::Block* block = worst_block(input.log, case_name, id);
      if (has_figure || !block || block->status == schema::Status::unsupported) continue;
      const std::string reason = block->reason.empty() ? "" : ": " + block->reason;
      all.push_back({case_name, id, one_line(to_string(block->status) + reason)});
    }
  }
  return all;
}

std::string side_by_side_tables(const SummaryInput& input) {
  const Widths widths = widths_of(input.processors);
  const std::span<const std::string> all = input.processors;
  std::string text;
  for (const Section& section : sections) {
    for (std::size_t first = 0; first < all.size(); first += widths.beside) {
      const std::size_t count = std::min(widths.beside, all.size() - first);
      text += section_text(input, section, all.subspan(first, count), widths);
    }
  }
  return text;
}

}  // namespace motley::analysis
