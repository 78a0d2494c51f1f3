// The tables of a summary: one for each family of headlines. Each is empty where nothing was
// measured; no line is wider than 80 columns.
#pragma once

#include <string>
#include <vector>

#include "analysis/headlines.hpp"

namespace motley::analysis {

struct SummaryInput {
  const schema::Log& log;
  std::vector<std::string> processors;  ///< in the order of the log
  std::vector<Headline> headlines;
};

/// Peaks, clock, launches, atomics: processors side by side.
std::string side_by_side_tables(const SummaryInput& input);
/// Bandwidth and latency by level of memory: one table a processor.
std::string memory_tables(const SummaryInput& input, const std::string& processor);
/// One row for each kind of transfer and processor.
std::string transfer_table(const SummaryInput& input);

/// What a row without a figure says: suspect, wrong, failed, unsupported, skipped or nothing.
std::string status_of(const schema::Log& log, const std::string& case_name,
                      const std::string& processor);

}  // namespace motley::analysis
