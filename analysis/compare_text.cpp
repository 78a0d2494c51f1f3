#include "analysis/compare_text.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "analysis/escape.hpp"
#include "analysis/text.hpp"

namespace motley::analysis {
namespace {

using Json = nlohmann::ordered_json;

const std::vector<Change> by_weight{Change::slower, Change::faster, Change::inconclusive,
                                    Change::same};

std::string figure_text(const ComparedRow& row, const ComparedSide& side) {
  if (side.blocks > 0) return value_text(row.quantity, side.median);
  return side.not_ok.empty() ? "-" : to_string(side.not_ok.begin()->first);
}

Cell figure_cell(const ComparedRow& row, const ComparedSide& side) {
  Cell cell(figure_text(row, side));
  if (side.blocks > 0 && std::isfinite(side.median)) cell.value = side.median;
  return cell;
}

/// Where pairs or processes were tested, theirs; else of what one process knows of itself.
std::optional<Interval> shown_interval(const ComparedRow& row) {
  if (row.deciding()) return row.deciding()->interval();
  if (row.resampled) return row.resampled->bca;
  return std::nullopt;
}

Cell number(const char* form, double value) {
  return std::isfinite(value) ? Cell(fmt::format(fmt::runtime(form), value), value) : Cell("-");
}

std::string note_of(const ComparedRow& row) {
  if (!row.sound()) return "not sound";
  if (row.first.choices != row.second.choices) return "other choice";
  if (row.by_undisturbed) return "undisturbed";
  if (!row.tested) return "within-run";
  return "";
}

double distance(const ComparedRow& row) {
  return row.ratio() > 0 ? std::abs(std::log(row.ratio())) : 0;
}

std::vector<Cell> cells(const ComparedRow& row) {
  const auto interval = shown_interval(row);
  std::vector<Cell> all{row.name, row.key.processor, figure_cell(row, row.first),
                        figure_cell(row, row.second)};
  const char* form = row.by_undisturbed ? "{:.3f}*" : "{:.3f}";
  all.push_back(row.ratio() > 0 ? number(form, row.ratio()) : Cell("-"));
  all.push_back(interval ? number("{:.3f}", interval->low) : Cell("-"));
  all.push_back(interval ? number("{:.3f}", interval->high) : Cell("-"));
  all.push_back(row.deciding() ? number("{:.2g}", row.judged.q) : Cell("-"));
  all.push_back(row.deciding() && std::isfinite(row.judged.excluded)
                    ? Cell(fmt::format("{:.1f} %", 100 * row.judged.excluded), row.judged.excluded)
                    : Cell("-"));
  all.push_back(to_string(row.change));
  all.push_back(note_of(row));
  return all;
}

std::string choices_text(const std::set<std::string>& choices) {
  std::string text;
  for (const std::string& one : choices) text += (text.empty() ? "" : " | ") + one;
  return text.empty() ? "none" : text;
}

std::string trouble(const ComparedSide& side, const char* name) {
  std::string text;
  for (const auto& [status, count] : side.not_ok) {
    text += fmt::format("{}{} {} in {}", text.empty() ? "" : ", ", count, to_string(status), name);
  }
  return text.empty() || side.reason.empty() ? text : text + ": " + one_line(side.reason);
}

const char* basis(const Comparison& comparison) {
  return comparison.paired
             ? "B/A: speed of B over A, from pairs measured in turns; with the 95 % interval of "
               "the mean over pairs (*: of the speed that programs reach undisturbed, where that "
               "tells more). sees: smallest change that the row would show."
             : "B/A: speed of B over A, ratio of medians; with the 95 % interval of Welch's test "
               "over processes. sees: smallest change that the row would show.";
}

Json interval_json(const std::optional<Interval>& interval) {
  if (!interval || !std::isfinite(interval->low) || !std::isfinite(interval->high)) return nullptr;
  return {{"low", interval->low}, {"high", interval->high}, {"confidence", interval->confidence}};
}

Json side_json(const ComparedSide& side) {
  Json one{{"median", side.median}, {"processes", side.processes}, {"blocks", side.blocks}};
  for (const auto& [status, count] : side.not_ok) one["not_ok"][to_string(status)] = count;
  if (!side.reason.empty()) one["reason"] = side.reason;
  if (!side.choices.empty()) one["choices"] = side.choices;
  return one;
}

Json test_json(const TestedRatio& test) {
  return {
      {"mean_ratio", test.ratio()}, {"interval", interval_json(test.interval())}, {"p", test.p}};
}

Json row_json(const ComparedRow& row) {
  Json one{{"key", to_string(row.key)},       {"name", row.name},
           {"processor", row.key.processor},  {"processor_id", row.processor_id},
           {"quantity", row.quantity},        {"first", side_json(row.first)},
           {"second", side_json(row.second)}, {"change", to_string(row.change)}};
  if (row.ratio() > 0) one["speed_ratio"] = row.ratio();
  if (row.tested) one["tested"] = test_json(*row.tested);
  if (row.undisturbed) one["undisturbed"] = test_json(*row.undisturbed);
  if (row.deciding()) {
    one["judged"] = {{"by", row.by_undisturbed ? "undisturbed" : "tested"},
                     {"q", row.judged.q},
                     {"smallest_change_shown", row.judged.excluded}};
  }
  if (row.resampled) {
    one["resampled"] = {{"ratio", row.resampled->ratio},
                        {"percentile", interval_json(row.resampled->percentile)},
                        {"bca", interval_json(row.resampled->bca)},
                        {"within_run", !row.tested}};
  }
  if (!row.findings.empty()) one["findings"] = row.findings;
  return one;
}

Json unpaired_json(const std::vector<Unpaired>& rows) {
  Json all = Json::array();
  for (const Unpaired& one : rows) {
    all.push_back({{"key", to_string(one.key)}, {"reason", one.reason}});
  }
  return all;
}

std::string change_title(Change change) {
  std::string title = to_string(change);
  title[0] = static_cast<char>(std::toupper(title[0]));
  return title;
}

/// A row's name above its figures: cut names would tell nothing apart.
std::string rows_text(const Table& table, const std::string& title) {
  if (table.rows.empty()) return "";
  constexpr std::size_t wide[] = {14, 14, 14, 8, 8, 8, 9};  // on, A, B, B/A, from, to, sees
  constexpr std::size_t column[] = {1, 2, 3, 4, 5, 6, 8};
  std::string text = left(title, 2 + wide[0]);
  for (std::size_t i = 1; i < std::size(wide); ++i) {
    text += right(table.columns[column[i]].title, wide[i]);
  }
  text += "\n";
  std::string last;
  for (const auto& row : table.rows) {
    if (row[0].text != last) text += wrapped(one_line(row[0].text), 80, 4);
    last = row[0].text;
    text += "  " + left(row[1].text, wide[0]);
    for (std::size_t i = 1; i < std::size(wide); ++i) text += right(row[column[i]].text, wide[i]);
    text += "\n";
  }
  return text + "\n";
}

/// Without its last rows where it would be longer than `most_bytes`.
std::string bounded_markdown(Table table, std::size_t most_bytes) {
  std::string text = markdown_text(table);
  std::size_t left_out = 0;
  while (text.size() > most_bytes && !table.rows.empty()) {
    const std::size_t kept = table.rows.size() / 2;
    left_out += table.rows.size() - kept;
    table.rows.resize(kept);
    text = markdown_text(table);
  }
  return left_out == 0 ? text : text + fmt::format("... and {} more rows.\n\n", left_out);
}

/// As the last member of a document, a row a line: all of 100,000 rows at once would take half a
/// gigabyte.
std::string with_rows(const Json& document, const std::vector<ComparedRow>& rows) {
  std::string text = document.dump(1, ' ', false, Json::error_handler_t::replace);
  text.resize(text.size() - 2);  // its end: a newline and a brace
  text += ",\n \"rows\": [";
  for (const ComparedRow& row : rows) {
    text += &row == &rows.front() ? "\n  " : ",\n  ";
    text += row_json(row).dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  return text + "\n ]\n}\n";
}

}  // namespace

Table comparison_table(const Comparison& comparison, const std::vector<Change>& which) {
  Table table;
  table.columns = {{"case", false, "case"},
                   {"on", false, "processor"},
                   {"A", true, "first"},
                   {"B", true, "second"},
                   {"B/A", true, "speed_ratio"},
                   {"from", true, "ratio_low"},
                   {"to", true, "ratio_high"},
                   {"q", true, "q"},
                   {"sees", true, "smallest_change_shown"},
                   {"verdict", false, "change"},
                   {"note", false, "note"}};
  std::vector<const ComparedRow*> rows;
  for (const ComparedRow& row : comparison.rows) {
    if (std::find(which.begin(), which.end(), row.change) != which.end()) rows.push_back(&row);
  }
  std::stable_sort(rows.begin(), rows.end(), [](const ComparedRow* a, const ComparedRow* b) {
    return distance(*a) > distance(*b);
  });
  for (const ComparedRow* row : rows) table.rows.push_back(cells(*row));
  return table;
}

Table unsound_table(const Comparison& comparison) {
  Table table;
  table.title = "Rows without a verdict";
  table.columns = {{"case", false, "case"}, {"on", false, "processor"}, {"why", false, "reason"}};
  for (const ComparedRow& row : comparison.rows) {
    const std::string first = trouble(row.first, "A"), second = trouble(row.second, "B");
    const std::string both = first + (first.empty() || second.empty() ? "" : "; ") + second;
    if (!both.empty()) table.rows.push_back({row.name, row.key.processor, both});
  }
  for (const auto& [side, rows] :
       {std::pair("A", &comparison.only_first), {"B", &comparison.only_second}}) {
    for (const Unpaired& one : *rows) {
      table.rows.push_back(
          {one.name, one.key.processor,
           fmt::format("only in {}{}", side, one.reason.empty() ? "" : ": " + one.reason)});
    }
  }
  return table;
}

Table difference_table(const Comparison& comparison) {
  Table table;
  table.title = "What else differs";
  table.columns = {{"what", false, ""}, {"A", false, "first"}, {"B", false, "second"}};
  for (const ContextDifference& one : comparison.differences) {
    table.rows.push_back({one.what, one.first, one.second});
  }
  for (const ComparedRow& row : comparison.rows) {
    if (row.first.choices == row.second.choices) continue;
    table.rows.push_back({"choice in " + row.name + " on " + row.key.processor,
                          choices_text(row.first.choices), choices_text(row.second.choices)});
  }
  return table;
}

std::string headline(const Comparison& comparison) {
  std::string text;
  for (const Change change : by_weight) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", comparison.count(change),
                        to_string(change));
  }
  if (!comparison.only_first.empty()) {
    text += fmt::format(", {} only in A", comparison.only_first.size());
  }
  if (!comparison.only_second.empty()) {
    text += fmt::format(", {} only in B", comparison.only_second.size());
  }
  text += ".\n";
  for (const GroupMean& mean : comparison.means) {
    text += fmt::format("{}: B is {:.3f} times as fast", mean.group, mean.ratio);
    text += mean.interval
                ? fmt::format(" ({:.3f} to {:.3f})", mean.interval->low, mean.interval->high)
                : std::string(" (one process: no interval)");
    text += fmt::format(", geometric mean of {} rows.\n", mean.rows);
  }
  return text;
}

