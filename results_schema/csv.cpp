#include "results_schema/csv.hpp"

#include <cstdlib>

namespace motley::schema {
namespace {

bool is_number(const std::string& text) {
  char* end = nullptr;
  std::strtod(text.c_str(), &end);
  return end != text.c_str() && end == text.c_str() + text.size();
}

}  // namespace

std::string csv_field(std::string_view text) {
  std::string field(text);
  const bool computed = !field.empty() &&
                        std::string_view("=+-@\t\r").find(field[0]) != std::string_view::npos &&
                        !is_number(field);
  if (computed) field.insert(0, 1, '\'');
  if (field.find_first_of(",\"\r\n") == std::string::npos) return field;
  std::string quoted = "\"";
  for (const char c : field) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace motley::schema
