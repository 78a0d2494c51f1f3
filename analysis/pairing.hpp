// Which row of one side answers which of the other? Both asked the same of the same processor; what
// Motley chose itself (searched axes, the implementation of `auto`) is no part of the question.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "analysis/compare.hpp"

namespace motley::analysis {

/// By process; times as their reciprocals, so that more is better in all.
using Speeds = std::map<int, std::vector<double>>;

/// All that one side says of a question: several keys where its processes chose differently.
using Answer = std::vector<const MeasuredKey*>;

Speeds speeds(const Answer& answer, const std::string& quantity);
/// One a process, in the order of their numbers.
std::vector<double> process_medians(const Speeds& speeds);
/// Of the fastest samples: Figures::fastest of its best process. None where it has none.
std::optional<double> fastest_speed(const Answer& answer, const std::string& quantity);
ComparedSide side_of(const Answer& answer, const Speeds& speeds, int direction);

/// Refers to both sides: they must outlive it.
class Pairing {
 public:
  /// `filter`: regular expression that a question contains; empty: all.
  Pairing(const RunFigures& first, const RunFigures& second, const std::string& filter);

  /// Calls `fill(answer of first, answer of second, row)` for each row, whose key and quantity are
  /// set, and keeps it; notes rows without a partner.
  using Fill = std::function<void(const Answer&, const Answer&, ComparedRow&)>;
  void add_rows(Comparison& result, const Fill& fill) const;

 private:
  using Answers = std::map<std::string, Answer>;
  bool wanted(const std::string& asked) const;
  std::set<std::string> dropped(const MeasuredKey& one) const;
  std::string question(const MeasuredKey& one, const std::string& processor) const;
  Answers answers_of(const RunFigures& side,
                     const std::map<std::string, std::string>& processors) const;
  schema::Key key_of(const MeasuredKey& one) const;
  std::string why_alone(const MeasuredKey& one) const;
  void add_rows_of(const MeasuredKey& one, const Answer& first, const Answer& second,
                   Comparison& result, const Fill& fill) const;

  const RunFigures& first_;
  const RunFigures& second_;
  std::optional<std::regex> filter_;
  std::map<std::string, std::set<std::string>> chosen_;  ///< axes that either side chose, by case
  std::map<std::string, std::set<int>> revisions_;       ///< of the second side, by case
  Answers of_first_, of_second_;
};

}  // namespace motley::analysis
