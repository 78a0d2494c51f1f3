// What becomes of a line that the fast parser refuses? It does not say where the fault is, and it
// refuses whole numbers beyond 64 bits, which are numbers all the same.
#pragma once

#include <string>
#include <string_view>

namespace motley::schema {

/// Nesting beyond this is an attack on the parser's stack, not a record.
inline constexpr int deepest = 32;
inline constexpr const char* too_deep = "nested too deeply for a record";

/// The line with an exponent of 0 behind each whole number beyond 64 bits.
std::string with_real_numbers(std::string_view line);

/// Throws BadRecord: too_deep, or why it is not JSON, with the column.
[[noreturn]] void refuse_json(std::string_view line);

}  // namespace motley::schema
