#include "devices/description_layout.hpp"

#include <fmt/format.h>

#include "devices/linux/parse.hpp"

namespace motley::devices {

std::string wrapped(const std::string& label, const std::string& text) {
  constexpr std::size_t columns = 80;
  const std::string indent(label.size(), ' ');
  const std::size_t room = columns - label.size();
  std::vector<std::string> lines = {""};
  for (std::string word : split_words(text)) {
    if (!lines.back().empty() && lines.back().size() + 1 + word.size() > room) lines.emplace_back();
    for (; word.size() > room; word.erase(0, room)) {  // a path may be longer than a line
      lines.back() = word.substr(0, room);
      lines.emplace_back();
    }
    lines.back() += (lines.back().empty() ? "" : " ") + word;
  }
  std::string out = label + lines[0] + "\n";
  for (std::size_t i = 1; i < lines.size(); ++i) out += indent + lines[i] + "\n";
  return out;
}

std::string bytes_text(std::int64_t bytes) {
  const double b = static_cast<double>(bytes);
  if (bytes >= std::int64_t{1} << 30) return fmt::format("{:.1f} GiB", b / (1 << 30));
  if (bytes >= 1 << 20) return fmt::format("{:.4g} MiB", b / (1 << 20));
  if (bytes >= 1 << 10) return fmt::format("{:.4g} KiB", b / (1 << 10));
  return fmt::format("{} B", bytes);
}

std::string hertz_text(double hertz) {
  return hertz >= 1e9 ? fmt::format("{:.2f} GHz", hertz * 1e-9)
                      : fmt::format("{:.0f} MHz", hertz * 1e-6);
}

std::string join(const std::vector<std::string>& parts, const std::string& between) {
  std::string text;
  for (const std::string& part : parts) {
    if (!part.empty()) text += (text.empty() ? "" : between) + part;
  }
  return text;
}

std::string text_fact(const schema::Facts& facts, const std::string& name) {
  const auto* text = fact<std::string>(facts, name);
  return text != nullptr ? *text : std::string();
}

}  // namespace motley::devices
