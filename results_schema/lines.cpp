#include "results_schema/lines.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

#include "results_schema/json_lines.hpp"

namespace motley::schema {
namespace {

constexpr std::size_t buffer_bytes = 1 << 16;

std::ifstream opened(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::error_code error;
  if (!in || std::filesystem::is_directory(file, error)) {
    throw BadRecord(fmt::format(
        "{} cannot be read (no such file, or no permission). Check the name.", file.string()));
  }
  return in;
}

}  // namespace

Lines::Lines(const std::filesystem::path& file, std::size_t most_bytes)
    : most_bytes_(most_bytes), in_(opened(file)), buffer_(buffer_bytes) {}

bool Lines::fill() {
  if (begin_ < end_) return true;
  in_.read(buffer_.data(), std::ssize(buffer_));
  begin_ = 0;
  end_ = static_cast<std::size_t>(in_.gcount());
  return end_ > 0;
}

bool Lines::next() {
  bool any = false;
  if (!skipping_) text_.clear();
  whole_ = too_long_ = false;
  while (fill()) {
    const char* from = buffer_.data() + begin_;
    const auto* newline = static_cast<const char*>(std::memchr(from, '\n', end_ - begin_));
    const std::size_t bytes = newline ? static_cast<std::size_t>(newline - from) : end_ - begin_;
    if (skipping_) {  // the rest of a line that was too long
      begin_ += bytes + (newline ? 1 : 0);
      if (newline) {
        skipping_ = false;
        text_.clear();
      }
      continue;
    }
    any = true;
    const std::size_t room = most_bytes_ - text_.size();
    text_.append(from, std::min(bytes, room));
    if (bytes > room) {
      too_long_ = skipping_ = true;
      begin_ += room;
      break;
    }
    begin_ += bytes + (newline ? 1 : 0);
    whole_ = newline != nullptr;
    if (whole_) break;
  }
  if (any) ++number_;
  return any;
}

void Lines::refuse_long() const {
  if (too_long_) {
    throw BadRecord(
        fmt::format("longer than {} bytes (no record is; it was not read)", most_bytes_));
  }
}

std::string whole_file(const std::filesystem::path& file, std::size_t most_bytes) {
  std::ifstream in = opened(file);
  std::string text;
  std::vector<char> buffer(buffer_bytes);
  while (in.read(buffer.data(), std::ssize(buffer)), in.gcount() > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(in.gcount()));
    if (text.size() > most_bytes) {
      throw BadRecord(
          fmt::format("{}: more than {} bytes (it cannot be what it is taken for). "
                      "Check the name.",
                      file.string(), most_bytes));
    }
  }
  return text;
}

}  // namespace motley::schema
