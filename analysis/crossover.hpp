// From which size on does one contender beat another? Bisection over an ordered axis, with the
// ratio of speeds at each size that was looked at. It assumes that the winner changes once: the
// sizes that were measured and their ratios stand beside the answer.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "analysis/change.hpp"
#include "analysis/table.hpp"

namespace motley::analysis {

struct CrossoverPoint {
  double size = 0;
  std::optional<TestedRatio> ratio;  ///< speed of the second over that of the first
};

struct Crossover {
  enum class Answer {
    first_everywhere,  ///< is faster at both ends
    second_everywhere,
    crosses,
    undecided,  ///< at an end neither is faster by more than chance
  };
  Answer answer = Answer::undecided;
  bool second_wins_above = false;  ///< of crosses: the second is faster from there on
  /// Where the line through the logarithms of ratios at the two nearest sizes is 0, and where the
  /// lines through the ends of their 95 % intervals are; within those two sizes.
  double size = 0;
  Interval interval;
  std::vector<CrossoverPoint> points;  ///< that were measured, ascending
};

/// `sizes` ascending, two or more, above 0; `measure` is asked for a size at most once.
Crossover find_crossover(const std::vector<double>& sizes,
                         const std::function<std::optional<TestedRatio>(double)>& measure);

/// `B is faster from width 390 on (310 to 480)`; where nothing crosses, who wins.
std::string sentence(const Crossover& crossover, const std::string& axis, const std::string& first,
                     const std::string& second);
/// A row for each size that was measured.
Table crossover_table(const Crossover& crossover, const std::string& axis);

}  // namespace motley::analysis
