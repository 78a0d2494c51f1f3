#include "analysis/text.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

namespace motley::analysis {
namespace {

bool starts_a_code_point(char c) {
  return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u;
}

}  // namespace

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_a_code_point));
}

std::string clipped(std::string_view text, std::size_t width) {
  if (columns(text) <= width) return std::string(text);
  const std::size_t kept = width >= 2 ? width - 2 : 0;
  std::size_t end = 0, seen = 0;
  while (end < text.size() && (seen < kept || !starts_a_code_point(text[end]))) {
    seen += starts_a_code_point(text[end]) ? 1 : 0;
    ++end;
  }
  return std::string(text.substr(0, end)) + std::string(std::min<std::size_t>(width, 2), '.');
}

std::string left(std::string_view text, std::size_t width) {
  const std::string shown = clipped(text, width);
  return shown + std::string(width - columns(shown), ' ');
}

std::string right(std::string_view text, std::size_t width) {
  const std::string shown = clipped(text, width);
  return std::string(width - columns(shown), ' ') + shown;
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
  const std::size_t first = std::min(text.find_first_not_of(' '), text.size());
  std::string lines, line(std::min(first, width), ' ');
  bool has_words = false;
  while (!text.empty()) {
    const std::size_t space = text.find_first_of(" \n\t\r");
    const std::string word = clipped(text.substr(0, space), width - indent);
    text = space == std::string_view::npos ? std::string_view() : text.substr(space + 1);
    if (word.empty()) continue;
    if (has_words && columns(line) + 1 + columns(word) > width) {
      lines += line + "\n";
      line = std::string(indent, ' ') + word;
    } else {
      line += (has_words ? " " : "") + word;
    }
    has_words = true;
  }
  return lines + line + "\n";
}

std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\t' || c == '\r'; }, ' ');
  return text;
}

std::string trimmed(std::string_view lines) {
  std::string result;
  for (const char c : lines) {
    if (c == '\n') result.erase(result.find_last_not_of(' ') + 1);
    result += c;
  }
  return result;
}

std::string bytes_text(double bytes) {
  const char* unit = "B";
  for (const char* next : {"KiB", "MiB", "GiB"}) {
    if (bytes < 1024) break;
    bytes /= 1024;
    unit = next;
  }
  return fmt::format("{:.4g} {}", bytes, unit);
}

std::string seconds_text(double seconds) {
  // A bound a little below 1000 keeps 999.7 ns from being printed as 1e+03 ns.
  constexpr std::array<std::pair<const char*, double>, 3> units{
      {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}}};
  for (const auto& [unit, scale] : units) {
    if (seconds < 999.5 * scale) return fmt::format("{:.3g} {}", seconds / scale, unit);
  }
  return three_digits(seconds) + " s";
}

std::string three_digits(double value) {
  constexpr double more_than_a_person_reads = 1e15;
  const bool plain = value >= 99.95 && value < more_than_a_person_reads;
  return plain ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value);
}

std::string value_text(const std::string& name, double value) {
  if (name.find("seconds") != std::string::npos) return seconds_text(value);
  const char* unit = name.ends_with("flops_per_second")   ? "FLOP/s"
                     : name.ends_with("bytes_per_second") ? "B/s"
                     : name.ends_with("_per_second")      ? "/s"
                                                          : "";
  constexpr std::array<std::pair<double, const char*>, 4> prefixes{
      {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}}};
  for (const auto& [factor, prefix] : prefixes) {
    if (value >= factor) return three_digits(value / factor) + " " + prefix + unit;
  }
  return three_digits(value) + (*unit ? " " : "") + unit;
}

std::string quantity_text(const std::string& name, double value) {
  const auto scaled = [&](std::string_view ending, double unit, const char* unit_name) {
    std::string what = name.substr(0, name.size() - ending.size());
    if (what.ends_with('_')) what.pop_back();
    return fmt::format("{}{}{} {}", what, what.empty() ? "" : " ", three_digits(value / unit),
                       unit_name);
  };
  if (name.ends_with("bytes_per_second")) return scaled("bytes_per_second", 1e9, "GB/s");
  if (name.ends_with("flops_per_second")) return scaled("flops_per_second", 1e9, "GFLOP/s");
  if (name.ends_with("_seconds")) {
    return name.substr(0, name.size() - 8) + " " + seconds_text(value);
  }
  if (name.ends_with("_per_second")) return scaled("_per_second", 1, "/s");
  return name + " " + three_digits(value);
}

}  // namespace motley::analysis
