// What of a log goes into a history: runs, a resumed one as one, and a row for each figure that
// answers a question. What Motley chose itself is no part of the question, as in compare.hpp: with
// another choice the series goes on.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "results_schema/record.hpp"

namespace motley::analysis {

struct HistoryRow {
  schema::Key key;  ///< without what was chosen
  std::string metric;
  std::string status, reason;                     ///< the best of its blocks; why, unless ok
  std::map<int, std::vector<double>> by_process;  ///< figures with that status, above 0
};

/// Records of one run, and of those that resumed it.
std::vector<schema::Log> separate_runs(const schema::Log& log);

/// Of one log that separate_runs gave.
std::vector<HistoryRow> history_rows(const schema::Log& run);

}  // namespace motley::analysis
