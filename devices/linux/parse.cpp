#include "devices/linux/parse.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace motley::devices {
namespace {

constexpr std::string_view blanks = std::string_view(" \t\r\n\0", 5);
/// Far above any kernel's CONFIG_NR_CPUS: a longer list is not a list of cores.
constexpr int most_cores = 1 << 16;

std::optional<int> parse_core(std::string_view text) {
  int value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (value < 0 || value >= most_cores) return std::nullopt;
  return value;
}

template <class Take>
void for_each_piece(std::string_view text, std::string_view separators, Take take) {
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find_first_of(separators, begin), text.size());
    take(text.substr(begin, end - begin));
    begin = end + 1;
  }
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  for_each_piece(text, blanks, [&](std::string_view word) {
    if (!word.empty()) words.emplace_back(word);
  });
  return words;
}

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  for_each_piece(text, "\n", [&](std::string_view line) { lines.emplace_back(line); });
  return lines;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  text = trimmed(text);
  const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  if (hexadecimal) {
    std::uint64_t bits = 0;  // a MIDR or mask may use the top bit
    const auto parsed = std::from_chars(text.data() + 2, text.data() + text.size(), bits, 16);
    if (parsed.ec != std::errc()) return std::nullopt;
    return static_cast<std::int64_t>(bits);
  }
  std::int64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  return parsed.ec == std::errc() ? std::optional(value) : std::nullopt;
}

std::optional<double> parse_number(std::string_view text) {
  const std::string word(trimmed(text));  // no std::from_chars(double) in every C++20 library
  char* end = nullptr;
  const double value = std::strtod(word.c_str(), &end);
  if (end == word.c_str() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<std::vector<int>> parse_cpu_list(std::string_view text) {
  std::vector<int> cores;
  bool valid = true;
  text = trimmed(text);
  if (text.empty()) return cores;
  for_each_piece(text, ",", [&](std::string_view piece) {
    const std::size_t dash = piece.find('-');
    const auto first = parse_core(trimmed(piece.substr(0, dash)));
    const auto last =
        dash == std::string_view::npos ? first : parse_core(trimmed(piece.substr(dash + 1)));
    if (!first || !last || *last < *first) {
      valid = false;
      return;
    }
    for (int core = *first; core <= *last; ++core) cores.push_back(core);
  });
  if (!valid) return std::nullopt;
  std::sort(cores.begin(), cores.end());
  cores.erase(std::unique(cores.begin(), cores.end()), cores.end());
  return cores;
}

std::string format_cpu_list(std::vector<int> cores) {
  std::sort(cores.begin(), cores.end());
  cores.erase(std::unique(cores.begin(), cores.end()), cores.end());
  std::string text;
  for (std::size_t i = 0; i < cores.size();) {
    std::size_t last = i;
    while (last + 1 < cores.size() && cores[last + 1] == cores[last] + 1) ++last;
    if (!text.empty()) text += ',';
    text += std::to_string(cores[i]);
    if (last > i) text += '-' + std::to_string(cores[last]);
    i = last + 1;
  }
  return text;
}

std::optional<std::int64_t> parse_bytes(std::string_view text) {
  text = trimmed(text);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value < 0) return std::nullopt;
  const std::string_view unit = trimmed(text.substr(static_cast<std::size_t>(end - text.data())));
  int shift = 0;
  if (unit.empty() || unit == "B") {
    shift = 0;
  } else if (unit[0] == 'K' || unit[0] == 'k') {
    shift = 10;
  } else if (unit[0] == 'M') {
    shift = 20;
  } else if (unit[0] == 'G') {
    shift = 30;
  } else {
    return std::nullopt;
  }
  if (value > (std::numeric_limits<std::int64_t>::max() >> shift)) return std::nullopt;
  return value << shift;
}

std::map<std::string, std::string> parse_pairs(std::string_view text, char separator) {
  std::map<std::string, std::string> pairs;
  for_each_piece(text, "\n", [&](std::string_view line) {
    const std::size_t at = line.find(separator);
    if (at == std::string_view::npos) return;
    pairs.emplace(trimmed(line.substr(0, at)), trimmed(line.substr(at + 1)));
  });
  return pairs;
}

}  // namespace motley::devices
