// What queries met, and what loads did to the workloads beside them.
#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <set>

#include "analysis/case_names.hpp"
#include "analysis/interference.hpp"
#include "analysis/statistics.hpp"
#include "analysis/summary_tables.hpp"
#include "analysis/text.hpp"

namespace motley::analysis {
namespace {

constexpr std::size_t name_columns = 22, alone_columns = 9, cell_columns = 17, loads_a_table = 3;

std::string cell(const Slowdown& one) {
  if (one.pairs == 0)
    return one.without.empty() ? "-" : one.without.substr(0, one.without.find(':'));
  if (!one.interval) return fmt::format("{:.2f}", one.ratio);
  return fmt::format("{:.2f} {:.2f}-{:.2f}", one.ratio, one.interval->first, one.interval->second);
}

/// a to z, then aa, ab ...
std::string letters(std::size_t i) {
  constexpr std::size_t all = 26;
  return (i < all ? "" : letters(i / all - 1)) + static_cast<char>('a' + i % all);
}

/// Levels of each load as medians over its blocks, and why they are not what was asked.
std::string level_lines(const schema::Log& log, const std::string& load,
                        const std::string& letter) {
  std::map<std::string, std::map<std::string, std::vector<double>>> achieved, alone;
  std::map<std::string, std::set<std::string>> places, reasons;
  for (const schema::Block& block : log.blocks) {
    if (block.key.load != load) continue;
    for (const schema::LoadLevel& level : block.loads) {
      for (const auto& [name, value] : level.achieved) achieved[level.load][name].push_back(value);
      for (const auto& [name, value] : level.alone) alone[level.load][name].push_back(value);
      if (!level.processor.empty()) places[level.load].insert(level.processor);
      if (!level.reason.empty()) reasons[level.load].insert(level.reason);
    }
  }
  std::string text = fmt::format("  {}  {}\n", letter, load);
  for (const auto& [name, levels] : achieved) {
    std::string line = "     ";
    for (const std::string& place : places[name]) line += "on " + place + ": ";
    for (const auto& [quantity, values] : levels) {
      const double level = median(values);
      if (level == 0) continue;
      line += quantity_text(quantity, level);
      const auto before = alone[name].find(quantity);
      if (before != alone[name].end()) {
        line += fmt::format(" ({:.2f} of alone)", level / median(before->second));
      }
      line += ", ";
    }
    line.resize(line.size() - 2);
    text += wrapped(line, 80, 5);
    const std::set<std::string>& why = reasons[name];
    if (why.empty()) continue;
    const std::string others =
        why.size() > 1 ? fmt::format(" ({} more alike)", why.size() - 1) : "";
    text += wrapped("     " + *why.begin() + others, 80, 5);
  }
  return text;
}

/// A name in its column, or above it where it is too long to tell rows apart.
std::string own_line(const std::string& name) {
  if (columns(name) + 3 <= name_columns) return left("  " + name, name_columns);
  return clipped("  " + name, 80) + "\n" + left("", name_columns);
}

std::string matrix_part(const InterferenceMatrix& matrix, const CaseNames& names,
                        std::size_t begin) {
  const std::size_t end = std::min(begin + loads_a_table, matrix.loads.size());
  std::string text = left("  slowdown", name_columns) + right("alone", alone_columns);
  for (std::size_t i = begin; i < end; ++i) {
    text += right(letters(i), i == begin ? 10 : cell_columns);
  }
  text += "\n";
  std::string scenario = names.scenario();
  for (const InterferenceRow& row : matrix.rows) {
    if (row.key.scenario != scenario) text += clipped("  under " + row.key.scenario, 80) + "\n";
    scenario = row.key.scenario;
    text += own_line(names.name(row.key)) +
            right(row.alone_seconds > 0 ? seconds_text(row.alone_seconds) : "-", alone_columns);
    for (std::size_t i = begin; i < end; ++i) {
      text += left("", i == begin ? 2 : 1) + left(cell(row.slowdowns[i]), cell_columns - 2);
    }
    text += "\n";
  }
  text += left("  ranking (Kendall's tau)", name_columns + alone_columns);
  for (std::size_t i = begin; i < end; ++i) {
    const auto& tau = matrix.rank_correlations[i];
    text += left("", i == begin ? 2 : 1) +
            left(tau ? fmt::format("{:.2f}", *tau) : "-", cell_columns - 2);
  }
  return text + "\n";
}

/// What some scenarios ask for beside latency.
constexpr const char* headlines[] = {
    "peak_queries_per_second", "knee_queries_per_second", "steady_queries_per_second",
    "deadline_miss_ratio",     "drain_seconds",           "samples_per_second"};

/// As the scenario concluded, which knows which of its queries count.
std::string query_row(const schema::Block& block) {
  const auto figure = [&](const char* name) {
    const auto found = block.figures.find(name);
    return found == block.figures.end() ? std::optional<double>() : found->second;
  };
  const auto rate = figure("queries_per_second");
  std::string text =
      left("    " + block.key.scenario, 40) + right(rate ? three_digits(*rate) : "-", 9);
  for (const char* name : {"latency_p50_seconds", "latency_p90_seconds", "latency_p99_seconds"}) {
    const auto latency = figure(name);
    text += right(latency ? seconds_text(*latency) : "-", 9);
  }
  for (const char* name : headlines) {
    const auto headline = figure(name);
    const bool said = std::string(name) == "samples_per_second" && headline == rate;
    if (headline && !said) text += "\n      " + quantity_text(name, *headline);
  }
  text += "\n";
  if (block.key.load != "none") text += wrapped("      beside " + block.key.load, 80, 8);
  if (!block.validity || block.validity->verdict == "valid") return text;
  std::string why = "      " + block.validity->verdict + ":";
  for (const std::string& reason : block.validity->reasons) why += " " + reason;
  return text + wrapped(why, 80, 8);
}

}  // namespace

std::string query_table(const schema::Log& log) {
  CaseNames names;
  std::vector<const schema::Block*> queried;
  for (const schema::Block& block : log.blocks) {
    if (!block.validity) continue;
    names.add(block.key);
    queried.push_back(&block);
  }
  if (queried.empty()) return "";
  std::stable_sort(queried.begin(), queried.end(), [&](const auto* a, const auto* b) {
    return names.name(a->key) < names.name(b->key);
  });
  std::string text = "\n" + left("Queries, latency", 40) + right("per s", 9) + right("p50", 9) +
                     right("p90", 9) + right("p99", 9) + "\n";
  std::string last;
  for (const schema::Block* block : queried) {
    const std::string name = names.name(block->key);
    if (name != last) text += clipped("  " + name, 80) + "\n";
    last = name;
    text += query_row(*block);
  }
  return text;
}

std::string interference_table(const schema::Log& log) {
  const InterferenceMatrix matrix = interference(log);
  if (matrix.rows.empty()) return "";
  CaseNames names;
  for (const InterferenceRow& row : matrix.rows) names.add(row.key);
  std::string text =
      "\n" + wrapped(fmt::format("Interference{}: time beside a load / time alone, medians over "
                                 "blocks of the same round (95 % interval of that median)",
                                 names.processor().empty() ? "" : " on " + names.processor()));
  for (std::size_t begin = 0; begin < matrix.loads.size(); begin += loads_a_table) {
    text += matrix_part(matrix, names, begin);
  }
  for (std::size_t i = 0; i < matrix.loads.size(); ++i) {
    text += level_lines(log, matrix.loads[i], letters(i));
  }
  std::set<std::string> said;
  for (const InterferenceRow& row : matrix.rows) {
    for (const Slowdown& one : row.slowdowns) {
      if (one.pairs == 0 && !one.without.empty() && said.insert(one.without).second) {
        text += wrapped("  " + one_line(one.without), 80, 4);
      }
    }
  }
  return text;
}

}  // namespace motley::analysis
