#include "analysis/report/section.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>

namespace motley::analysis::report {
namespace {

std::map<int, SectionRegistration::Make>& registered() {
  static std::map<int, SectionRegistration::Make> all;
  return all;
}

Source source_of(schema::Log log) {
  Source source;
  source.log = std::move(log);
  source.quiet = undisturbed(source.log);
  source.measurements = measurements(source.quiet);
  source.levels = memory_levels(source.measurements);
  source.headlines = headlines(source.quiet, source.measurements, source.levels);
  source.emulated = is_emulated(source.log);
  for (std::size_t i = 0; i < source.quiet.blocks.size(); ++i) {
    const schema::Block& block = source.quiet.blocks[i];
    if (block.status == schema::Status::ok) source.last_ok[to_string(block.key)] = i;
  }
  source.explanations = explain(source.quiet);
  for (std::size_t i = 0; i < source.explanations.networks.size(); ++i) {
    Explanation& one = source.explanations.networks[i];
    if (one.block) source.explained[to_string(one.block->key)] = i;
    one.block = nullptr;  // sources are moved
  }
  for (const schema::Block& block : source.log.blocks) {
    const std::string& id = block.key.processor;
    if (std::find(source.processors.begin(), source.processors.end(), id) ==
        source.processors.end()) {
      source.processors.push_back(id);
    }
  }
  return source;
}

/// What may tell two sources apart, the shortest first.
std::vector<std::string> labels_of(const Source& source) {
  if (source.log.runs.empty()) return {"unknown device"};
  const schema::Run& run = source.log.runs.back();
  const std::string device = run.device.name.empty() ? "unnamed device" : run.device.name;
  const std::string emulated = source.emulated ? " (emulated)" : "";
  const std::string commit =
      device + emulated + " at " + run.commit.substr(0, 10) + (run.dirty ? " + changes" : "");
  return {device + emulated, commit, commit + " " + run.exec_context + ", device " + run.device.id};
}

void name(std::vector<Source>& sources) {
  for (std::size_t wording = 0; wording < 3; ++wording) {
    std::set<std::string> seen;
    for (Source& source : sources) {
      const auto labels = labels_of(source);
      source.label = labels[std::min(wording, labels.size() - 1)];
      seen.insert(source.label);
    }
    if (seen.size() == sources.size()) return;
  }
  std::size_t number = 1;
  for (Source& source : sources) source.label += fmt::format(" [{}]", number++);
}

}  // namespace

std::string Source::kind_of(const std::string& processor) const {
  for (const schema::Run& run : log.runs) {
    for (const schema::Processor& one : run.processors) {
      if (one.id == processor) return one.kind;
    }
  }
  return "";
}

std::vector<schema::Processor> Source::described_processors() const {
  std::vector<schema::Processor> all;
  for (const schema::Run& run : log.runs) {
    for (const schema::Processor& one : run.processors) {
      const bool is_known = std::any_of(all.begin(), all.end(), [&](const auto& other) {
        return other.id == one.id && other.stable_id == one.stable_id;
      });
      if (!is_known) all.push_back(one);
    }
  }
  return all;
}

const schema::Block* Source::block_of(const schema::Key& key) const {
  const auto found = last_ok.find(to_string(key));
  return found == last_ok.end() ? nullptr : &quiet.blocks[found->second];
}

const Explanation* Source::explanation_of(const schema::Key& key) const {
  const auto found = explained.find(to_string(key));
  return found == explained.end() ? nullptr : &explanations.networks[found->second];
}

Unit unit_of(schema::Metric metric) {
  switch (metric) {
    case schema::Metric::flops_per_second:
      return Unit::flops_per_second;
    case schema::Metric::bytes_per_second:
      return Unit::bytes_per_second;
    case schema::Metric::seconds_per_operation:
      return Unit::seconds;
    case schema::Metric::operations_per_second:
      break;
  }
  return Unit::per_second;
}

std::vector<Source> sources_of(std::vector<schema::Log> logs) {
  std::vector<Source> sources;
  for (schema::Log& log : logs) sources.push_back(source_of(std::move(log)));
  name(sources);
  return sources;
}

SectionRegistration::SectionRegistration(int place, Make make) {
  registered().emplace(place, make);
}

std::vector<Section> sections_of(const std::vector<Source>& sources) {
  std::vector<Section> all;
  for (const auto& [place, make] : registered()) all.push_back(make(sources));
  return all;
}

}  // namespace motley::analysis::report
