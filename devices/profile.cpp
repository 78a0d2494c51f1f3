#include "devices/profile.hpp"

#include <fmt/format.h>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <string_view>

#include "harness/error.hpp"

namespace motley::embedded {
extern const std::string_view adreno_json;
extern const std::string_view arm_cores_json;
extern const std::string_view pocl_json;
extern const std::string_view thermal_zones_json;
}  // namespace motley::embedded

namespace motley::devices {
namespace {

using nlohmann::json;

struct Profile {
  std::map<std::string, std::regex> match;  ///< `name`, or a fact's name, to a pattern
  std::vector<Quirk> quirks;
};

schema::Fact to_fact(const json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number()) return value.get<double>();
  if (value.is_array()) return value.get<std::vector<std::string>>();
  return value.get<std::string>();
}

std::regex pattern(const json& text) {
  return std::regex(text.get<std::string>(), std::regex::extended | std::regex::icase);
}

Profile to_profile(const json& text) {
  Profile profile;
  for (const auto& [key, value] : text.at("match").items()) profile.match[key] = pattern(value);
  for (const json& quirk : text.at("quirks")) {
    profile.quirks.push_back(
        {quirk.at("name"), to_fact(quirk.at("value")), quirk.at("means"), quirk.at("source")});
  }
  return profile;
}

const std::vector<Profile>& profiles() {
  static const std::vector<Profile> all = [] {
    std::vector<Profile> read;
    for (const std::string_view text : {embedded::adreno_json, embedded::pocl_json}) {
      read.push_back(to_profile(json::parse(text)));
    }
    return read;
  }();
  return all;
}

std::string said(const schema::Processor& processor, const std::string& key) {
  if (key == "name") return processor.name;
  const auto fact = processor.facts.find(key);
  if (fact == processor.facts.end()) return {};
  const auto* text = std::get_if<std::string>(&fact->second);
  return text != nullptr ? *text : std::string();
}

bool applies(const Profile& profile, const schema::Processor& processor) {
  for (const auto& [key, expression] : profile.match) {
    if (!std::regex_match(said(processor, key), expression)) return false;
  }
  return true;
}

}  // namespace

std::vector<Quirk> quirks_of(const schema::Processor& processor) {
  std::vector<Quirk> found;
  for (const Profile& profile : profiles()) {
    if (!applies(profile, processor)) continue;
    found.insert(found.end(), profile.quirks.begin(), profile.quirks.end());
  }
  return found;
}

std::optional<Quirk> find_quirk(const schema::Processor& processor, const std::string& name) {
  for (Quirk& quirk : quirks_of(processor)) {
    if (quirk.name == name) return std::move(quirk);
  }
  return std::nullopt;
}

std::vector<std::pair<std::string, std::string>> environment_before_load(
    const std::vector<int>& allowed, const std::vector<int>& online) {
  bool from_zero = !allowed.empty();
  for (std::size_t i = 0; i < allowed.size(); ++i) from_zero &= allowed[i] == static_cast<int>(i);
  std::vector<std::pair<std::string, std::string>> variables;
  for (const Profile& profile : profiles()) {
    for (const Quirk& quirk : profile.quirks) {
      const bool applies =
          (quirk.name == "environment_where_cores_count_from_0" && from_zero) ||
          (quirk.name == "environment_where_cores_are_closed" && allowed != online);
      if (!applies) continue;
      for (const std::string& pair : std::get<std::vector<std::string>>(quirk.value)) {
        const std::size_t equals = pair.find('=');
        const std::string value = pair.substr(equals + 1);
        variables.emplace_back(pair.substr(0, equals),
                               value == "{allowed}" ? std::to_string(allowed.size()) : value);
      }
    }
  }
  return variables;
}

std::string arm_core_name(unsigned implementer, unsigned part) {
  static const json implementers = json::parse(embedded::arm_cores_json).at("implementers");
  const auto maker = implementers.find(fmt::format("0x{:02x}", implementer));
  const std::string part_id = fmt::format("0x{:03x}", part);
  if (maker == implementers.end()) {
    return fmt::format("implementer 0x{:02x} part {}", implementer, part_id);
  }
  const std::string maker_name = maker->at("name");
  return maker_name + " " + maker->at("parts").value(part_id, "part " + part_id);
}

std::string not_a_temperature(const std::string& zone_type) {
  static const auto table = [] {
    std::vector<std::pair<std::regex, std::string>> rows;
    const json text = json::parse(embedded::thermal_zones_json);
    for (const json& row : text.at("not_temperatures")) {
      rows.emplace_back(pattern(row.at("type")), row.at("is"));
    }
    return rows;
  }();
  for (const auto& [expression, meaning] : table) {
    if (std::regex_match(zone_type, expression)) return meaning;
  }
  return {};
}

}  // namespace motley::devices
