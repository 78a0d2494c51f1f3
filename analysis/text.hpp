// Figures and names as text of a known width. Numbers are SI everywhere else; only here, for
// printing, do they get prefixes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace motley::analysis {

/// Columns on a terminal: code points of UTF-8 (device names have them).
std::size_t columns(std::string_view text);
/// At most `width` columns; what is cut is shown by `..`.
std::string clipped(std::string_view text, std::size_t width);
/// Exactly `width` columns, clipped or filled with spaces.
std::string left(std::string_view text, std::size_t width);
std::string right(std::string_view text, std::size_t width);
/// Lines of at most `width` columns, broken at white space; later lines are indented, the first one
/// as far as the text is.
std::string wrapped(std::string_view text, std::size_t width = 80, std::size_t indent = 2);

/// Each white space becomes a blank: reasons may be logs of a compiler.
std::string one_line(std::string text);

/// Without spaces at the ends of lines.
std::string trimmed(std::string_view lines);

std::string bytes_text(double bytes);      ///< 64 KiB
std::string seconds_text(double seconds);  ///< 1.23 us
/// Three digits, or all of a number above 999: 7.21, 72.1, 721, 7210.
std::string three_digits(double value);

/// With the unit that the name ends with and a prefix: 1.23 us of seconds_per_operation, 448
/// GFLOP/s of flops_per_second.
std::string value_text(const std::string& name, double value);

/// A figure whose name ends with its unit: `read 5.00 GB/s` of read_bytes_per_second, 5e9.
std::string quantity_text(const std::string& name, double value);

}  // namespace motley::analysis
