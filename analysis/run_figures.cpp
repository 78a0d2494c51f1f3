#include "analysis/run_figures.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "analysis/measurement.hpp"

namespace motley::analysis {
namespace {

/// Of a scenario's figures, those that answer its question.
constexpr std::array<const char*, 6> scenario_answers{
    "latency_p50_seconds",     "latency_p90_seconds",     "latency_p99_seconds",
    "peak_queries_per_second", "knee_queries_per_second", "steady_queries_per_second"};

int direction_of(const schema::Block& block, const std::string& quantity) {
  return block.validity ? (quantity.ends_with("_per_second") ? 1 : -1) : direction(block.metric);
}

/// A scenario's invalid answer is none.
schema::Status status_of(const schema::Block& block) {
  const bool invalid = block.validity && block.validity->verdict == "invalid";
  return block.status == schema::Status::ok && invalid ? schema::Status::suspect : block.status;
}

double better(const Figures& known, double other) {
  if (known.fastest == 0 || other == 0) return std::max(known.fastest, other);
  return known.direction > 0 ? std::max(known.fastest, other) : std::min(known.fastest, other);
}

std::string reason_of(const schema::Block& block) {
  if (!block.reason.empty() || !block.validity || block.validity->reasons.empty())
    return block.reason;
  return "invalid: " + block.validity->reasons.front();
}

/// What was chosen, not asked for: with `auto`, the implementation; of a search, the axes in which
/// its candidates differ.
std::set<std::string> selected_axes(const schema::Block& block) {
  std::set<std::string> axes;
  if (block.selected_by == "auto") axes.insert("implementation");
  for (const schema::Candidate& one : block.search) {
    for (const auto& [axis, value] : one.parameters) {
      const auto chosen = block.key.parameters.find(axis);
      if (chosen != block.key.parameters.end() && chosen->second != value) axes.insert(axis);
    }
  }
  return axes;
}

}  // namespace

Rounds Figures::rounds() const {
  Rounds all;
  for (const auto& [process, of_process] : values) all.push_back(of_process);
  return all;
}

int MeasuredKey::count(schema::Status status) const {
  const auto found = blocks.find(status);
  return found == blocks.end() ? 0 : found->second;
}

bool RunFigures::emulated() const {
  return std::any_of(runs.begin(), runs.end(), [](const auto& run) { return run.emulated; });
}

bool RunFigures::complete() const {
  for (const std::size_t run : last_runs) {
    const auto end = std::find_if(ends.begin(), ends.end(),
                                  [&](const schema::End& one) { return one.run == run; });
    if (end == ends.end() || end->reason != "complete") return false;
  }
  return !last_runs.empty();
}

std::map<std::string, double> answers(const schema::Block& block) {
  std::map<std::string, double> found;
  if (!block.validity) {
    found[to_string(block.metric)] = figure(block);
    return found;
  }
  for (const char* name : scenario_answers) {
    const auto one = block.figures.find(name);
    if (one != block.figures.end()) found[name] = one->second;
  }
  return found;
}

void FigureReader::begin_file(const std::string& file) {
  figures_.files.push_back(file);
  first_run_ = figures_.runs.size();
}

int FigureReader::process_of(const schema::Block& block) {
  const auto next = static_cast<int>(processes_.size());
  return processes_.try_emplace({first_run_ + block.run, block.process}, next).first->second;
}

MeasuredKey& FigureReader::measured(const schema::Key& key) {
  const auto [place, is_new] = places_.try_emplace(to_string(key), figures_.keys.size());
  if (is_new) {
    figures_.keys.emplace_back();
    figures_.keys.back().key = key;
  }
  return figures_.keys[place->second];
}

void FigureReader::take(const schema::Run& run) {
  const std::string& file = figures_.files.back();
  for (const schema::Run& other : figures_.runs) {
    if (other.id == run.id) {
      throw schema::BadRecord(
          fmt::format("{} holds run {} again (its blocks would count twice). Give each run once.",
                      file, run.id));
    }
    if (other.device.id != run.device.id) {
      throw schema::BadRecord(fmt::format(
          "{} measured device {}, the runs before measured {} (one side is one device). Give the "
          "files of one device.",
          file, run.device.id, other.device.id));
    }
  }
  if (figures_.runs.size() > first_run_) figures_.last_runs.erase(figures_.runs.size() - 1);
  figures_.last_runs.insert(figures_.runs.size());
  figures_.runs.push_back(run);
}

void FigureReader::take(const schema::Block& block) {
  ++figures_.blocks;
  MeasuredKey& one = measured(block.key);
  const schema::Status status = status_of(block);
  ++one.blocks[status];
  if (status != schema::Status::ok && one.reason.empty()) one.reason = reason_of(block);
  for (const schema::Finding& finding : block.findings) {
    if (!is_of_the_run(finding.kind)) one.findings.insert(finding.kind);
  }
  one.selected.merge(selected_axes(block));
  if (block.selected_by == "search" && block.search.empty()) {
    searched_elsewhere_.insert(static_cast<std::size_t>(&one - figures_.keys.data()));
  }
  if (status != schema::Status::ok || block.samples.host_seconds.empty()) return;
  for (const auto& [quantity, value] : answers(block)) {
    Figures& of_quantity = one.figures[quantity];
    of_quantity.direction = direction_of(block, quantity);
    if (value <= 0) continue;
    of_quantity.values[process_of(block)].push_back(value);
    if (!block.validity) of_quantity.fastest = better(of_quantity, fastest_figure(block));
  }
}

void FigureReader::take(schema::Record record) {
  if (const auto* run = std::get_if<schema::Run>(&record)) take(*run);
  if (const auto* block = std::get_if<schema::Block>(&record)) take(*block);
  if (auto* end = std::get_if<schema::End>(&record)) {
    end->run += first_run_;
    figures_.ends.push_back(std::move(*end));
  }
}

RunFigures& FigureReader::figures() {
  std::map<std::string, std::set<std::string>> axes;  // of a case
  for (const MeasuredKey& one : figures_.keys) {
    axes[one.key.case_name].insert(one.selected.begin(), one.selected.end());
  }
  for (const std::size_t place : searched_elsewhere_) {
    MeasuredKey& one = figures_.keys[place];
    for (const std::string& axis : axes[one.key.case_name]) {
      if (one.key.parameters.contains(axis)) one.selected.insert(axis);
    }
  }
  return figures_;
}

RunFigures read_figures(const std::vector<std::string>& files, schema::CutLine cut) {
  FigureReader reader;
  for (const std::string& file : files) {
    reader.begin_file(file);
    schema::read_records(file, cut, schema::LongSamples::read,
                         [&reader](schema::Record record) { reader.take(std::move(record)); });
  }
  return std::move(reader.figures());
}

}  // namespace motley::analysis
