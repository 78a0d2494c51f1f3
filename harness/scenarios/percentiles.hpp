// How long do all but a few queries take, and were there enough of them to be sure? Percentiles are
// sorted[n * p] without interpolation; the number of queries comes from a binomial test at 99 %
// confidence: both as MLPerf LoadGen has them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace motley {

/// Of ascending values, the part p in [0, 1); 0 for no values.
double percentile(std::span<const double> ascending, double p);
std::vector<double> ascending(std::span<const double> values);

/// Least n for which P(Binomial(n, 1 - p) <= over) <= 1 - 0.99: so many queries, `over` of them
/// longer than a latency, show that the part p of all is not.
std::int64_t least_queries(double p, std::int64_t over);
/// Most of n queries that may be longer; none where even 0 are too many.
std::optional<std::int64_t> most_over(double p, std::int64_t n);

/// A latency that the part p of all queries does not exceed, with 99 % confidence. None where there
/// are too few.
std::optional<double> sure_percentile(std::span<const double> ascending, double p);

}  // namespace motley
