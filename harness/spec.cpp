#include "harness/spec.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "harness/axis_values.hpp"
#include "harness/error.hpp"

namespace motley {
namespace {

template <class T>
const T& as(const schema::Parameters& values, const std::string& spec,
            const std::string& parameter) {
  const auto found = values.find(parameter);
  const T* value = found == values.end() ? nullptr : std::get_if<T>(&found->second);
  if (!value) {
    throw Error(fmt::format("{} declares no such {} (its code asks for it). Report this.", spec,
                            parameter));
  }
  return *value;
}

/// Of the type that is declared: 5 is a number where numbers are wanted.
schema::Value read(const SpecParameter& declared, const std::string& text,
                   const std::string& spec) {
  const auto refuse = [&](const std::string& why) {
    throw BadArgument(fmt::format("{}: {} = {} {}. {}: {}.", spec, declared.name, text, why,
                                  declared.name, declared.summary));
  };
  if (std::holds_alternative<std::string>(declared.fallback)) {
    if (text.empty()) refuse("is empty");
    return declared.spelling ? declared.spelling(text) : text;
  }
  schema::Value value = parse_value(text);
  if (std::holds_alternative<std::string>(value)) refuse("is no number");
  const bool whole = std::holds_alternative<std::int64_t>(declared.fallback);
  if (whole && !std::holds_alternative<std::int64_t>(value)) refuse("is no whole number");
  const double number = std::holds_alternative<double>(value)
                            ? std::get<double>(value)
                            : static_cast<double>(std::get<std::int64_t>(value));
  if (!std::isfinite(number) || number < declared.least || number > declared.most) {
    refuse(fmt::format("is not between {} and {}", declared.least, declared.most));
  }
  if (whole) return value;
  return number;
}

/// Where the value ends that `begin` lies in: before the next part that is a parameter.
std::size_t end_of_value(const std::string& values, std::size_t begin,
                         const std::vector<std::string>& known) {
  std::size_t end = std::min(values.find(',', begin), values.size());
  while (end < values.size()) {
    const std::size_t next = std::min(values.find(',', end + 1), values.size());
    const std::string part = values.substr(end + 1, next - end - 1);
    const bool is_parameter = part.find('=') != std::string::npos ||
                              std::find(known.begin(), known.end(), part) != known.end();
    if (part.empty() || is_parameter) break;
    end = next;
  }
  return end;
}

}  // namespace

std::function<std::string(const std::string&)> one_of(std::string kind,
                                                      std::vector<std::string> names) {
  return [kind = std::move(kind), names = std::move(names)](const std::string& text) {
    if (std::find(names.begin(), names.end(), text) == names.end()) {
      throw UnknownName(kind, text, names);
    }
    return text;
  };
}

std::pair<std::string, std::string> split_spec(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string name = text.substr(0, colon);
  if (name.empty()) {
    throw BadArgument("cannot read \"" + text + "\" (no name). Write name:parameter=value,...");
  }
  return {name, colon == std::string::npos ? "" : text.substr(colon + 1)};
}

Spec::Spec(std::string name, const std::string& values, const std::vector<SpecParameter>& declared)
    : name_(std::move(name)) {
  std::vector<std::string> known;
  for (const SpecParameter& one : declared) {
    values_[one.name] = one.fallback;
    known.push_back(one.name);
  }
  for (std::size_t begin = 0; begin < values.size();) {
    const std::size_t end = end_of_value(values, begin, known);
    const std::string piece = values.substr(begin, end - begin);
    const std::size_t equals = piece.find('=');
    const std::string parameter = piece.substr(0, equals);
    const auto found = std::find_if(declared.begin(), declared.end(),
                                    [&](const auto& one) { return one.name == parameter; });
    if (found == declared.end()) throw UnknownName("parameter of " + name_, parameter, known);
    if (equals == std::string::npos) {
      throw BadArgument(fmt::format("{}: {} has no value. Write {}={}.", name_, parameter,
                                    parameter, schema::to_string(found->fallback)));
    }
    if (given_.contains(parameter)) {
      throw BadArgument(fmt::format("{}: {} is given twice. Give it once.", name_, parameter));
    }
    given_[parameter] = values_[parameter] = read(*found, piece.substr(equals + 1), name_);
    if (values_[parameter] == found->fallback) given_.erase(parameter);
    begin = end + 1;
  }
  for (const SpecParameter& one : declared) {  // one that cannot be left out says so
    if (one.spelling && values_[one.name] == one.fallback) {
      one.spelling(std::get<std::string>(one.fallback));
    }
  }
}

std::int64_t Spec::integer(const std::string& parameter) const {
  return as<std::int64_t>(values_, name_, parameter);
}
double Spec::number(const std::string& parameter) const {
  return as<double>(values_, name_, parameter);
}
const std::string& Spec::text(const std::string& parameter) const {
  return as<std::string>(values_, name_, parameter);
}

std::string Spec::canonical() const {
  std::string text = name_;
  for (const auto& [parameter, value] : given_) {
    text += (text == name_ ? ":" : ",") + parameter + "=" + schema::to_string(value);
  }
  return text;
}

}  // namespace motley
