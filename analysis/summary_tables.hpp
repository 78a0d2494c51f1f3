// The tables of a summary: one for each family of headlines. Each is empty where nothing was
// measured; no line is wider than 80 columns.
#pragma once

#include <string>
#include <vector>

#include "analysis/headline_transfers.hpp"
#include "analysis/headlines.hpp"
#include "analysis/measurement.hpp"

namespace motley::analysis {

struct SummaryInput {
  const schema::Log& log;
  std::vector<std::string> processors;  ///< in the order of the log
  std::vector<Headline> headlines;
  std::vector<TransferHeadline> transfers;
};

/// Peaks, clock, launches, atomics: processors side by side.
std::string side_by_side_tables(const SummaryInput& input);
/// Bandwidth and latency by level of memory, then what has no level: for one processor.
std::string memory_tables(const SummaryInput& input, const std::string& processor);
/// One row for each kind of transfer and processor.
std::string transfer_table(const SummaryInput& input);

/// A row for each network, processor and residency mode: time, ratio to the CPU, where it goes.
std::string network_tables(const SummaryInput& input, const std::vector<Measurement>& all);
/// A row for each operator, shape, direction and implementation, the fastest first.
std::string operator_tables(const std::vector<Measurement>& all);

/// A row for each block of a scenario with queries: rate, percentiles of latency, why not valid.
std::string query_table(const schema::Log& log);
/// Workloads by loads: slowdowns, rank correlations, what each load achieved.
std::string interference_table(const schema::Log& log);

/// What a row without a figure says: suspect, wrong, failed, unsupported, skipped or nothing.
std::string status_of(const schema::Log& log, const std::string& case_name,
                      const std::string& processor);

/// A case without a figure on a processor, though it is not unsupported there.
struct Missing {
  std::string case_name, processor;
  std::string why;  ///< failed: the reason
};
/// In the order of the log.
std::vector<Missing> missing(const SummaryInput& input, const std::string& family);

}  // namespace motley::analysis
