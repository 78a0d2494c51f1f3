#include "analysis/history_rows.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>

#include "analysis/run_figures.hpp"

namespace motley::analysis {
namespace {

bool completed(const schema::Log& log, std::size_t run) {
  return std::any_of(log.ends.begin(), log.ends.end(), [run](const schema::End& end) {
    return end.run == run && end.reason == "complete";
  });
}

bool goes_on_with(const schema::Log& log, std::size_t next) {
  const schema::Run& before = log.runs[next - 1];
  const schema::Run& run = log.runs[next];
  return !completed(log, next - 1) && run.device.id == before.device.id &&
         run.commit == before.commit && run.dirty == before.dirty && run.build == before.build &&
         run.exec_context == before.exec_context && run.emulated == before.emulated;
}

bool usable(double value) {
  return std::isfinite(value) && value > 0;
}

/// The earlier the more a status says.
constexpr std::array<schema::Status, 6> by_rank{
    schema::Status::ok,     schema::Status::suspect,     schema::Status::wrong,
    schema::Status::failed, schema::Status::unsupported, schema::Status::skipped};

schema::Status best_status(const std::map<schema::Status, int>& blocks) {
  const auto found = std::find_if(by_rank.begin(), by_rank.end(),
                                  [&](schema::Status one) { return blocks.contains(one); });
  return found == by_rank.end() ? schema::Status::skipped : *found;
}

/// Of suspect blocks, which have no figures elsewhere.
using Suspect = std::map<std::string, std::map<std::string, std::map<int, std::vector<double>>>>;

Suspect suspect_figures(const schema::Log& run) {
  Suspect all;
  for (const schema::Block& block : run.blocks) {
    const bool held_back = block.validity && block.validity->verdict == "invalid";
    if (block.status != schema::Status::suspect && !held_back) continue;
    for (const auto& [name, value] : answers(block)) {
      auto& values = all[to_string(block.key)][name];
      if (usable(value)) values[block.process].push_back(value);
    }
  }
  return all;
}

/// Rows by question and figure: processes that chose differently answer the same.
class Rows {
 public:
  HistoryRow& row(const schema::Key& question, const std::string& metric, const MeasuredKey& one) {
    const std::string status = to_string(best_status(one.blocks));
    const auto [place, is_new] = places_.try_emplace({to_string(question), metric}, all.size());
    if (is_new) all.push_back({question, metric, status, status == "ok" ? "" : one.reason, {}});
    HistoryRow& row = all[place->second];
    if (row.status != "ok" && status == "ok") row = {question, metric, status, "", {}};
    return row;
  }
  std::vector<HistoryRow> all;

 private:
  std::map<std::pair<std::string, std::string>, std::size_t> places_;
};

void append(const std::map<int, std::vector<double>>& from, HistoryRow& to) {
  for (const auto& [process, values] : from) {
    for (const double value : values) {
      if (usable(value)) to.by_process[process].push_back(value);
    }
  }
}

RunFigures figures_of(const schema::Log& run) {
  FigureReader reader;
  reader.begin_file("");
  for (const schema::Run& one : run.runs) reader.take(one);
  for (const schema::Block& block : run.blocks) reader.take(block);
  return reader.figures();
}

/// The figure that a key would have, had it any.
std::map<std::string, std::string> metrics_of(const schema::Log& run) {
  std::map<std::string, std::string> all;
  for (const schema::Block& block : run.blocks) {
    const auto found = answers(block);
    all.try_emplace(to_string(block.key),
                    found.empty() ? to_string(block.metric) : found.begin()->first);
  }
  return all;
}

}  // namespace

std::vector<schema::Log> separate_runs(const schema::Log& log) {
  std::vector<schema::Log> all;
  std::vector<std::size_t> log_of_run;
  for (std::size_t i = 0; i < log.runs.size(); ++i) {
    if (i == 0 || !goes_on_with(log, i)) all.emplace_back();
    log_of_run.push_back(all.size() - 1);
    all.back().runs.push_back(log.runs[i]);
  }
  const auto share = [&](const auto& records, auto member) {
    for (const auto& record : records) {
      if (record.run < log_of_run.size()) {
        (all[log_of_run[record.run]].*member).push_back(record);
      }
    }
  };
  share(log.blocks, &schema::Log::blocks);
  share(log.ends, &schema::Log::ends);
  return all;
}

std::vector<HistoryRow> history_rows(const schema::Log& run) {
  const RunFigures figures = figures_of(run);
  const Suspect suspect = suspect_figures(run);
  const std::map<std::string, std::string> metrics = metrics_of(run);
  std::map<std::string, std::set<std::string>> chosen;  // by case
  for (const MeasuredKey& one : figures.keys) {
    chosen[one.key.case_name].insert(one.selected.begin(), one.selected.end());
  }
  Rows rows;
  for (const MeasuredKey& one : figures.keys) {
    schema::Key question = one.key;
    if (!one.selected.empty()) {
      for (const std::string& axis : chosen[one.key.case_name]) question.parameters.erase(axis);
    }
    for (const auto& [metric, of_metric] : one.figures) {
      append(of_metric.values, rows.row(question, metric, one));
    }
    if (!one.figures.empty()) continue;
    const auto kept = suspect.find(to_string(one.key));
    if (kept == suspect.end() || kept->second.empty()) {
      rows.row(question, metrics.at(to_string(one.key)), one);
      continue;
    }
    for (const auto& [metric, values] : kept->second) {
      HistoryRow& row = rows.row(question, metric, one);
      if (row.status != "ok") append(values, row);
    }
  }
  return std::move(rows.all);
}

}  // namespace motley::analysis
