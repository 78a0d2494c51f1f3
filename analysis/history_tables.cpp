#include "analysis/history_tables.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "analysis/text.hpp"

namespace motley::analysis {
namespace {

constexpr std::size_t shown_of_a_commit = 8, shown_of_a_time = 16;

Cell figure_cell(const std::string& metric, double value) {
  return {value_text(metric, value), value};
}

Cell percent_cell(double share) {
  return {fmt::format("{:+.1f} %", share * 100), share};
}

Cell count_cell(std::size_t count) {
  return {fmt::format("{}", count), static_cast<double>(count)};
}

std::string commit_text(const std::string& commit, bool dirty = false) {
  return commit.substr(0, shown_of_a_commit) + (dirty ? "+" : "");
}

/// 2026-01-02 03:04 of 2026-01-02T03:04:05Z.
std::string time_text(const std::string& started) {
  std::string text = started.substr(0, shown_of_a_time);
  std::replace(text.begin(), text.end(), 'T', ' ');
  return text;
}

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream in(text);
  for (std::string word; in >> word;) all.push_back(word);
  if (all.empty()) all.emplace_back();
  return all;
}

/// What tells series apart, for a person: parameters that all shown ones of a case have alike are
/// left out, and the unit of a figure tells the usual metrics.
class Labels {
 public:
  explicit Labels(const std::vector<const HistorySeries*>& shown) {
    std::map<std::string, std::set<std::string>> names;
    for (const HistorySeries* one : shown) names[words(one->name).front()].insert(one->name);
    for (const auto& [case_name, of_case] : names) {
      const auto first = words(*of_case.begin());
      std::set<std::string> common(first.begin(), first.end());
      for (const std::string& name : of_case) {
        const auto all = words(name);
        std::erase_if(common, [&](const std::string& word) {
          return std::find(all.begin(), all.end(), word) == all.end();
        });
      }
      common_[case_name] = std::move(common);
    }
  }
  std::string of(const HistorySeries& series) const {
    static const std::set<std::string> usual = {"flops_per_second", "bytes_per_second",
                                                "seconds_per_operation", "operations_per_second"};
    const std::vector<std::string> all = words(series.name);
    std::string text = all.front();
    for (std::size_t i = 1; i < all.size(); ++i) {
      if (!common_.at(all.front()).contains(all[i])) text += " " + all[i];
    }
    return text + " " + series.processor_id +
           (usual.contains(series.metric) ? "" : " " + series.metric);
  }

 private:
  std::map<std::string, std::set<std::string>> common_;  ///< words by case
};

Labels labels_of(const std::vector<Examined>& all) {
  std::vector<const HistorySeries*> shown;
  for (const Examined& one : all) shown.push_back(&one.series);
  return Labels(shown);
}

std::vector<Column> series_columns(Reader reader) {
  if (reader == Reader::person) return {{"series", false, ""}, {"no.", true, ""}};
  return {{"series", true, ""}, {"device", false, ""},    {"exec_context", false, ""},
          {"build", false, ""}, {"processor", false, ""}, {"stable_processor", false, ""},
          {"key", false, ""},   {"metric", false, ""}};
}

std::vector<Cell> series_cells(const HistorySeries& series, const Labels& labels, Reader reader) {
  const Cell number{fmt::format("{}", series.number), static_cast<double>(series.number)};
  if (reader == Reader::person) return {labels.of(series), number};
  return {number,           series.device, series.exec_context, series.build, series.processor_id,
          series.processor, series.key,    series.metric};
}

template <class T>
void append(std::vector<T>& to, std::vector<T> more) {
  to.insert(to.end(), std::move_iterator(more.begin()), std::move_iterator(more.end()));
}

std::vector<Cell> change_cells(const Examined& one, const LevelChange& change, Reader reader) {
  const std::string& metric = one.series.metric;
  const std::string said = change.accepted ? "accepted" : change.worse ? "worse" : "better";
  const Cell before = figure_cell(metric, change.point.before),
             after = figure_cell(metric, change.point.after),
             share = percent_cell(change.point.relative_change);
  if (reader == Reader::person) {
    return {commit_text(change.commit), before, after, share.text + " " + said};
  }
  return {change.commit,
          change.commit_before,
          change.run,
          before,
          after,
          share,
          percent_cell(change.point.lowest),
          percent_cell(change.point.highest),
          said};
}

std::vector<Cell> creep_cells(const Examined& one, Reader reader) {
  const std::string& metric = one.series.metric;
  const Creep& creep = *one.changes.creep;
  const std::string said = one.changes.creep_worse ? "creeps, worse" : "creeps, better";
  const Cell before = figure_cell(metric, creep.before), after = figure_cell(metric, creep.after),
             share = percent_cell(creep.relative_change);
  if (reader == Reader::person) {
    return {"about " + commit_text(one.changes.creep_commit), before, after,
            share.text + " " + said};
  }
  return {one.changes.creep_commit, "", one.changes.creep_run, before, after, share, "", "", said};
}

}  // namespace

