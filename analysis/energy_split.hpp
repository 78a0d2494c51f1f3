// Where do values before and after differ most, and could chance do that? E-divisive of Matteson
// and James (2014), "A nonparametric approach for multiple change point analysis of multivariate
// data", JASA 109, with alpha = 1, in one dimension.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace motley::analysis {

struct EnergySplit {
  std::size_t at = 0;    ///< first value after the change; 0: none
  double statistic = 0;  ///< n m / (n + m) times the energy distance of both sides
};

/// Best split of a beginning of `values`: also the end of the right side is searched, as in the
/// paper, so that a level that soon returns to the old one is not hidden by what follows. Both
/// sides have `min_segment` values at least (>= 2). O(n^2) time, O(n) memory.
EnergySplit energy_split(std::span<const double> values, std::size_t min_segment);

/// Share of orders of the same values that split as well or better, from `permutations` random ones
/// (the given one counts as one more). Stops as soon as the share must be above `alpha`, and then
/// returns 1: without a change this takes few permutations.
double permutation_p(std::span<const double> values, std::size_t min_segment, double statistic,
                     int permutations, double alpha, std::uint64_t seed);

}  // namespace motley::analysis
