// Text of others (names of devices, reasons of drivers) inside documents of ours: it must not end
// a cell, start a tag or a command, or be computed by a spreadsheet.
#pragma once

#include <string>
#include <string_view>

namespace motley::analysis {

/// For element content and for attribute values in quotes.
std::string html(std::string_view text);
/// For one cell of a table or a line of text: no markup, no HTML, one line.
std::string markdown(std::string_view text);
/// For text of a document; control characters become blanks.
std::string latex(std::string_view text);
/// One field as RFC 4180 quotes it. Text that a spreadsheet would compute (it starts with = + - @,
/// a tab or a carriage return, and is no number) gets an apostrophe in front, as OWASP advises.
std::string csv(std::string_view text);

}  // namespace motley::analysis
