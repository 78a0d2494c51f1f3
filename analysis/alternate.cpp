#include "analysis/alternate.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>

namespace motley::analysis {
namespace {

std::string row_name(const ComparedRow& row) {
  return to_string(row.key) + "/" + row.quantity;
}

/// Verdicts stay as they were when a row was decided: it is not measured any more.
class Decided {
 public:
  void settle(Comparison& comparison) {
    for (ComparedRow& row : comparison.rows) {
      const auto known = verdicts_.find(row_name(row));
      if (known != verdicts_.end()) {
        row.judged = known->second.judged;
        row.change = known->second.change;
        row.by_undisturbed = known->second.by_undisturbed;
      } else if (row.change != Change::inconclusive) {
        verdicts_[row_name(row)] = {row.judged, row.change, row.by_undisturbed};
      }
    }
  }

 private:
  struct Verdict {
    Judged judged;
    Change change;
    bool by_undisturbed;
  };
  std::map<std::string, Verdict> verdicts_;
};

std::vector<std::string> undecided_cases(const Comparison& comparison) {
  std::set<std::string> cases;
  for (const ComparedRow& row : comparison.rows) {
    const bool could_be = row.first.blocks > 0 && row.second.blocks > 0;
    if (row.change == Change::inconclusive && could_be) cases.insert(row.key.case_name);
  }
  return {cases.begin(), cases.end()};
}

}  // namespace

std::vector<std::size_t> looks(const Pairs& pairs) {
  const std::size_t least = std::max<std::size_t>(pairs.least, 2);
  std::vector<std::size_t> all;
  for (std::size_t next = least; next < pairs.most; next *= 2) all.push_back(next);
  all.push_back(std::max(pairs.most, least));
  return all;
}

Alternated alternate(const Pairs& pairs, const CompareOptions& options, const MeasurePair& measure,
                     const std::function<void(const std::string&)>& said) {
  const std::vector<std::size_t> plan = looks(pairs);
  CompareOptions each_look = options;
  each_look.limits.false_share /= static_cast<double>(plan.size());
  Alternated result;
  Decided decided;
  std::vector<std::string> cases;
  for (const std::size_t look : plan) {
    while (result.pairs.size() < look && !result.interrupted) {
      std::optional<RunPair> pair = measure(result.pairs.size(), cases);
      result.interrupted = !pair;
      if (pair) result.pairs.push_back(std::move(*pair));
    }
    result.comparison = compare_pairs(result.pairs, each_look);
    decided.settle(result.comparison);
    cases = undecided_cases(result.comparison);
    if (cases.empty() || result.interrupted || look == plan.back()) break;
    said(fmt::format("{} inconclusive after {} pairs: measured again",
                     result.comparison.count(Change::inconclusive), look));
  }
  return result;
}

}  // namespace motley::analysis
