#include "analysis/together_text.hpp"

#include <fmt/format.h>

#include "analysis/fallback_fit.hpp"
#include "analysis/statistics.hpp"
#include "analysis/text.hpp"

namespace motley::analysis {
namespace {

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

std::string places_text(const schema::Block& block) {
  std::string all;
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
        text += fmt::format("; {} in {:.0f} transfers", bytes_text(bytes->second),
                            counts->second.at(place + " transfers"));
      }
    }
    all += wrapped(text, 80, 6);
  }
  return all;
}

}  // namespace

bool is_division(const schema::Block& block) {
  return !name_of(block).empty();
}

std::string division_heading(const schema::Block& block) {
  const auto way = block.key.parameters.find("synchronisation");
  const auto model = block.key.parameters.find("model");
  return "\n" +
         wrapped((model == block.key.parameters.end() ? "a network"
                                                      : schema::to_string(model->second)) +
                 (block.key.case_name.ends_with("/training") ? " in training on " : " on ") +
                 block.key.processor +
                 (way == block.key.parameters.end() ? "" : ", " + schema::to_string(way->second))) +
         left("  division", name_columns) + right("together", 10) + right("gain", 7) +
         right("of both", 9) + right("overlap", 9) + right("error", 10) + "\n";
}

std::string division_row(const schema::Block& block) {
  if (block.status != schema::Status::ok) {
    return wrapped(
        "  " + name_of(block) + ": " + to_string(block.status) + ": " + one_line(block.reason), 80,
        4);
  }
  return row_name(block) + right(seconds_text(together_seconds(block)), 10) +
         right(share(block, "gain"), 7) + right(share(block, "share_of_concurrent_sum"), 9) +
         right(share(block, "overlap_share"), 9) +
         right(block.check ? fmt::format("{:.1e}", block.check->error) : "-", 10) + "\n";
}

std::string best_division(const std::vector<schema::Block>& blocks) {
  const schema::Block* best = nullptr;
  for (const schema::Block& one : blocks) {
    if (one.status != schema::Status::ok) continue;
    if (!best || figure(one, "gain") > figure(*best, "gain")) best = &one;
  }
  if (!best) return "";
  std::string alone = "  alone:";
  for (const auto& [name, seconds] : best->figures) {
    if (name.starts_with("alone_seconds/")) {
      alone += fmt::format(" {} {},", name.substr(14), seconds_text(seconds));
    }
  }
  alone.pop_back();
  const double whole = figure(*best, "profiled_makespan_seconds");
  const auto best_alone = best->details.find("best_alone");
  return wrapped(alone, 80, 4) +
         wrapped(fmt::format("  best: {}, {:.2f} times as fast as {} alone", name_of(*best),
                             figure(*best, "gain"),
                             best_alone == best->details.end()
                                 ? "the best"
                                 : std::get<std::string>(best_alone->second)),
                 80, 4) +
         (whole > 0 ? fmt::format("  where its {} go, profiled:\n", seconds_text(whole)) : "") +
         places_text(*best) + fallback_text(blocks);
}

std::string division_tables(const schema::Log& log) {
  std::vector<std::pair<std::string, std::vector<schema::Block>>> groups;
  for (const schema::Block& block : log.blocks) {
    if (!is_division(block)) continue;
    const std::string heading = division_heading(block);
    if (groups.empty() || groups.back().first != heading) groups.push_back({heading, {}});
    groups.back().second.push_back(block);
  }
  std::string text;
  for (const auto& [heading, blocks] : groups) {
    text += heading;
    for (const schema::Block& block : blocks) text += division_row(block);
    text += best_division(blocks);
  }
  return text;
}

}  // namespace motley::analysis