std::string comparison_text(const Comparison& comparison, bool all) {
  std::string text = headline(comparison) + "\n" + wrapped(basis(comparison)) + "\n";
  for (const Change change : by_weight) {
    if (change == Change::same && !all) continue;
    text += rows_text(comparison_table(comparison, {change}), change_title(change));
  }
  text += terminal_text(unsound_table(comparison));
  return trimmed(text + terminal_text(difference_table(comparison)));
}

std::string comparison_markdown(const Comparison& comparison, std::size_t most_bytes) {
  std::string text = markdown(headline(comparison)) + "\n\n";
  const std::size_t part = most_bytes / 8;
  for (const Change change : by_weight) {
    Table table = comparison_table(comparison, {change});
    if (table.rows.empty()) continue;
    const std::string title = fmt::format("{} ({})", change_title(change), table.rows.size());
    const bool folded = change != Change::slower;
    text += folded ? fmt::format("<details><summary>{}</summary>\n\n", title)
                   : fmt::format("### {}\n\n", title);
    text += bounded_markdown(std::move(table), part);
    if (folded) text += "</details>\n\n";
  }
  for (Table table : {unsound_table(comparison), difference_table(comparison)}) {
    if (table.rows.empty()) continue;
    text += fmt::format("<details><summary>{} ({})</summary>\n\n", table.title, table.rows.size());
    table.title.clear();
    text += bounded_markdown(std::move(table), part) + "</details>\n\n";
  }
  return text + markdown(basis(comparison)) + "\n";
}

std::string comparison_csv(const Comparison& comparison) {
  return csv_text(comparison_table(comparison, by_weight));
}

std::string comparison_json(const Comparison& comparison) {
  Json document{{"paired", comparison.paired},
                {"margin", comparison.limits.margin},
                {"resolution", comparison.limits.resolution},
                {"false_share", comparison.limits.false_share}};
  for (const Change change : by_weight) {
    document["counts"][to_string(change)] = comparison.count(change);
  }
  document["differences"] = Json::array();
  for (const ContextDifference& one : comparison.differences) {
    document["differences"].push_back(
        {{"what", one.what}, {"first", one.first}, {"second", one.second}});
  }
  document["geometric_means"] = Json::array();
  for (const GroupMean& mean : comparison.means) {
    document["geometric_means"].push_back({{"group", mean.group},
                                           {"rows", mean.rows},
                                           {"speed_ratio", mean.ratio},
                                           {"interval", interval_json(mean.interval)}});
  }
  document["only_first"] = unpaired_json(comparison.only_first);
  document["only_second"] = unpaired_json(comparison.only_second);
  return with_rows(document, comparison.rows);
}

}  // namespace motley::analysis
