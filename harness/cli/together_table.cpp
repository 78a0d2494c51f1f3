#include "harness/cli/together_table.hpp"

#include <cstdio>
#include <fmt/format.h>

#include "analysis/text.hpp"
#include "harness/statistics.hpp"

namespace motley::cli {
namespace {

using analysis::left;
using analysis::right;
using analysis::seconds_text;

constexpr std::size_t name_columns = 34;

double figure(const schema::Block& block, const std::string& name) {
  const auto found = block.figures.find(name);
  return found == block.figures.end() ? 0 : found->second;
}

std::string share(const schema::Block& block, const std::string& name) {
  return block.figures.contains(name) ? fmt::format("{:.2f}", figure(block, name)) : "-";
}

/// The one parameter that divisions of a command differ in, and how they synchronise.
std::string name_of(const schema::Block& block) {
  std::string text;
  for (const char* axis : {"split", "placement", "cut", "batch_ratio"}) {
    const auto found = block.key.parameters.find(axis);
    if (found != block.key.parameters.end()) {
      text = std::string(axis) + " " + schema::to_string(found->second);
    }
  }
  return text;
}

double together_seconds(const schema::Block& block) {
  const double period = figure(block, "period_seconds");
  return period > 0 ? period : median(block.samples.host_seconds);
}

/// Its end tells divisions apart.
std::string row_name(const schema::Block& block) {
  std::string text = name_of(block);
  constexpr std::size_t columns = name_columns - 3;
  if (text.size() > columns) text = ".." + text.substr(text.size() - columns + 2);
  return left("  " + text, name_columns);
}

void print_heading(const schema::Block& block) {
  fmt::print("\n{}", analysis::wrapped(schema::to_string(block.key.parameters.at("model")) +
                                       " on " + block.key.processor));
  fmt::print("{}{}{}{}{}{}\n", left("  division", name_columns), right("together", 10),
             right("gain", 7), right("of both", 9), right("overlap", 9), right("error", 10));
}

void print_places(const schema::Block& block) {
  for (const auto& [place, parts] : block.timeline) {
    if (place == "counts") continue;
    std::string text = "    " + place + ":";
    for (const auto& [what, seconds] : parts) {
      if (seconds > 0) text += fmt::format(" {} {},", what, seconds_text(seconds));
    }
    text.pop_back();
    const auto counts = block.timeline.find("counts");
    if (counts != block.timeline.end()) {
      const auto bytes = counts->second.find(place + " transferred_bytes");
      if (bytes != counts->second.end() && bytes->second > 0) {
        text += fmt::format("; {} in {:.0f} transfers", analysis::bytes_text(bytes->second),
                            counts->second.at(place + " transfers"));
      }
    }
    fmt::print("{}", analysis::wrapped(text, 80, 6));
  }
}

}  // namespace

void print_division(const schema::Block& block, bool first) {
  if (first) print_heading(block);
  if (block.status != schema::Status::ok) {
    fmt::print("{}", analysis::wrapped("  " + name_of(block) + ": " + to_string(block.status) +
                                           ": " + analysis::one_line(block.reason),
                                       80, 4));
    return;
  }
  fmt::print("{}{}{}{}{}{}\n", row_name(block), right(seconds_text(together_seconds(block)), 10),
             right(share(block, "gain"), 7), right(share(block, "share_of_concurrent_sum"), 9),
             right(share(block, "overlap_share"), 9),
             right(block.check ? fmt::format("{:.1e}", block.check->error) : "-", 10));
  std::fflush(stdout);
}

void print_best(const std::vector<schema::Block>& blocks) {
  const schema::Block* best = nullptr;
  for (const schema::Block& one : blocks) {
    if (one.status != schema::Status::ok) continue;
    if (!best || figure(one, "gain") > figure(*best, "gain")) best = &one;
  }
  if (!best) return;
  std::string alone = "  alone:";
  for (const auto& [name, seconds] : best->figures) {
    if (name.starts_with("alone_seconds/")) {
      alone += fmt::format(" {} {},", name.substr(14), seconds_text(seconds));
    }
  }
  alone.pop_back();
  fmt::print("{}", analysis::wrapped(alone, 80, 4));
  fmt::print("{}",
             analysis::wrapped(fmt::format("  best: {}, {:.2f} times as fast as {} alone",
                                           name_of(*best), figure(*best, "gain"),
                                           std::get<std::string>(best->details.at("best_alone"))),
                               80, 4));
  const double whole = figure(*best, "profiled_makespan_seconds");
  if (whole > 0) fmt::print("  where its {} go, profiled:\n", seconds_text(whole));
  print_places(*best);
}

}  // namespace motley::cli
