// Is every line of a file valid against record.schema.json, and is the file whole?
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace motley::schema {

/// The JSON Schema (draft-07) as text: the contract, embedded in the program.
std::string_view json_schema();

/// What is wrong with one line; empty if it is valid.
std::vector<std::string> defects_of_line(std::string_view line);

struct Validation {
  std::vector<std::string> defects;  ///< `line 12: samples/host_seconds/3: expected number ...`
  std::int64_t lines = 0;
  bool ended = false;  ///< an end line closes the last run
};
/// Throws BadRecord if the file cannot be read.
Validation validate_file(const std::filesystem::path& file);

}  // namespace motley::schema
