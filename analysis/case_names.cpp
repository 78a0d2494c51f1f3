#include "analysis/case_names.hpp"

#include <fmt/format.h>

namespace motley::analysis {

void CaseNames::add(const schema::Key& key) {
  ++keys_[key.case_name];
  for (const auto& [name, value] : key.parameters) {
    values_[key.case_name][name].insert(schema::to_string(value));
    ++with_[key.case_name][name];
  }
  processors_.insert(key.processor);
  scenarios_.insert(key.scenario);
}

std::string CaseNames::question(const schema::Key& key) const {
  std::string text = key.case_name;
  for (const auto& [name, value] : key.parameters) {
    const bool all_have_it = with_.at(key.case_name).at(name) == keys_.at(key.case_name);
    if (all_have_it && values_.at(key.case_name).at(name).size() < 2) continue;
    text += fmt::format(" {}={}", name, schema::to_string(value));
  }
  return text;
}

std::string CaseNames::name(const schema::Key& key) const {
  return processors_.size() < 2 ? question(key) : question(key) + " on " + key.processor;
}

std::string CaseNames::processor() const {
  return processors_.size() == 1 ? *processors_.begin() : "";
}

std::string CaseNames::scenario() const {
  return scenarios_.size() == 1 ? *scenarios_.begin() : "";
}

}  // namespace motley::analysis
