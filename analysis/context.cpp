#include "analysis/context.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <optional>
#include <set>

namespace motley::analysis {
namespace {

using Values = std::map<std::string, std::set<std::string>>;  ///< of the runs of one side
using Numbers = std::map<std::string, std::vector<double>>;

constexpr double load_matters = 1, celsius_matters = 5;

std::string joined(const std::set<std::string>& values) {
  std::string text;
  for (const std::string& one : values) text += (text.empty() ? "" : ", ") + one;
  return text.empty() ? "not known" : text;
}

/// None for numbers: they differ always.
std::optional<std::string> text_of(const schema::Fact& fact) {
  if (const auto* text = std::get_if<std::string>(&fact)) return *text;
  if (const auto* flag = std::get_if<bool>(&fact)) return *flag ? "yes" : "no";
  if (const auto* list = std::get_if<std::vector<std::string>>(&fact)) {
    return joined({list->begin(), list->end()});
  }
  return std::nullopt;
}

std::optional<double> number_of(const schema::Fact& fact) {
  if (const auto* number = std::get_if<double>(&fact)) return *number;
  if (const auto* count = std::get_if<std::int64_t>(&fact)) return static_cast<double>(*count);
  return std::nullopt;
}

void add_texts(const schema::Facts& facts, const std::string& of, Values& values) {
  for (const auto& [name, fact] : facts) {
    if (const auto text = text_of(fact)) values[name + of].insert(*text);
  }
}

void add_program(const schema::Run& run, Values& values) {
  values["commit"].insert(run.commit + (run.dirty ? " with changes" : ""));
  values["version"].insert(run.motley_version);
  values["compiler"].insert(run.compiler);
  values["flags"].insert(run.flags);
  values["tier"].insert(run.tier);
}

Values identity(const std::vector<schema::Run>& runs) {
  Values values;
  for (const schema::Run& run : runs) {
    values["device"].insert(run.device.name + " (" + run.device.id + ")");
    values["exec_context"].insert(run.exec_context);
    values["build"].insert(run.build);
  }
  return values;
}

Values texts(const std::vector<schema::Run>& runs) {
  Values values;
  for (const schema::Run& run : runs) {
    add_program(run, values);
    add_texts(run.device.facts, " of the device", values);
    add_texts(run.conditions, "", values);
  }
  return values;
}

Numbers numbers(const std::vector<schema::Run>& runs) {
  Numbers values;
  for (const schema::Run& run : runs) {
    for (const auto& [name, fact] : run.conditions) {
      if (const auto number = number_of(fact)) values[name].push_back(*number);
    }
  }
  return values;
}

void compare_values(const Values& first, const Values& second, bool refused,
                    std::vector<ContextDifference>& found) {
  Values all = first;
  all.insert(second.begin(), second.end());
  for (const auto& [name, ignored] : all) {
    const auto a = first.find(name), b = second.find(name);
    const std::set<std::string> none;
    const auto& of_a = a == first.end() ? none : a->second;
    const auto& of_b = b == second.end() ? none : b->second;
    if (of_a == of_b) continue;
    found.push_back({name, joined(of_a), joined(of_b), refused ? name : ""});
  }
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double one : values) sum += one;
  return sum / static_cast<double>(values.size());
}

void compare_numbers(const Numbers& first, const Numbers& second,
                     std::vector<ContextDifference>& found) {
  for (const auto& [name, values] : first) {
    const bool celsius = name.find("celsius") != std::string::npos;
    const auto other = second.find(name);
    if (other == second.end() || (!celsius && !name.starts_with("load_"))) continue;
    const double a = mean(values), b = mean(other->second);
    if (!(std::abs(a - b) > (celsius ? celsius_matters : load_matters))) continue;
    found.push_back({name, fmt::format("{:.1f}", a), fmt::format("{:.1f}", b), ""});
  }
}

const schema::Processor* processor(const schema::Run& run, const std::string& id) {
  const auto found = std::find_if(run.processors.begin(), run.processors.end(),
                                  [&](const schema::Processor& one) { return one.id == id; });
  return found == run.processors.end() ? nullptr : &*found;
}

void compare_processors(const schema::Run& first, const schema::Run& second,
                        std::vector<ContextDifference>& found) {
  Values of_first, of_second;
  for (const auto& [id, other_id] : matching_processors(first, second)) {
    const schema::Processor *a = processor(first, id), *b = processor(second, other_id);
    add_texts(a->facts, " of " + id, of_first);
    add_texts(b->facts, " of " + id, of_second);
    of_first["name of " + id].insert(a->name);
    of_second["name of " + id].insert(b->name);
  }
  compare_values(of_first, of_second, false, found);
}

}  // namespace

std::map<std::string, std::string> matching_processors(const schema::Run& first,
                                                       const schema::Run& second) {
  std::map<std::string, std::string> match;
  std::set<std::string> taken;
  using Alike = bool (*)(const schema::Processor&, const schema::Processor&);
  constexpr Alike same_hardware = [](const auto& a, const auto& b) {
    return !a.stable_id.empty() && a.stable_id == b.stable_id;
  };
  constexpr Alike same_name = [](const auto& a, const auto& b) {
    return a.kind == b.kind && a.name == b.name && a.id == b.id;
  };
  constexpr Alike same_place = [](const auto& a, const auto& b) { return a.id == b.id; };
  for (const Alike alike : {same_hardware, same_name, same_place}) {
    for (const schema::Processor& a : first.processors) {
      for (const schema::Processor& b : second.processors) {
        if (match.contains(a.id) || taken.contains(b.id) || !alike(a, b)) continue;
        match[a.id] = b.id;
        taken.insert(b.id);
      }
    }
  }
  return match;
}

std::vector<ContextDifference> context_differences(const std::vector<schema::Run>& first,
                                                   const std::vector<schema::Run>& second) {
  std::vector<ContextDifference> found;
  if (first.empty() || second.empty()) return found;
  compare_values(identity(first), identity(second), true, found);
  compare_values(texts(first), texts(second), false, found);
  compare_numbers(numbers(first), numbers(second), found);
  compare_processors(first.front(), second.front(), found);
  return found;
}

}  // namespace motley::analysis
