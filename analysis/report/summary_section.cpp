// What does a person see in the first five seconds? The machine, how far to trust it, its headline
// figures, and the sentence that matters.
#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <set>

#include "analysis/report/network_steps.hpp"
#include "analysis/statistics.hpp"
#include "analysis/text.hpp"

namespace motley::analysis::report {
namespace {

constexpr std::size_t most_sentences = 3;

const Headline* find(const Source& source, const std::string& processor,
                     const std::string& case_name) {
  const Headline* best = nullptr;
  for (const Headline& one : source.headlines) {
    if (one.processor != processor || one.case_name != case_name) continue;
    if (!best || direction(one.metric) * (one.value - best->value) > 0) best = &one;
  }
  return best;
}

/// Main memory: the last level of the curve.
const Headline* main_memory(const Source& source, const std::string& processor,
                            const std::string& family) {
  const Headline* last = nullptr;
  for (const Headline& one : source.headlines) {
    if (one.processor != processor || one.family() != family || !one.level) continue;
    const bool farther = !last || one.level->to_bytes > last->level->to_bytes;
    const bool as_far = last && one.level->to_bytes == last->level->to_bytes;
    if (farther || (as_far && direction(one.metric) * (one.value - last->value) > 0)) last = &one;
  }
  return last;
}

void add_tile(const std::string& label, const Headline* one, Part& part) {
  if (!one || !(one->value > 0)) return;
  std::string note = one->name();
  if (one->disturbed) note += " ~";
  part.tiles.push_back({label, unit_text(unit_of(one->metric), one->value), note});
}

/// All cores together and each other device; their parts are further down.
std::vector<std::string> shown_processors(const Source& source) {
  constexpr std::size_t most = 3;
  std::vector<std::string> shown;
  for (const std::string& id : source.processors) {
    const bool is_part = id.find_first_of("/+") != std::string::npos;
    if (id == "cpu" || (!id.starts_with("cpu") && !is_part)) shown.push_back(id);
  }
  if (shown.empty()) shown = source.processors;
  if (shown.size() > most) shown.resize(most);
  return shown;
}

void add_figures(const Source& source, std::vector<Part>& parts) {
  for (const std::string& id : shown_processors(source)) {
    Part part;
    part.title = id;
    add_tile("Peak fp32", find(source, id, "flops/fp32"), part);
    add_tile("Main memory", main_memory(source, id, "bandwidth"), part);
    add_tile("Memory latency", main_memory(source, id, "latency"), part);
    add_tile("Launch and wait", find(source, id, "launch/round_trip"), part);
    if (!part.tiles.empty()) parts.push_back(std::move(part));
  }
}

/// Of each network on what is no CPU core: its ratio to the CPU and why. Training first, then what
/// is farthest from the CPU; the usual residency before others, which are studies.
struct Said {
  std::string of;  ///< network and processor: one sentence each
  bool training = false, usual = false;
  double distance = 0;
  std::string text;
};

std::string sentence_of(const Source& source, const NetworkGroup& group, const NetworkStep& step) {
  const bool slower = step.ratio >= 1;
  std::string text = fmt::format("{}: {} takes {}, {} times {} the CPU.", group.name, who(step),
                                 unit_text(Unit::seconds, step.seconds),
                                 three_digits(slower ? step.ratio : 1 / step.ratio),
                                 slower ? "as long as" : "faster than");
  const std::vector<std::string> where = where_it_goes(source, step);
  return where.empty() ? text : text + " " + where.front();
}

void add_networks(const Source& source, Part& part) {
  std::vector<Said> all;
  bool rehearsed = false;
  for (const NetworkGroup& group : network_groups(source)) {
    for (const NetworkStep& step : group.steps) {
      if (!(step.ratio > 0) || step.processor.starts_with("cpu")) continue;
      rehearsed = rehearsed || step.kind == "cpu";
      all.push_back({group.name + "\n" + step.processor, group.training,
                     step.residency.empty() || step.residency == "resident",
                     std::abs(std::log(step.ratio)), sentence_of(source, group, step)});
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const Said& a, const Said& b) {
    if (a.training != b.training) return a.training;
    return a.usual != b.usual ? a.usual : a.distance > b.distance;
  });
  std::set<std::string> told;
  for (const Said& one : all) {
    if (told.size() == most_sentences || !told.insert(one.of).second) continue;
    part.sentences.push_back({one.text, Sentence::Kind::headline});
  }
  if (rehearsed && !all.empty()) {
    part.sentences.push_back(
        {"The OpenCL device is a CPU here: these ratios rehearse a "
         "comparison with a GPU and say nothing of one.",
         Sentence::Kind::plain});
  }
}

void add_trust(const Source& source, Part& part) {
  std::vector<double> deviations;
  std::set<int> processes;
  std::size_t suspect = 0, disturbed = 0, with_figure = 0;
  for (const Measurement& one : source.measurements) {
    suspect += one.suspect.size();
    if (one.blocks.empty()) continue;
    ++with_figure;
    disturbed += one.disturbed() ? 1 : 0;
    for (const BlockFigure& block : one.blocks) processes.insert(block.process);
    if (one.process_values().size() >= 2 && one.smallest() > 0) {
      deviations.push_back(one.between_processes());
    }
  }
  std::string noise =
      "Noise between processes is unknown: one process each. Run with --processes 2.";
  if (!deviations.empty()) {
    noise =
        fmt::format("Half of {} figures differ by {} or more between processes, one in ten by {}.",
                    deviations.size(), unit_text(Unit::share, median(deviations)),
                    unit_text(Unit::share, quantile(deviations, 0.9)));
  }
  part.sentences.push_back({noise, Sentence::Kind::plain});
  if (disturbed * 10 >= with_figure && disturbed > 0) {
    part.sentences.push_back(
        {fmt::format("{} of {} figures were disturbed (marked ~).", disturbed, with_figure),
         Sentence::Kind::warning});
  }
  if (suspect > 0) {
    part.sentences.push_back(
        {fmt::format("{} blocks are faster than the hardware can be: they are in the appendix and "
                     "no part of any figure.",
                     suspect),
         Sentence::Kind::warning});
  }
}

std::string machine_of(const Source& source) {
  if (source.log.runs.empty()) return "No run line: nobody knows which device was measured.";
  const schema::Run& run = source.log.runs.back();
  std::string text = run.device.name;
  for (const schema::Processor& one : source.described_processors()) {
    if (one.id == "cpu" || one.id.find('/') != std::string::npos || one.id.starts_with("cpu:")) {
      continue;
    }
    text += fmt::format("; {} is {} ({})", one.id, one.name, one.kind);
  }
  return fmt::format("{}. Measured {} with motley {} {}{}.", text, run.started, run.motley_version,
                     run.commit.substr(0, 10), run.dirty ? " + changes" : "");
}

bool has_ended(const schema::Log& log) {
  return !log.ends.empty() && log.ends.back().run + 1 >= log.runs.size();
}

Section make(const std::vector<Source>& sources) {
  Section section{
      "summary", "Summary", {}, "Every source is emulated: nothing here is a device's."};
  for (const Source& source : sources) {
    if (source.emulated) continue;
    Part part;
    if (sources.size() > 1) part.title = source.label;
    part.sentences.push_back({machine_of(source), Sentence::Kind::plain});
    if (!has_ended(source.log)) {
      part.sentences.push_back({"No end line: the run did not finish.", Sentence::Kind::warning});
    }
    add_networks(source, part);
    add_trust(source, part);
    section.parts.push_back(std::move(part));
    add_figures(source, section.parts);
  }
  return section;
}

const SectionRegistration registration(10, make);

}  // namespace
}  // namespace motley::analysis::report
