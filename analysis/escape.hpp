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
/// See schema::csv_field.
std::string csv(std::string_view text);

}  // namespace motley::analysis
