// JSON to records, key by key, for the .cpp files of this folder. A wrong type names its key.
#pragma once

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <string>

#include "results_schema/json_lines.hpp"

namespace motley::schema {

using Json = nlohmann::json;

/// One object being read; `path` is told in errors.
class Reader {
 public:
  Reader(const Json& json, std::string path) : json_(json), path_(std::move(path)) {
    if (!json.is_object()) refuse("an object");
  }

  const Json* find(const char* key) const {
    const auto found = json_.find(key);
    return found == json_.end() || found->is_null() ? nullptr : &*found;
  }
  Reader child(const char* key, const Json& json) const { return {json, path_ + key + "/"}; }

  void read(const char* key, std::string& to) const {
    if (const Json* value = find(key)) {
      if (!value->is_string()) refuse("text", key);
      to = value->get<std::string>();
    }
  }
  void read(const char* key, bool& to) const {
    if (const Json* value = find(key)) {
      if (!value->is_boolean()) refuse("true or false", key);
      to = value->get<bool>();
    }
  }
  void read(const char* key, double& to) const {
    if (const Json* value = find(key)) to = number(*value, key);
  }
  template <class T>
  requires std::is_integral_v<T>
  void read(const char* key, T& to) const {
    if (const Json* value = find(key)) {
      const bool fits =
          value->is_number_unsigned()
              ? std::in_range<T>(value->get<std::uint64_t>())
              : value->is_number_integer() && std::in_range<T>(value->get<std::int64_t>());
      if (!fits) refuse("a whole number", key);
      to = value->get<T>();
    }
  }
  template <class T>
  void read(const char* key, std::optional<T>& to) const {
    if (!find(key)) return;
    T value{};
    read(key, value);
    to = value;
  }
  template <class T>
  void read(const char* key, std::vector<T>& to) const {
    const Json* values = find(key);
    if (!values) return;
    if (!values->is_array()) refuse("a list", key);
    for (const Json& value : *values) {
      const Json one{{"value", value}};
      T item{};
      Reader(one, path_ + key + "/").read("value", item);
      to.push_back(std::move(item));
    }
  }
  template <class T>
  void read(const char* key, std::map<std::string, T>& to) const {
    const Json* values = find(key);
    if (!values) return;
    if (!values->is_object()) refuse("an object", key);
    const Reader inner(*values, path_ + key + "/");
    for (const auto& [name, value] : values->items()) inner.read(name.c_str(), to[name]);
  }
  void read(const char* key, Value& to) const {
    const Json& value = json_.at(key);
    if (value.is_string()) {
      to = value.get<std::string>();
    } else if (value.is_number_integer() && !too_big(value)) {
      to = value.get<std::int64_t>();
    } else {
      to = number(value, key);
    }
  }
  void read(const char* key, Fact& to) const {
    const Json& value = json_.at(key);
    if (value.is_boolean()) {
      to = value.get<bool>();
    } else if (value.is_array()) {
      std::vector<std::string> texts;
      read(key, texts);
      to = std::move(texts);
    } else {
      Value plain;
      read(key, plain);
      std::visit([&](auto& content) { to = std::move(content); }, plain);
    }
  }

  [[noreturn]] void refuse(const char* wanted, const char* key = "") const {
    throw BadRecord(fmt::format("{}{} is not {}", path_, key, wanted));
  }

 private:
  static bool too_big(const Json& value) {
    return value.is_number_unsigned() && !std::in_range<std::int64_t>(value.get<std::uint64_t>());
  }
  double number(const Json& value, const char* key) const {
    if (!value.is_number()) refuse("a number", key);
    return value.get<double>();
  }

  const Json& json_;
  std::string path_;
};

}  // namespace motley::schema
