#include "devices/linux/files.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <system_error>
#include <unistd.h>

#include "devices/linux/parse.hpp"

namespace motley::devices {
namespace {

Reading::State state_of(int error) {
  return error == EACCES || error == EPERM ? Reading::State::denied : Reading::State::absent;
}

std::string reason_of(int error, const std::string& path) {
  return path + ": " + std::generic_category().message(error);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Digits compare as numbers: their run's length decides before its characters.
bool natural_less(const std::string& a, const std::string& b) {
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) && is_digit(b[j])) {
      const std::size_t a_end = std::min(a.find_first_not_of("0123456789", i), a.size());
      const std::size_t b_end = std::min(b.find_first_not_of("0123456789", j), b.size());
      if (a_end - i != b_end - j) return a_end - i < b_end - j;
    }
    if (a[i] != b[j]) return a[i] < b[j];
    ++i, ++j;
  }
  return a.size() - i < b.size() - j;
}

}  // namespace

std::filesystem::path Files::under_root(const std::string& path) const {
  return root_ / std::filesystem::path(path).relative_path();
}

FileText Files::read(const std::string& path) const {
  const int file = ::open(under_root(path).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return {state_of(errno), {}, reason_of(errno, path)};
  std::string text;
  std::array<char, 4096> piece;
  for (;;) {
    const ssize_t got = ::read(file, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {  // a sensor that is asleep answers EAGAIN, EIO, ENODATA ... behind an open file
      const int error = errno;
      ::close(file);
      return {state_of(error), {}, reason_of(error, path)};
    }
    if (got == 0) break;
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
  ::close(file);
  while (!text.empty() && std::string_view(" \t\r\n\0", 5).find(text.back()) != text.npos) {
    text.pop_back();  // devicetree strings end in a NUL
  }
  return {Reading::State::value, std::move(text), {}};
}

std::string Files::write(const std::string& path, const std::string& text) const {
  const int file = ::open(under_root(path).c_str(), O_WRONLY | O_CLOEXEC | O_TRUNC);
  if (file < 0) return reason_of(errno, path);
  ssize_t put = -1;  // in one call: sysfs takes each as a whole value
  do {
    put = ::write(file, text.data(), text.size());
  } while (put < 0 && errno == EINTR);
  const int error = put < 0 ? errno : EIO;
  ::close(file);
  return put == static_cast<ssize_t>(text.size()) ? "" : reason_of(error, path);
}

Listing Files::list(const std::string& directory) const {
  std::error_code error;
  std::filesystem::directory_iterator entry(under_root(directory), error);
  if (error) return {state_of(error.value()), {}, reason_of(error.value(), directory)};
  Listing listing{Reading::State::value, {}, {}};
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    listing.names.push_back(entry->path().filename().string());
  }
  std::sort(listing.names.begin(), listing.names.end(), natural_less);
  return listing;
}

std::optional<std::string> Files::text(const std::string& path) const {
  FileText file = read(path);
  if (!file.has_value() || file.text.empty()) return std::nullopt;
  return std::move(file.text);
}

std::optional<std::int64_t> Files::integer(const std::string& path) const {
  const FileText file = read(path);
  return file.has_value() ? parse_integer(file.text) : std::nullopt;
}

std::vector<std::string> Files::numbered(const std::string& directory,
                                         const std::string& prefix) const {
  std::vector<std::string> names = list(directory).names;
  std::erase_if(names, [&](const std::string& name) {
    return !name.starts_with(prefix) || name.size() == prefix.size() ||
           !std::all_of(name.begin() + static_cast<std::ptrdiff_t>(prefix.size()), name.end(),
                        is_digit);
  });
  return names;
}

}  // namespace motley::devices
