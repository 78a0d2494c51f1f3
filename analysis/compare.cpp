#include "analysis/compare.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <future>
#include <thread>

#include "analysis/case_names.hpp"
#include "analysis/group_mean.hpp"
#include "analysis/pairing.hpp"
#include "analysis/undisturbed.hpp"

namespace motley::analysis {
namespace {

Change change_of(const Judged& judged) {
  switch (judged.verdict) {
    case Verdict::higher:
      return Change::faster;
    case Verdict::lower:
      return Change::slower;
    case Verdict::same:
      return Change::same;
    case Verdict::inconclusive:
      break;
  }
  return Change::inconclusive;
}

std::vector<Judged> judged_by(std::optional<TestedRatio> ComparedRow::*test,
                              const std::vector<ComparedRow>& rows, const Limits& limits,
                              const std::vector<double>& margins) {
  std::vector<std::optional<TestedRatio>> tested;
  for (const ComparedRow& row : rows) {
    // A wrong result has no speed, though other blocks of the row were right.
    tested.push_back(row.sound() ? row.*test : std::nullopt);
  }
  return judge(tested, limits, margins);
}

bool is_change(Verdict verdict) {
  return verdict == Verdict::higher || verdict == Verdict::lower;
}

/// Is the row decided by its undisturbed speed? Where neither decides, it tells what sees more.
bool undisturbed_decides(const Judged& medians, Judged& undisturbed, const Limits& limits) {
  if (undisturbed.verdict == Verdict::same && medians.q <= limits.false_share) {
    undisturbed.verdict = Verdict::inconclusive;  // they differ where they are disturbed
  }
  const Verdict by_medians = medians.verdict, by_undisturbed = undisturbed.verdict;
  if (is_change(by_medians) && is_change(by_undisturbed) && by_medians != by_undisturbed) {
    undisturbed.verdict = Verdict::inconclusive;
    return true;
  }
  if (is_change(by_medians) != is_change(by_undisturbed)) return is_change(by_undisturbed);
  if (by_medians != by_undisturbed) return by_medians == Verdict::inconclusive;
  return by_medians == Verdict::inconclusive && undisturbed.excluded > 0 &&
         undisturbed.excluded < medians.excluded;
}

void judge_rows(Comparison& result, const CompareOptions& options) {
  std::vector<double> margins;
  for (const ComparedRow& row : result.rows) {
    const auto own = options.margin ? options.margin(row) : std::nullopt;
    margins.push_back(own.value_or(options.limits.margin));
  }
  Limits limits = options.limits;
  if (result.paired) limits.false_share /= 2;
  const std::vector<Judged> medians = judged_by(&ComparedRow::tested, result.rows, limits, margins);
  std::vector<Judged> undisturbed =
      judged_by(&ComparedRow::undisturbed, result.rows, limits, margins);
  for (std::size_t i = 0; i < result.rows.size(); ++i) {
    ComparedRow& row = result.rows[i];
    row.by_undisturbed = row.undisturbed && undisturbed_decides(medians[i], undisturbed[i], limits);
    row.judged = row.by_undisturbed ? undisturbed[i] : medians[i];
    row.change = change_of(row.judged);
  }
}

std::string named(const CaseNames& names, const schema::Key& key, const std::string& quantity) {
  std::string text = names.question(key);
  if (key.scenario != "throughput") text += " " + key.scenario;
  if (key.load != "none") text += " beside " + key.load;
  if (key.engine != "motley") text += " (" + key.engine + ")";
  const bool of_queries =
      quantity.starts_with("latency_") || quantity.find("queries_") != quantity.npos;
  return of_queries ? text + " " + quantity : text;
}

void name_rows(Comparison& result) {
  CaseNames names;
  for (const ComparedRow& row : result.rows) names.add(row.key);
  for (const Unpaired& one : result.only_first) names.add(one.key);
  for (const Unpaired& one : result.only_second) names.add(one.key);
  for (ComparedRow& row : result.rows) row.name = named(names, row.key, row.quantity);
  for (Unpaired& one : result.only_first) one.name = named(names, one.key, "");
  for (Unpaired& one : result.only_second) one.name = named(names, one.key, "");
}

void refuse_incomparable(const RunFigures& first, const RunFigures& second,
                         const std::vector<ContextDifference>& differences,
                         const std::set<std::string>& across) {
  if (first.emulated() || second.emulated()) {
    throw Incomparable(
        "emulated delays are among the records (they are not the device's figures, which cannot be "
        "compared). Measure without MOTLEY_EMULATE.");
  }
  for (const ContextDifference& one : differences) {
    if (one.refused_as.empty() || across.contains(one.refused_as)) continue;
    throw Incomparable(fmt::format(
        "{} differs: {} and {} (figures of one say nothing of the other). Give --across {} to "
        "compare them all the same.",
        one.what, one.first, one.second, one.refused_as));
  }
}

Rounds rounds(const Speeds& speeds) {
  Rounds all;
  for (const auto& [process, values] : speeds) all.push_back(values);
  return all;
}

/// Most of the time of a comparison. Draws depend on nothing but shapes, so that threads share
/// nothing and a row's interval is the same with any number of them.
void add_resampled(std::vector<ComparedRow>& rows, const std::vector<RowSpeeds>& speeds,
                   const CompareOptions& options) {
  const std::size_t threads = std::clamp<std::size_t>(
      rows.size() / 256, 1, std::max(1u, std::thread::hardware_concurrency()));
  const auto resample = [&](std::size_t part) {
    Bootstrap bootstrap(options.seed, options.resamples);
    for (std::size_t i = part; i < rows.size(); i += threads) {
      rows[i].resampled =
          bootstrap.ratio_of_medians(rounds(speeds[i].first), rounds(speeds[i].second));
    }
  };
  std::vector<std::future<void>> others;
  for (std::size_t part = 1; part < threads; ++part) {
    others.push_back(std::async(std::launch::async, resample, part));
  }
  resample(0);
  for (std::future<void>& other : others) other.get();
}

/// Rows of all pairs by question, in the order in which they appear first.
class PairedRows {
 public:
  void add(const Answer& first, const Answer& second, const ComparedRow& row, int pair) {
    const auto [place, is_new] =
        places_.try_emplace(to_string(row.key) + "/" + row.quantity, rows_.size());
    if (is_new) {
      rows_.push_back(row);
      speeds_.push_back({row.key.processor, {}, {}});
      fastest_.emplace_back();
    }
    merge(side_of(first, {}, 1), rows_[place->second].first);
    merge(side_of(second, {}, 1), rows_[place->second].second);
    RowSpeeds& all = speeds_[place->second];
    for (const auto& [process, values] : speeds(first, row.quantity)) add(values, all.first[pair]);
    for (const auto& [process, values] : speeds(second, row.quantity)) {
      add(values, all.second[pair]);
    }
    const auto fast = fastest_speed(first, row.quantity),
               other = fastest_speed(second, row.quantity);
    if (!fast || !other) return;
    fastest_[place->second].first.push_back(*fast);
    fastest_[place->second].second.push_back(*other);
  }

