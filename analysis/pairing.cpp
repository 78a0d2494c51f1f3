#include "analysis/pairing.hpp"

#include <cmath>
#include <fmt/format.h>

#include "analysis/statistics.hpp"

namespace motley::analysis {
namespace {

std::string choice_text(const MeasuredKey& one) {
  std::string text;
  for (const std::string& axis : one.selected) {
    const auto value = one.key.parameters.find(axis);
    if (value == one.key.parameters.end()) continue;
    text += (text.empty() ? "" : " ") + axis + "=" + schema::to_string(value->second);
  }
  return text;
}

std::set<std::string> quantities(const Answer& first, const Answer& second) {
  std::set<std::string> names;
  for (const Answer* answer : {&first, &second}) {
    for (const MeasuredKey* key : *answer) {
      for (const auto& [name, figures] : key->figures) names.insert(name);
    }
  }
  if (names.empty()) names.insert("");  // failed on both sides: a row all the same
  return names;
}

int direction_of(const Answer& first, const Answer& second, const std::string& quantity) {
  for (const Answer* answer : {&first, &second}) {
    for (const MeasuredKey* key : *answer) {
      const auto found = key->figures.find(quantity);
      if (found != key->figures.end()) return found->second.direction;
    }
  }
  return 1;
}

std::string stable_id(const std::vector<schema::Run>& runs, const std::string& processor) {
  for (const schema::Run& run : runs) {
    for (const schema::Processor& one : run.processors) {
      if (one.id == processor && !one.stable_id.empty()) return one.stable_id;
    }
  }
  return processor;
}

/// Nothing of it failed, and there is a figure.
bool measured(const Answer& answer) {
  bool figures = false;
  for (const MeasuredKey* key : answer) {
    for (const auto& [status, count] : key->blocks) {
      if (status != schema::Status::ok) return false;
    }
    for (const auto& [name, of_quantity] : key->figures) {
      figures = figures || !of_quantity.values.empty();
    }
  }
  return figures;
}

}  // namespace

Speeds speeds(const Answer& answer, const std::string& quantity) {
  Speeds all;
  for (const MeasuredKey* key : answer) {
    const auto found = key->figures.find(quantity);
    if (found == key->figures.end()) continue;
    for (const auto& [process, values] : found->second.values) {
      for (const double one : values) {
        const double speed = found->second.direction > 0 ? one : 1 / one;
        if (std::isfinite(speed) && speed > 0) all[process].push_back(speed);
      }
    }
  }
  return all;
}

std::optional<double> fastest_speed(const Answer& answer, const std::string& quantity) {
  std::optional<double> best;
  for (const MeasuredKey* key : answer) {
    const auto found = key->figures.find(quantity);
    if (found == key->figures.end() || !(found->second.fastest > 0)) continue;
    const double one = found->second.fastest;
    const double speed = found->second.direction > 0 ? one : 1 / one;
    if (std::isfinite(speed)) best = std::max(best.value_or(speed), speed);
  }
  return best;
}

std::vector<double> process_medians(const Speeds& speeds) {
  std::vector<double> medians;
  for (const auto& [process, values] : speeds) medians.push_back(median(values));
  return medians;
}

ComparedSide side_of(const Answer& answer, const Speeds& speeds, int direction) {
  ComparedSide side;
  std::vector<double> all;
  for (const auto& [process, values] : speeds) {
    for (const double one : values) all.push_back(direction > 0 ? one : 1 / one);
  }
  side.median = median(all);
  side.processes = speeds.size();
  side.blocks = all.size();
  for (const MeasuredKey* key : answer) {
    for (const auto& [status, count] : key->blocks) {
      if (status != schema::Status::ok) side.not_ok[status] += count;
    }
    if (side.reason.empty()) side.reason = key->reason;
    if (const std::string text = choice_text(*key); !text.empty()) side.choices.insert(text);
  }
  return side;
}

Pairing::Pairing(const RunFigures& first, const RunFigures& second, const std::string& filter)
    : first_(first), second_(second) {
  if (!filter.empty()) filter_ = std::regex(filter);
  for (const RunFigures* side : {&first, &second}) {
    for (const MeasuredKey& one : side->keys) {
      chosen_[one.key.case_name].insert(one.selected.begin(), one.selected.end());
    }
  }
  for (const MeasuredKey& one : second.keys) {
    revisions_[one.key.case_name].insert(one.key.revision);
  }
  std::map<std::string, std::string> back;
  if (!first.runs.empty() && !second.runs.empty()) {
    for (const auto& [a, b] : matching_processors(first.runs.front(), second.runs.front())) {
      back[b] = a;
    }
  }
  of_first_ = answers_of(first, {});
  of_second_ = answers_of(second, back);
}

void Pairing::add_rows(Comparison& result, const Fill& fill) const {
  std::set<std::string> done;
  for (const MeasuredKey& one : first_.keys) {
    const std::string asked = question(one, one.key.processor);
    if (!done.insert(asked).second || !wanted(asked)) continue;
    const auto partner = of_second_.find(asked);
    if (partner == of_second_.end()) {
      result.only_first.push_back({key_of(one), "", measured(of_first_.at(asked)), why_alone(one)});
      continue;
    }
    add_rows_of(one, of_first_.at(asked), partner->second, result, fill);
  }
  for (const auto& [asked, answer] : of_second_) {
    if (done.contains(asked) || !wanted(asked)) continue;
    result.only_second.push_back({key_of(*answer.front()), "", measured(answer), ""});
  }
}

bool Pairing::wanted(const std::string& asked) const {
  return !filter_ || std::regex_search(asked, *filter_);
}

/// Only keys with something chosen lose it: a sweep over the same axis is a question.
std::set<std::string> Pairing::dropped(const MeasuredKey& one) const {
  return one.selected.empty() ? std::set<std::string>() : chosen_.at(one.key.case_name);
}

std::string Pairing::question(const MeasuredKey& one, const std::string& processor) const {
  schema::Key key = key_of(one);
  key.processor = processor;
  return to_string(key);
}

Pairing::Answers Pairing::answers_of(const RunFigures& side,
                                     const std::map<std::string, std::string>& processors) const {
  Answers all;
  for (const MeasuredKey& one : side.keys) {
    const auto known = processors.find(one.key.processor);
    all[question(one, known == processors.end() ? one.key.processor : known->second)].push_back(
        &one);
  }
  return all;
}

schema::Key Pairing::key_of(const MeasuredKey& one) const {
  schema::Key key = one.key;
  for (const std::string& axis : dropped(one)) key.parameters.erase(axis);
  return key;
}

/// Results of two revisions do not compare: their numbers went up for that.
std::string Pairing::why_alone(const MeasuredKey& one) const {
  const auto other = revisions_.find(one.key.case_name);
  if (other == revisions_.end() || other->second.contains(one.key.revision)) return "";
  return fmt::format("revision {} here, {} there: they do not compare", one.key.revision,
                     *other->second.rbegin());
}

void Pairing::add_rows_of(const MeasuredKey& one, const Answer& first, const Answer& second,
                          Comparison& result, const Fill& fill) const {
  for (const std::string& quantity : quantities(first, second)) {
    ComparedRow row;
    row.key = key_of(one);
    row.processor_id = stable_id(first_.runs, one.key.processor);
    row.quantity = quantity;
    row.direction = direction_of(first, second, quantity);
    for (const Answer* answer : {&first, &second}) {
      for (const MeasuredKey* key : *answer) {
        row.findings.insert(key->findings.begin(), key->findings.end());
      }
    }
    fill(first, second, row);
    result.rows.push_back(std::move(row));
  }
}

}  // namespace motley::analysis
