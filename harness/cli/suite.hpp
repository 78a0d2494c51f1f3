// A suite is a data file that says what `motley run --suite` measures: parts, each with its cases,
// processors, scenarios and loads, and how often. Those in harness/suites/ are part of the program.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/error.hpp"
#include "harness/supervisor.hpp"

namespace motley::cli {

struct Suite {
  std::string name, summary;
  std::string tier = "standard";
  std::optional<int> processes, rounds;
  std::optional<double> budget_seconds, block_seconds;
  std::vector<Part> parts;  ///< selections of the suite's tier
};

/// A file of a suite that is not what it should be.
class BadSuite : public Error {
  using Error::Error;
};

/// Of the program, or a file that ends in .json. Throws UnknownName for another name, BadSuite.
Suite find_suite(const std::string& name);
std::vector<Suite> suites();

struct SuiteFile {
  std::string_view name, text;
};
/// Embedded; made by CMake of what is in the folder.
std::vector<SuiteFile> suite_files();

}  // namespace motley::cli
