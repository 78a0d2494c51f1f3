// Two programs measured in turns (ABBA), a fresh process each, so that a machine that drifts or
// throttles does to both what it does.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "analysis/alternate.hpp"

namespace motley::cli {

struct Alternation {
  std::filesystem::path first, second;   ///< programs
  std::vector<std::string> run_options;  ///< of motley run
  analysis::Pairs pairs;
  std::filesystem::path folder;  ///< for records; they stay
};

/// Progress on standard error, until Ctrl-C. Throws Error where a program fails, BadArgument for
/// options that it gives itself.
analysis::Alternated alternate(const Alternation& request, const analysis::CompareOptions& options);

}  // namespace motley::cli
