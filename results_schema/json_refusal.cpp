#include "results_schema/json_refusal.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "results_schema/json_lines.hpp"

namespace motley::schema {
namespace {

using Json = nlohmann::json;

std::size_t end_of_text(std::string_view line, std::size_t begin) {
  std::size_t at = begin + 1;
  while (at < line.size() && line[at] != '"') at += line[at] == '\\' ? 2 : 1;
  return std::min(at + 1, line.size());
}

template <class T>
bool beyond(std::string_view number) {
  T ignored{};
  const char* end = number.data() + number.size();
  return std::from_chars(number.data(), end, ignored).ec == std::errc::result_out_of_range;
}

bool beyond_64_bits(std::string_view number) {
  if (number.find_first_of(".eE") != std::string_view::npos) return false;
  return number.starts_with('-') ? beyond<std::int64_t>(number) : beyond<std::uint64_t>(number);
}

}  // namespace

std::string with_real_numbers(std::string_view line) {
  constexpr std::string_view of_numbers = "0123456789+-.eE";
  std::string text;
  std::size_t end = 0;
  for (std::size_t begin = 0; begin < line.size(); begin = end) {
    if (line[begin] == '"') {
      end = end_of_text(line, begin);
    } else if (of_numbers.find(line[begin]) == std::string_view::npos) {
      end = std::min(line.find_first_of("\"-0123456789", begin), line.size());
    } else {
      end = std::min(line.find_first_not_of(of_numbers, begin), line.size());
    }
    const std::string_view part = line.substr(begin, end - begin);
    text += part;
    if (beyond_64_bits(part)) text += "e0";
  }
  return text;
}

void refuse_json(std::string_view line) {
  const auto watch = [](int depth, Json::parse_event_t, Json&) {
    if (depth > deepest) throw BadRecord(too_deep);
    return true;
  };
  try {
    const Json ignored = Json::parse(line, watch);
  } catch (const Json::exception& error) {
    throw BadRecord(fmt::format("not JSON: {}", error.what()));
  }
  throw BadRecord("not JSON");
}

}  // namespace motley::schema
