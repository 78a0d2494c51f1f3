#include "analysis/network_names.hpp"

#include <fmt/format.h>

namespace motley::analysis {
namespace {

/// Of a parameter that a key lacks.
constexpr const char* absent = "";

bool is_usual(const std::string& name, const std::string& value) {
  return value == absent || value == "auto" || name == "dtype" ||
         (name == "optimizer" && value == "momentum") || (name == "bias" && value == "1");
}

}  // namespace

std::string parameter(const schema::Key& key, const std::string& name) {
  const auto found = key.parameters.find(name);
  return found == key.parameters.end() ? absent : schema::to_string(found->second);
}

bool is_network(const schema::Key& key) {
  return key.case_name.ends_with("/training") || key.case_name.ends_with("/inference");
}

NetworkNames::NetworkNames(const std::vector<Measurement>& all) {
  for (const Measurement& one : all) {
    if (!is_network(one.key)) continue;
    for (const auto& [name, value] : one.key.parameters) values_[one.key.case_name][name];
  }
  for (const Measurement& one : all) {
    if (!is_network(one.key)) continue;
    for (auto& [name, values] : values_[one.key.case_name]) {
      values.insert(parameter(one.key, name));
    }
  }
}

std::string NetworkNames::without_residency(const schema::Key& key) const {
  std::string text = key.case_name;
  text.replace(text.rfind('/'), 1, " ");
  const auto known = values_.find(key.case_name);  // none where nothing of the case is ok
  for (const auto& [name, value] : key.parameters) {
    const std::string shown = parameter(key, name);
    if (name == "residency" || shown == absent) continue;
    const bool several =
        known != values_.end() && known->second.contains(name) && known->second.at(name).size() > 1;
    if (several || !is_usual(name, shown)) text += fmt::format(" {}={}", name, shown);
  }
  return text;
}

std::string NetworkNames::name(const schema::Key& key) const {
  const std::string residency = parameter(key, "residency");
  const bool usual = residency == absent || residency == "resident";
  return without_residency(key) + (usual ? "" : " residency=" + residency);
}

}  // namespace motley::analysis