  void finish(Comparison& result, Bootstrap& bootstrap) {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      ComparedRow& row = rows_[i];
      const RowSpeeds& all = speeds_[i];
      const std::vector<double> logs = log_ratios(all);
      row.tested = paired_ratio(logs);
      row.undisturbed = undisturbed_ratio(fastest_[i].first, fastest_[i].second);
      row.resampled = bootstrap.paired_ratio(logs);
      for (auto [side, of_side] : {std::pair(&row.first, &all.first), {&row.second, &all.second}}) {
        const ComparedSide figures = side_of({}, *of_side, row.direction);
        side->median = figures.median;
        side->processes = figures.processes;
        side->blocks = figures.blocks;
      }
      if (!row.sound()) speeds_[i] = {};
      result.rows.push_back(std::move(row));
    }
    result.means = group_means(speeds_, true);
  }

 private:
  static void add(const std::vector<double>& values, std::vector<double>& to) {
    to.insert(to.end(), values.begin(), values.end());
  }
  static void merge(const ComparedSide& of_pair, ComparedSide& side) {
    for (const auto& [status, count] : of_pair.not_ok) side.not_ok[status] += count;
    if (side.reason.empty()) side.reason = of_pair.reason;
    side.choices.insert(of_pair.choices.begin(), of_pair.choices.end());
  }
  static std::vector<double> log_ratios(const RowSpeeds& row) {
    std::vector<double> logs;
    for (const auto& [pair, values] : row.second) {
      const auto other = row.first.find(pair);
      if (other == row.first.end()) continue;
      logs.push_back(std::log(median(values) / median(other->second)));
    }
    return logs;
  }

