#include "analysis/escape.hpp"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "results_schema/csv.hpp"

namespace motley::analysis {
namespace {

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

/// Signs as what stands for them, `escaped` ones behind a backslash, control characters but `kept`
/// ones as blanks.
std::string replaced(std::string_view text,
                     std::initializer_list<std::pair<char, std::string_view>> signs,
                     std::string_view escaped, std::string_view kept = "") {
  std::string safe;
  for (const char c : text) {
    const auto sign =
        std::find_if(signs.begin(), signs.end(), [&](const auto& one) { return one.first == c; });
    if (sign != signs.end()) {
      safe += sign->second;
      continue;
    }
    if (escaped.find(c) != std::string_view::npos) safe += '\\';
    safe += is_control(c) && kept.find(c) == std::string_view::npos ? ' ' : c;
  }
  return safe;
}

}  // namespace

std::string html(std::string_view text) {
  return replaced(text,
                  {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}},
                  "", "\n\t");
}

std::string markdown(std::string_view text) {
  return replaced(text, {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}}, "\\`*_[]|#~!$@");
}

std::string latex(std::string_view text) {
  return replaced(text,
                  {{'\\', "\\textbackslash{}"},
                   {'~', "\\textasciitilde{}"},
                   {'^', "\\textasciicircum{}"},
                   {'<', "\\textless{}"},
                   {'>', "\\textgreater{}"},
                   {'|', "\\textbar{}"},
                   {'"', "\\textquotedbl{}"},
                   {'-', "-{}"}},
                  "&%$#_{}");
}

std::string csv(std::string_view text) {
  return schema::csv_field(text);
}

}  // namespace motley::analysis
