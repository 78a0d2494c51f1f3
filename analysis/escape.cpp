#include "analysis/escape.hpp"

#include "results_schema/csv.hpp"

namespace motley::analysis {
namespace {

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

}  // namespace

std::string html(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\'':
        safe += "&#39;";
        break;
      default:
        safe += is_control(c) && c != '\n' && c != '\t' ? ' ' : c;
    }
  }
  return safe;
}

std::string markdown(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      default:
        if (std::string_view("\\`*_[]|#~!$@").find(c) != std::string_view::npos) safe += '\\';
        safe += is_control(c) ? ' ' : c;
    }
  }
  return safe;
}

std::string latex(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '\\':
        safe += "\\textbackslash{}";
        break;
      case '~':
        safe += "\\textasciitilde{}";
        break;
      case '^':
        safe += "\\textasciicircum{}";
        break;
      case '<':
        safe += "\\textless{}";
        break;
      case '>':
        safe += "\\textgreater{}";
        break;
      case '|':
        safe += "\\textbar{}";
        break;
      case '"':
        safe += "\\textquotedbl{}";
        break;
      case '-':
        safe += "-{}";
        break;
      default:
        if (std::string_view("&%$#_{}").find(c) != std::string_view::npos) safe += '\\';
        safe += is_control(c) ? ' ' : c;
    }
  }
  return safe;
}

std::string csv(std::string_view text) {
  return schema::csv_field(text);
}

}  // namespace motley::analysis