  std::map<std::string, std::size_t> places_;
  std::vector<ComparedRow> rows_;
  std::vector<RowSpeeds> speeds_;
  std::vector<std::pair<std::vector<double>, std::vector<double>>> fastest_;  ///< by pair
};

}  // namespace

std::string to_string(Change change) {
  switch (change) {
    case Change::faster:
      return "faster";
    case Change::slower:
      return "slower";
    case Change::same:
      return "same";
    case Change::inconclusive:
      return "inconclusive";
  }
  return "";
}

const std::optional<TestedRatio>& ComparedRow::deciding() const {
  return by_undisturbed ? undisturbed : tested;
}

double ComparedRow::ratio() const {
  if (by_undisturbed) return undisturbed->ratio();
  return resampled ? resampled->ratio : tested ? tested->ratio() : 0;
}

bool ComparedRow::sound() const {
  return first.blocks > 0 && second.blocks > 0 && first.not_ok.empty() && second.not_ok.empty();
}

std::size_t Comparison::count(Change change) const {
  return static_cast<std::size_t>(std::count_if(
      rows.begin(), rows.end(), [&](const ComparedRow& row) { return row.change == change; }));
}

Comparison compare(const RunFigures& first, const RunFigures& second,
                   const CompareOptions& options) {
  Comparison result;
  result.limits = options.limits;
  result.differences = context_differences(first.runs, second.runs);
  refuse_incomparable(first, second, result.differences, options.across);
  std::vector<RowSpeeds> all;
  const auto fill = [&](const Answer& of_first, const Answer& of_second, ComparedRow& row) {
    RowSpeeds speed{row.key.processor, speeds(of_first, row.quantity),
                    speeds(of_second, row.quantity)};
    row.first = side_of(of_first, speed.first, row.direction);
    row.second = side_of(of_second, speed.second, row.direction);
    row.tested = welch_ratio(process_medians(speed.first), process_medians(speed.second));
    all.push_back(std::move(speed));
  };
  Pairing(first, second, options.filter).add_rows(result, fill);
  add_resampled(result.rows, all, options);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!result.rows[i].sound()) all[i] = {};
  }
  result.means = group_means(all, false);
  name_rows(result);
  judge_rows(result, options);
  return result;
}

Comparison compare_pairs(const std::vector<RunPair>& pairs, const CompareOptions& options) {
  Comparison result;
  result.limits = options.limits;
  result.paired = true;
  PairedRows rows;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const auto& [first, second] = pairs[i];
    Comparison of_pair;
    of_pair.differences = context_differences(first.runs, second.runs);
    refuse_incomparable(first, second, of_pair.differences, options.across);
    const auto fill = [&](const Answer& a, const Answer& b, const ComparedRow& row) {
      rows.add(a, b, row, static_cast<int>(i));
    };
    Pairing(first, second, options.filter).add_rows(of_pair, fill);
    if (i > 0) continue;  // later pairs measure only what is undecided
    result.differences = of_pair.differences;
    result.only_first = of_pair.only_first;
    result.only_second = of_pair.only_second;
  }
  Bootstrap bootstrap(options.seed, options.resamples);
  rows.finish(result, bootstrap);
  name_rows(result);
  judge_rows(result, options);
  return result;
}

}  // namespace motley::analysis
