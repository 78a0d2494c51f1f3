// Two runs: how much did headline figures move, and did findings warn of it?
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "analysis/statistics.hpp"
#include "analysis/text.hpp"
#include "analysis/trust.hpp"

namespace motley::analysis {
namespace {

constexpr double some = 0.04, far = 0.10;
constexpr std::size_t rows_listed = 20;

void count(Moves& moves, double moved, bool with_finding, bool marked) {
  moves.moved.push_back(moved);
  moves.some += moved > some ? 1 : 0;
  moves.with_finding += with_finding ? 1 : 0;
  moves.marked += marked ? 1 : 0;
  if (moved <= far) return;
  ++moves.far;
  moves.far_with_finding += with_finding ? 1 : 0;
  moves.far_marked += marked ? 1 : 0;
}

Moves& family_of_name(Repeatability& result, const std::string& name) {
  const auto found = std::find_if(result.families.begin(), result.families.end(),
                                  [&](const Moves& one) { return one.family == name; });
  if (found != result.families.end()) return *found;
  result.families.push_back({name, {}});
  return result.families.back();
}

double moved_by(const MovedRow& row) {
  return std::abs(row.second / row.first - 1);
}

/// Why these runs must not be compared, or may be but with care; empty where nothing is known.
std::string caution(const schema::Log& first, const schema::Log& second) {
  std::string text;
  if (first.runs.empty() || second.runs.empty()) return text;
  const schema::Run &a = first.runs.back(), &b = second.runs.back();
  if (is_emulated(first) || is_emulated(second))
    text += "! Emulated delays: these are not the device's figures.\n";
  if (a.device.id != b.device.id) text += "! Two different devices, not two runs of one.\n";
  if (a.commit != b.commit || a.dirty || b.dirty) {
    text += "! Not surely the same program: other commits or uncommitted changes.\n";
  }
  return text;
}

std::string share(int part, std::size_t whole) {
  return whole == 0 ? "-" : fmt::format("{:.0f} %", 100.0 * part / static_cast<double>(whole));
}

std::string line_of(const Moves& moves) {
  const std::size_t rows = moves.moved.size();
  const auto far_rows = static_cast<std::size_t>(moves.far);
  return fmt::format("{:<11}{:>5}{:>7.1f} %{:>7.1f} %{:>7}{:>7}{:>8}{:>8}{:>8}{:>8}\n",
                     moves.family, rows, 100 * median(moves.moved),
                     100 * quantile(moves.moved, 0.9), moves.some, moves.far,
                     share(moves.far_with_finding, far_rows), share(moves.with_finding, rows),
                     share(moves.far_marked, far_rows), share(moves.marked, rows));
}

std::string listed(const Repeatability& result) {
  if (result.far.empty()) return "";
  std::string text = "\nRows that moved by more than 10 %, farthest first:\n";
  for (std::size_t i = 0; i < std::min(result.far.size(), rows_listed); ++i) {
    const MovedRow& row = result.far[i];
    std::string findings;
    for (const std::string& kind : row.findings) findings += (findings.empty() ? "" : " ") + kind;
    text += left(fmt::format("  {:+.0f} %", 100 * (row.second / row.first - 1)), 9) +
            left(row.processor, 10) + " " + left(row.name, 34) + " " + clipped(findings, 25) + "\n";
  }
  if (result.far.size() > rows_listed) {
    text += fmt::format("  and {} more\n", result.far.size() - rows_listed);
  }
  return text;
}

}  // namespace

Repeatability repeat(const schema::Log& whole_first, const schema::Log& whole_second) {
  const schema::Log first = undisturbed(whole_first), second = undisturbed(whole_second);
  const std::vector<Measurement> all_first = measurements(first), all_second = measurements(second);
  const Levels levels = memory_levels(all_first);
  const std::vector<Headline> before = headlines(first, all_first, levels);
  const std::vector<Headline> after = headlines(second, all_second, levels);
  Repeatability result;
  result.all.family = "all";
  std::size_t matched = 0;
  for (const Headline& one : after) {
    const auto other = std::find_if(before.begin(), before.end(), [&](const Headline& it) {
      return it.processor == one.processor && it.revision == one.revision &&
             it.name() == one.name();
    });
    if (other == before.end() || !(other->value > 0) || !(one.value > 0)) continue;
    ++matched;
    MovedRow row{one.name(), one.processor, other->value, one.value, one.findings};
    row.findings.insert(other->findings.begin(), other->findings.end());
    const bool marked = one.disturbed || other->disturbed;
    for (Moves* moves : {&family_of_name(result, one.family()), &result.all}) {
      count(*moves, moved_by(row), !row.findings.empty(), marked);
    }
    if (moved_by(row) > far) result.far.push_back(std::move(row));
  }
  result.unmatched = before.size() + after.size() - 2 * matched;
  std::sort(result.far.begin(), result.far.end(),
            [](const MovedRow& a, const MovedRow& b) { return moved_by(a) > moved_by(b); });
  return result;
}

std::string repeatability(const schema::Log& first, const schema::Log& second) {
  const Repeatability result = repeat(first, second);
  std::string text = caution(first, second);
  if (result.families.empty()) return text + "The two runs have no headline in common.\n";
  text += fmt::format(
      "Between two runs half of {} headlines moved by {:.1f} % or more, one in ten\n"
      "by {:.1f} % or more.\n\n",
      result.all.moved.size(), 100 * median(result.all.moved),
      100 * quantile(result.all.moved, 0.9));
  text += fmt::format("{:<11}{:>5}{:>15}{:>14}{:>18}{:>16}\n", "", "", "|r - 1|", "rows over",
                      "with finding", "marked ~");
  text += fmt::format("{:<11}{:>5}{:>9}{:>9}{:>7}{:>7}{:>8}{:>8}{:>8}{:>8}\n", "family", "rows",
                      "median", "90th", "4 %", "10 %", "10 %", "all", "10 %", "all");
  for (const Moves& moves : result.families) text += line_of(moves);
  text += line_of(result.all) +
          "\nwith finding, marked: share of the rows that moved by more than 10 % and of all\n"
          "rows; only what is more frequent among the former warns of a move.\n" +
          listed(result);
  if (result.unmatched > 0) {
    text += fmt::format("\nHeadlines that only one of the runs has: {}.\n", result.unmatched);
  }
  return text;
}

}  // namespace motley::analysis
