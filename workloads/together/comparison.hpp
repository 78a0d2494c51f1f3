// What did several processors gain over the best of them alone?
#pragma once

#include "workloads/together/together.hpp"

namespace motley::workloads {

struct Comparison {
  /// Seconds of each run: [place][sample] of one processor alone, and of all together.
  std::vector<std::vector<double>> alone;
  std::vector<double> together;
  std::size_t best_alone = 0;  ///< the place with the shortest median
  /// Of the best alone over together, medians; below 1 it was slower.
  double gain = 0;
  /// The makespan that the rates of all places alone, added up, would give, over the one that was
  /// measured; 1: nothing was lost.
  double share_of_sum = 0;
  /// Normalised, of the outputs against those of the best alone.
  double error = 0;
  TogetherTimes times;
};

/// Adds the seconds of so many runs; one more before them only warms up.
void take_turn(Together& network, int runs, std::vector<double>& seconds);

/// Each in turn so many runs in each round: what happens meanwhile happens to all. `alone`: one for
/// each place, in order.
Comparison compare(Together& together, const std::vector<Together*>& alone, int rounds,
                   int runs_each_round);

}  // namespace motley::workloads
