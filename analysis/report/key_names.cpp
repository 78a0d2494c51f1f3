#include "analysis/report/key_names.hpp"

namespace motley::analysis::report {
namespace {

std::string value_of(const schema::Key& key, const std::string& name) {
  const auto found = key.parameters.find(name);
  return found == key.parameters.end() ? "" : schema::to_string(found->second);
}

}  // namespace

void KeyNames::add(const schema::Key& key) {
  const bool is_new = !cases_.contains(key.case_name);
  Values& values = cases_[key.case_name];
  // A parameter that earlier keys lacked differs from them.
  for (const auto& [name, value] : key.parameters) {
    if (!is_new && !values.contains(name)) values[name].insert("");
    values[name];
  }
  for (auto& [name, seen] : values) seen.insert(value_of(key, name));
  processors_.insert(key.processor);
}

std::string KeyNames::name(const schema::Key& key) const {
  std::string text = key.case_name;
  if (const auto slash = text.rfind('/'); slash != std::string::npos) text[slash] = ' ';
  const auto found = cases_.find(key.case_name);
  if (found == cases_.end()) return text;
  for (const auto& [name, values] : found->second) {
    const std::string value = value_of(key, name);
    if (values.size() > 1 && !value.empty()) text += " " + name + "=" + value;
  }
  return without_repetition(std::move(text));
}

std::string KeyNames::name_and_processor(const schema::Key& key) const {
  return processors_.size() > 1 ? name(key) + " on " + key.processor : name(key);
}

std::string without_repetition(std::string name) {
  const std::string repeated = " model=" + name.substr(0, name.find(' '));
  const auto at = name.find(repeated);
  if (at == std::string::npos) return name;
  const auto end = at + repeated.size();
  if (end < name.size() && name[end] != ' ') return name;  // lenet5 is not lenet5_wide
  return name.erase(at, repeated.size());
}

}  // namespace motley::analysis::report
