// What do the few formats of sysfs and procfs files mean? Nothing here reads a file; what does not
// parse is nothing, because a kernel or vendor may write anything.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace motley::devices {

/// The first word as a decimal or 0x number; trailing text such as `%` or `kB` is passed over.
std::optional<std::int64_t> parse_integer(std::string_view text);
std::optional<double> parse_number(std::string_view text);

/// `0-3,6` (Documentation/admin-guide/cputopology.rst) as {0,1,2,3,6}; nothing if it is no list.
std::optional<std::vector<int>> parse_cpu_list(std::string_view text);
/// {0,1,2,3,6} as `0-3,6`; the cores are sorted and made unique first.
std::string format_cpu_list(std::vector<int> cores);

/// `48K`, `2048 kB`, `1M`, `64` in bytes: sysfs' and procfs' K and kB are 1024.
std::optional<std::int64_t> parse_bytes(std::string_view text);

/// `name <separator> value` lines, trimmed; the first of equal names wins.
std::map<std::string, std::string> parse_pairs(std::string_view text, char separator);

std::vector<std::string> split_words(std::string_view text);
std::vector<std::string> split_lines(std::string_view text);
std::string_view trimmed(std::string_view text);

}  // namespace motley::devices
