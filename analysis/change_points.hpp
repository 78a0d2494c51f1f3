// At which commits did a figure jump? Steps of a series in time order, found by e-divisive within
// windows and verified around each: most trackers alarm on spikes, or go on alarming after a step.
// What would surprise: the series is first cleared of spikes and whitened.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace motley::analysis {

struct ChangePointOptions {
  std::size_t min_points = 10;
  std::size_t min_segment = 5;  ///< points between two changes; >= 5, so that no spike is a level
  double min_magnitude = 0.01;  ///< smallest relative change worth a report
  double max_p = 0.0005;        ///< of the verification, which also pays for having searched
  double permutation_alpha = 0.02;
  int permutations = 199;
  std::size_t window = 128;  ///< points that are searched at once; half of them on each side verify
  std::uint64_t seed = 1;
};

struct ChangePoint {
  std::size_t index = 0;           ///< first value of the new level
  double before = 0, after = 0;    ///< medians of the windows on both sides
  double relative_change = 0;      ///< after / before - 1; infinite from 0
  double lowest = 0, highest = 0;  ///< 95 % interval of relative_change
  double p = 1;                    ///< of the verification; the search is not corrected for
};

struct ChangePoints {
  bool enough = false;  ///< false: too few points to say anything, which is not "no change"
  std::vector<ChangePoint> points;
  double autocorrelation = 0;  ///< lag-1, of the noise; corrected for
};

/// 1. Spikes are left out, then the noise is whitened with its lag-1 autocorrelation: a permutation
///    test supposes that values can be exchanged, and tests on prediction residuals keep their
///    level where tests on the series reject too often (Robbins, Gallagher, Lund, Aue 2011, "Mean
///    shift testing in correlated data"). Permuting blocks instead leaves too few blocks in 128
///    points.
/// 2. E-divisive with its permutation test in windows that begin at the last change and move on by
///    half, as Hunter's look-back (Fleming et al. 2023, "Hunter: using change point detection to
///    hunt for performance regressions"); windows in which no two means differ by 3 standard errors
///    are not tested.
/// 3. Each candidate moves to the least-squares split between its neighbours, and is verified by
///    Student's t on both sides (points of each side divided by (1 + r) / (1 - r)); the weakest
///    goes first and its neighbours are verified again, as in Hunter. Student and not Welch: noise
///    is taken to be the same on both sides, because 5 points alone tell little of it.
///
/// Measured (TableOfRecall in change_points_test.cpp; noise normal, levels up and down at random;
/// found | located within 2 points; 2 segments or 20 of the same length, 1,000 steps each):
///
///   AR(1)  step       2 x 15     20 x 15      2 x 30     20 x 30      2 x 60
///   0.0   1 sigma    .10 .07     .30 .20     .45 .31     .52 .31     .93 .59
///   0.0   1.5        .44 .38     .49 .40     .93 .77     .94 .78    1.00 .84
///   0.0   2          .79 .73     .83 .75    1.00 .94    1.00 .93    1.00 .93
///   0.0   3         1.00 .98    1.00 .99    1.00 .99    1.00 .99    1.00 .99
///   0.3   1          .13 .07     .24 .15     .33 .18     .42 .20     .73 .36
///   0.3   1.5        .38 .28     .39 .30     .77 .56     .70 .50     .99 .69
///   0.3   2          .67 .58     .59 .50     .97 .82     .96 .81    1.00 .84
///   0.3   3          .95 .91     .93 .89    1.00 .98    1.00 .96    1.00 .97
///
/// A least-squares split that knows that there is one step, and the correlation, lies within 2
/// points of it in .92 of 2 x 15 with 2 sigma (.81 with 1.5, .61 with 1; .84, .68, .48 for AR(1)
/// 0.3; as many of 2 x 30): steps that are found are located as well as can be. More of them would
/// be found by allowing more false points:
///
/// False points in 1,000 without a change, in series of 30, 60, 200, 2,000 and 100,000 points:
/// .14 .08 .20 .24 .23 of white noise, .69 .73 .62 .42 .36 of AR(1) 0.3. What 15 points on each
/// side cannot tell from correlated noise stays unreported until more follow.
///
/// O(n window) time where nothing happens and O(permutations window^2), some ms, more for each
/// step: 100,000 points took 1.5 s of one core, with 1,000 steps in them 4.6 s.
/// Throws std::invalid_argument for values that are not finite or above 1e150.
ChangePoints change_points(std::span<const double> values, const ChangePointOptions& = {});

/// What a gate compares with: the values since the last accepted change point.
std::span<const double> baseline(std::span<const double> values, const ChangePoints& found);

}  // namespace motley::analysis
