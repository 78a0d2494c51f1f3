// Which implementation computes each operator fastest, and how near its bound?
#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <utility>

#include "analysis/network_names.hpp"
#include "analysis/operator_peak.hpp"
#include "analysis/report/section.hpp"

namespace motley::analysis::report {
namespace {

struct Question {
  std::string name, processor;
  std::vector<const Measurement*> answers;  ///< the fastest first
};

std::vector<Question> questions_of(const Source& source) {
  std::vector<Question> all;
  std::map<std::pair<std::string, std::string>, std::size_t> places;
  for (const Measurement& one : source.measurements) {
    if (one.blocks.empty() || !one.key.case_name.starts_with("op/")) continue;
    std::string name = one.key.case_name.substr(3);
    for (const auto& [axis, value] : one.key.parameters) {
      if (axis == "implementation" || one.searched.contains(axis)) continue;
      const std::string text = schema::to_string(value);
      if ((axis == "dtype" && text == "f32") || (axis == "cache" && text == "cold")) continue;
      name += " " + text;
    }
    const auto [place, is_new] = places.try_emplace({name, one.key.processor}, all.size());
    if (is_new) all.push_back({name, one.key.processor, {}});
    all[place->second].answers.push_back(&one);
  }
  for (Question& one : all) {
    std::stable_sort(one.answers.begin(), one.answers.end(),
                     [](const Measurement* a, const Measurement* b) {
                       return direction(a->metric) * (a->value() - b->value()) > 0;
                     });
  }
  return all;
}

Table table_of(const Source& source, const std::vector<Question>& questions) {
  Table table;
  table.title = "Operators";
  table.note =
      "Operations or, where nothing is multiplied, bytes a second. Peak: share of the measured "
      "peak of the operator's type. ~: half of the blocks or more carry a finding.";
  table.columns = {{"operator", false, "operator"},
                   {"processor", false, "processor"},
                   {"implementation", false, "implementation"},
                   {"rate", true, "rate"},
                   {"of peak", true, "peak_share"},
                   {"behind the fastest", true, "ratio"},
                   {"blocks", true, "blocks"}};
  std::map<std::pair<std::string, std::string>, double> peaks;
  for (const Question& question : questions) {
    const double best = question.answers.front()->value();
    for (const Measurement* one : question.answers) {
      const std::string dtype = parameter(one->key, "dtype");
      const auto [peak, is_new] = peaks.try_emplace({question.processor, dtype});
      if (is_new) {
        peak->second = operator_peak(source.measurements, question.processor, dtype).per_second;
      }
      const bool has_share = one->metric == schema::Metric::flops_per_second && peak->second > 0;
      Cell rate = unit_cell(unit_of(one->metric), one->value());
      if (one->disturbed()) rate.text += " ~";
      table.rows.push_back(
          {question.name, question.processor, parameter(one->key, "implementation"), rate,
           has_share ? unit_cell(Unit::share, one->value() / peak->second) : Cell("-"),
           one->value() > 0 ? unit_cell(Unit::ratio, best / one->value()) : Cell("-"),
           unit_cell(Unit::none, static_cast<double>(one->blocks.size()))});
    }
  }
  return table;
}

Section make(const std::vector<Source>& sources) {
  Section section{
      "operators", "Operators", {}, "No operator was measured. Run: motley run --filter '^op/'"};
  for_each_source(sources, section, [](const Source& source, std::vector<Part>& parts) {
    const std::vector<Question> questions = questions_of(source);
    if (questions.empty()) return;
    Part part;
    part.tables.push_back({"operators", table_of(source, questions)});
    parts.push_back(std::move(part));
  });
  return section;
}

const SectionRegistration registration(60, make);

}  // namespace
}  // namespace motley::analysis::report
