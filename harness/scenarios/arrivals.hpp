// When does query i arrive? A renewal process of unit rate, its gaps random numbers of (seed, i),
// run through a change of time by a rate that is constant, changes in steps, along ramps or at
// random moments (of the seed too). Nothing that happens in a measurement can change it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace motley {

struct Arrival {
  double seconds = 0;        ///< since the beginning; infinite: no more
  std::int64_t segment = 0;  ///< step, state, place in a burst ...
};
/// The next arrival, in order.
using Arrivals = std::function<Arrival()>;

/// Gap i of a process of unit rate. Coefficient of variation 0: always 1; 1: exponential (Poisson);
/// else gamma.
double unit_gap(double variation, std::uint64_t seed, std::uint64_t i);

/// For so long the rate goes straight from one value to another.
struct RateSegment {
  double seconds = 0;  ///< may be infinite where the rate is constant
  double rate_at_start = 0, rate_at_end = 0;
  std::int64_t label = 0;
};
/// Segment i, from 0 on without end; a pure function.
using RateSegments = std::function<RateSegment(std::int64_t i)>;

RateSegments constant_rate(double rate);
/// Constant (from the first rate to the last) within each of `steps`, or straight through them.
/// After the last: nothing arrives.
RateSegments steps(double from, double to, std::int64_t steps, double step_seconds);
RateSegments ramp(double from, double to, std::int64_t steps, double step_seconds);
/// Markov-modulated: the rate stays in state 0, then 1, then 0 ... for exponential times.
RateSegments two_states(std::uint64_t seed, double rate_0, double rate_1, double dwell_0_seconds,
                        double dwell_1_seconds);

Arrivals renewals(std::uint64_t seed, double variation, RateSegments rates);
/// `size` at once, every `period_seconds`; the segment is the place in the burst.
Arrivals bursts(std::int64_t size, double period_seconds);
/// i * period: nothing adds up.
Arrivals periodic(double period_seconds);

}  // namespace motley
