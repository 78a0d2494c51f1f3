// One field of CSV that no spreadsheet computes.
#pragma once

#include <string>
#include <string_view>

namespace motley::schema {

/// Quoted as RFC 4180 says where a comma, quote or line break makes it necessary. Text that a
/// spreadsheet would take for a formula (it starts with = + - @, a tab or a carriage return, and is
/// no number) gets an apostrophe in front, as OWASP advises ("CSV Injection").
std::string csv_field(std::string_view text);

}  // namespace motley::schema
