#include "harness/axis_values.hpp"

#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <optional>

#include "harness/error.hpp"

namespace motley {
namespace {

constexpr std::size_t most_values = 10000;

[[noreturn]] void refuse(const std::string& text, const std::string& why) {
  throw BadArgument(
      fmt::format("cannot read --set {} ({}). Write axis=a,b,c or axis=a..b*m or "
                  "axis=a..b+s.",
                  text, why));
}

template <class T>
std::optional<T> whole_text_as(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t unit = 1;
  if (!text.empty()) {
    const char suffix = text.back();
    if (suffix == 'K') unit = std::int64_t{1} << 10;
    if (suffix == 'M') unit = std::int64_t{1} << 20;
    if (suffix == 'G') unit = std::int64_t{1} << 30;
    if (unit != 1) text.remove_suffix(1);
  }
  const auto number = whole_text_as<std::int64_t>(text);
  std::int64_t product = 0;
  if (!number || __builtin_mul_overflow(*number, unit, &product)) return std::nullopt;
  return product;
}

double as_number(const schema::Value& value, const std::string& all) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  if (const auto* number = std::get_if<double>(&value)) return *number;
  refuse(all, "a range needs numbers");
}

schema::Value from_number(double number, bool whole) {
  if (whole) return static_cast<std::int64_t>(std::llround(number));
  return number;
}

/// 0.3 where a person would have written 0.3, not 0.30000000000000004.
double as_written(double number) {
  return std::stod(fmt::format("{:.12g}", number));
}

/// a..b*m or a..b+s
std::vector<schema::Value> parse_range(const std::string& piece, std::size_t dots,
                                       const std::string& all) {
  const std::size_t sign = piece.find_first_of("*+", dots + 2);
  if (sign == std::string::npos) refuse(all, "a range needs a step: *m or +s");
  const schema::Value low = parse_value(piece.substr(0, dots));
  const schema::Value high = parse_value(piece.substr(dots + 2, sign - dots - 2));
  const schema::Value step_value = parse_value(piece.substr(sign + 1));
  const double end = as_number(high, all), step = as_number(step_value, all);
  const bool multiply = piece[sign] == '*';
  const bool whole = std::holds_alternative<std::int64_t>(low) &&
                     std::holds_alternative<std::int64_t>(high) &&
                     (multiply || std::holds_alternative<std::int64_t>(step_value));
  const double begin = as_number(low, all);
  double value = begin;
  if (multiply ? !(step > 1) || !(value > 0) : !(step > 0)) refuse(all, "the range never ends");
  std::vector<schema::Value> values;
  while (value <= end * (1 + 1e-12)) {
    if (values.size() >= most_values) refuse(all, "more than 10000 values");
    values.push_back(from_number(as_written(value), whole));
    value = multiply ? value * step : begin + static_cast<double>(values.size()) * step;
  }
  if (values.empty()) refuse(all, "the range is empty");
  return values;
}

}  // namespace

schema::Value parse_value(const std::string& text) {
  if (const auto whole = whole_number(text)) return *whole;
  if (const auto number = whole_text_as<double>(text); number && std::isfinite(*number)) {
    return *number;
  }
  return text;
}

AxisValues parse_axis_values(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) refuse(text, "no axis before a '='");
  AxisValues result{text.substr(0, equals), {}};
  for (std::size_t begin = equals + 1; begin <= text.size();) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    const std::string piece = text.substr(begin, comma - begin);
    if (piece.empty()) refuse(text, "an empty value");
    if (const std::size_t dots = piece.find(".."); dots != std::string::npos) {
      const auto values = parse_range(piece, dots, text);
      result.values.insert(result.values.end(), values.begin(), values.end());
    } else {
      result.values.push_back(parse_value(piece));
    }
    begin = comma + 1;
  }
  return result;
}

}  // namespace motley
