// What a person reads of a history, and what a program takes from it.
#pragma once

#include <string>
#include <vector>

#include "analysis/history.hpp"
#include "analysis/history_changes.hpp"
#include "analysis/table.hpp"

namespace motley::analysis {

/// A person gets few columns with short names; a program gets all.
enum class Reader { person, program };

/// One row a run, the latest last.
Table history_runs(const std::vector<HistoryRun>& runs, Reader reader);
/// One row a figure of one run.
Table history_points(const std::vector<HistorySeries>& series, Reader reader);

struct Examined {
  HistorySeries series;
  SeriesChanges changes;
};
std::vector<Examined> examined(std::vector<HistorySeries> series);

/// One row a series: how many runs, the newest figure, level and noise since the last change.
Table history_series(const std::vector<Examined>& all, Reader reader);
/// One row a change or creeping level, also those that are accepted.
Table history_changes(const std::vector<Examined>& all, Reader reader);
/// How many series changed, how many are too short to say.
std::string changes_sentence(const std::vector<Examined>& all);

}  // namespace motley::analysis