Table history_runs(const std::vector<HistoryRun>& runs, Reader reader) {
  Table table{"Runs", "", {}, {}};
  table.columns = {{"device", false, "device"},  {"started", false, "started"},
                   {"commit", false, "commit"},  {"tier", false, "tier"},
                   {"figures", true, "figures"}, {"finished", false, "finished"}};
  if (reader == Reader::program) append(table.columns, {{"run", false, ""}, {"file", false, ""}});
  for (const HistoryRun& run : runs) {
    const bool person = reader == Reader::person;
    const auto figures = static_cast<double>(run.measurements);
    table.rows.push_back({person && !run.device_name.empty() ? run.device_name : run.device,
                          person ? time_text(run.started) : run.started,
                          person ? commit_text(run.commit, run.dirty) : run.commit, run.tier,
                          Cell(fmt::format("{}", run.measurements), figures),
                          run.finished ? "yes" : "no"});
    if (!person) append(table.rows.back(), {run.id, run.file});
  }
  return table;
}

Table history_series(const std::vector<Examined>& all, Reader reader) {
  Table table{"Series",
              "level, noise: median and deviation between runs since the last change",
              series_columns(reader),
              {}};
  const Labels labels = labels_of(all);
  append(table.columns,
         {{"runs", true, ""}, {"last", true, ""}, {"level", true, ""}, {"noise", true, ""}});
  for (const Examined& one : all) {
    const std::string& metric = one.series.metric;
    const HistoryPoint* last = one.series.points.empty() ? nullptr : &one.series.points.back();
    Cell newest("-");
    if (last) newest = last->counts() ? figure_cell(metric, *last->value) : Cell(last->status);
    table.rows.push_back(series_cells(one.series, labels, reader));
    append(table.rows.back(),
           {count_cell(one.changes.points), newest,
            one.changes.points > 0 ? figure_cell(metric, one.changes.level) : Cell("-"),
            one.changes.noise
                ? Cell(fmt::format("{:.1f} %", *one.changes.noise * 100), *one.changes.noise)
                : Cell("-")});
  }
  return table;
}

Table history_points(const std::vector<HistorySeries>& series, Reader reader) {
  Table table{"Figures", "", series_columns(reader), {}};
  std::vector<const HistorySeries*> shown;
  for (const HistorySeries& one : series) shown.push_back(&one);
  const Labels labels(shown);
  append(table.columns, {{"started", false, ""},
                         {"commit", false, ""},
                         {"figure", true, ""},
                         {"blocks", true, ""},
                         {"status", false, ""}});
  if (reader == Reader::program)
    append(table.columns, {{"run", false, ""}, {"accepted", false, ""}});
  for (const HistorySeries& one : series) {
    for (const HistoryPoint& point : one.points) {
      const bool person = reader == Reader::person;
      table.rows.push_back(series_cells(one, labels, reader));
      append(table.rows.back(),
             {person ? time_text(point.started) : point.started,
              person ? commit_text(point.commit, point.dirty) : point.commit,
              point.value ? figure_cell(one.metric, *point.value) : Cell("-"),
              Cell(fmt::format("{}", point.blocks), static_cast<double>(point.blocks)),
              point.status + (person && point.accepted ? ", accepted" : "")});
      if (!person) append(table.rows.back(), {point.run, point.accepted ? "true" : "false"});
    }
  }
  return table;
}

std::vector<Examined> examined(std::vector<HistorySeries> series) {
  std::vector<Examined> all;
  for (HistorySeries& one : series) {
    SeriesChanges changes = changes_of(one);
    all.push_back({std::move(one), std::move(changes)});
  }
  return all;
}

Table history_changes(const std::vector<Examined>& all, Reader reader) {
  Table table{"Changes of level", "", series_columns(reader), {}};
  const Labels labels = labels_of(all);
  if (reader == Reader::person) {
    append(table.columns,
           {{"since", false, ""}, {"before", true, ""}, {"after", true, ""}, {"change", true, ""}});
  } else {
    append(table.columns, {{"commit", false, ""},
                           {"commit_before", false, ""},
                           {"run", false, ""},
                           {"before", true, ""},
                           {"after", true, ""},
                           {"relative_change", true, ""},
                           {"lowest_change", true, ""},
                           {"highest_change", true, ""},
                           {"verdict", false, ""}});
  }
  const auto add = [&](const Examined& one, std::vector<Cell> cells) {
    table.rows.push_back(series_cells(one.series, labels, reader));
    append(table.rows.back(), std::move(cells));
  };
  for (const Examined& one : all) {
    for (const LevelChange& change : one.changes.changes)
      add(one, change_cells(one, change, reader));
    if (one.changes.creep) add(one, creep_cells(one, reader));
  }
  return table;
}

std::string changes_sentence(const std::vector<Examined>& all) {
  std::size_t changed = 0, short_ones = 0, accepted = 0;
  for (const Examined& one : all) {
    const auto& changes = one.changes.changes;
    const auto known = std::count_if(changes.begin(), changes.end(),
                                     [](const LevelChange& change) { return change.accepted; });
    const bool open = static_cast<std::size_t>(known) < changes.size() || one.changes.creep;
    changed += open ? 1 : 0;
    accepted += static_cast<std::size_t>(known);
    short_ones += one.changes.enough ? 0 : 1;
  }
  std::string text = fmt::format("{} of {} series changed", changed, all.size());
  if (accepted > 0) text += fmt::format("; {} changes are accepted", accepted);
  if (short_ones > 0) {
    text += fmt::format(
        "; {} have not enough runs to say (10 that are ok, suspect ones not "
        "counted)",
        short_ones);
  }
  return text + ".";
}

}  // namespace motley::analysis
