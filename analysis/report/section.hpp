// How a section joins the report: its file registers a function of the records and its place. A new
// section is one new file and no list.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "analysis/explain.hpp"
#include "analysis/headlines.hpp"
#include "analysis/report/content.hpp"
#include "results_schema/record.hpp"

namespace motley::analysis::report {

/// Records of one device and one commit, and what several sections conclude from them.
struct Source {
  std::string label;  ///< unique in a report: the device, and what else tells sources apart
  schema::Log log;
  schema::Log quiet;                      ///< without what a load disturbed: see undisturbed()
  std::vector<Measurement> measurements;  ///< of `quiet`
  Levels levels;
  std::vector<Headline> headlines;
  std::vector<std::string> processors;         ///< in the order of the log
  bool emulated = false;                       ///< shown with a banner, no part of the summary
  std::map<std::string, std::size_t> last_ok;  ///< in `quiet`, by to_string of its key

  Explanations explanations;                     ///< of `quiet`
  std::map<std::string, std::size_t> explained;  ///< place in them, by to_string of the key

  /// cpu, gpu or accelerator, as the device said; empty where no run names it.
  std::string kind_of(const std::string& processor) const;
  /// Of all runs, each once.
  std::vector<schema::Processor> described_processors() const;
  /// The last ok block of a measurement; none where there is none.
  const schema::Block* block_of(const schema::Key& key) const;
  /// Where its step went; null where it has no profile.
  const Explanation* explanation_of(const schema::Key& key) const;
};

Unit unit_of(schema::Metric metric);

/// `logs`: each of one device and one commit. Labels are made unique.
std::vector<Source> sources_of(std::vector<schema::Log> logs);

struct SectionRegistration {
  using Make = Section (*)(const std::vector<Source>& sources);
  /// By `place`, ascending; each place is taken once.
  SectionRegistration(int place, Make make);
};

/// All that registered, in order.
std::vector<Section> sections_of(const std::vector<Source>& sources);

/// For sections that treat each source alone: its parts, under its label where there are several.
template <class Function>
void for_each_source(const std::vector<Source>& sources, Section& section, Function add_parts) {
  for (const Source& source : sources) {
    std::vector<Part> parts;
    add_parts(source, parts);
    for (Part& part : parts) {
      if (sources.size() > 1) {
        part.title = part.title.empty() ? source.label : source.label + ": " + part.title;
        for (Chart& chart : part.charts) chart.name += "-" + file_name(source.label);
        for (NamedTable& table : part.tables) table.name += "-" + file_name(source.label);
      }
      section.parts.push_back(std::move(part));
    }
  }
}

}  // namespace motley::analysis::report
