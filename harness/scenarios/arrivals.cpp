#include "harness/scenarios/arrivals.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "harness/random.hpp"

namespace motley {
namespace {

constexpr double forever = std::numeric_limits<double>::infinity();
constexpr std::uint64_t gap_stream = 1, dwell_stream = 2;
constexpr std::uint64_t gamma_streams = 1 << 8;  // one each gap from here on: a gap rejects numbers

/// In (0, 1), 53 bits: logarithms are finite and the longest gap is not cut.
double open_unit(std::uint64_t seed, std::uint64_t stream, std::uint64_t i) {
  return (static_cast<double>(random_bits(seed, stream, i) >> 11) + 0.5) * 0x1p-53;
}

double exponential(std::uint64_t seed, std::uint64_t stream, std::uint64_t i) {
  return -std::log(open_unit(seed, stream, i));
}

/// Mean `shape`. Marsaglia and Tsang, "A simple method for generating gamma variables", 2000;
/// below shape 1 by their own remark, gamma(a) = gamma(a + 1) U^(1 / a).
double gamma(double shape, std::uint64_t seed, std::uint64_t stream) {
  std::uint64_t used = 0;
  const auto unit = [&] { return open_unit(seed, stream, used++); };
  const double correction = shape < 1 ? std::pow(unit(), 1 / shape) : 1;
  const double d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  while (true) {
    const double radius = std::sqrt(-2 * std::log(unit()));
    const double normal = radius * std::cos(2 * std::numbers::pi * unit());
    const double v = std::pow(1 + c * normal, 3);
    if (v <= 0) continue;
    if (std::log(unit()) < normal * normal / 2 + d - d * v + d * std::log(v))
      return d * v * correction;
  }
}

/// Arrivals that the rate sees until `seconds` of a segment.
double seen(const RateSegment& segment, double seconds) {
  const double slope = (segment.rate_at_end - segment.rate_at_start) / segment.seconds;
  return seconds * (segment.rate_at_start + slope * seconds / 2);
}

/// The time in the segment at which it has seen so many: a quadratic equation, solved without the
/// difference of near numbers.
double time_of(const RateSegment& segment, double arrivals) {
  const double r = segment.rate_at_start;
  const double slope = (segment.rate_at_end - r) / segment.seconds;
  const double root = std::sqrt(std::max(0.0, r * r + 2 * slope * arrivals));
  return r + root > 0 ? 2 * arrivals / (r + root) : 0;
}

/// Changes the time of a process of unit rate into real time.
class TimeChange {
 public:
  explicit TimeChange(RateSegments segments) : segments_(std::move(segments)) { enter(); }

  Arrival at(double unit_time) {
    while (unit_time - unit_begin_ > unit_length_) {
      unit_begin_ += unit_length_;
      begin_ += segment_.seconds;
      ++index_;
      enter();
    }
    if (segment_.seconds == forever && segment_.rate_at_start == 0) return {forever, 0};
    return {begin_ + time_of(segment_, unit_time - unit_begin_), segment_.label};
  }

 private:
  void enter() {
    segment_ = segments_(index_);
    const bool endless = segment_.seconds == forever;
    unit_length_ = endless ? forever : seen(segment_, segment_.seconds);
  }

  RateSegments segments_;
  RateSegment segment_;
  std::int64_t index_ = 0;
  double begin_ = 0, unit_begin_ = 0, unit_length_ = 0;
};

}  // namespace

double unit_gap(double variation, std::uint64_t seed, std::uint64_t i) {
  if (variation == 0) return 1;
  if (variation == 1) return exponential(seed, gap_stream, i);
  const double shape = 1 / (variation * variation);
  return gamma(shape, seed, gamma_streams + i) / shape;
}

RateSegments constant_rate(double rate) {
  return [rate](std::int64_t) { return RateSegment{forever, rate, rate, 0}; };
}

RateSegments steps(double from, double to, std::int64_t count, double step_seconds) {
  return [=](std::int64_t i) {
    if (i >= count) return RateSegment{forever, 0, 0, i};
    const double part = count > 1 ? static_cast<double>(i) / static_cast<double>(count - 1) : 0;
    const double rate = from + (to - from) * part;
    return RateSegment{step_seconds, rate, rate, i};
  };
}

RateSegments ramp(double from, double to, std::int64_t count, double step_seconds) {
  return [=](std::int64_t i) {
    if (i >= count) return RateSegment{forever, 0, 0, i};
    const double step = (to - from) / static_cast<double>(count);
    const double start = from + step * static_cast<double>(i);
    return RateSegment{step_seconds, start, start + step, i};
  };
}

RateSegments two_states(std::uint64_t seed, double rate_0, double rate_1, double dwell_0_seconds,
                        double dwell_1_seconds) {
  return [=](std::int64_t i) {
    const bool second = i % 2 == 1;
    const double unit = exponential(seed, dwell_stream, static_cast<std::uint64_t>(i));
    const double rate = second ? rate_1 : rate_0;
    return RateSegment{unit * (second ? dwell_1_seconds : dwell_0_seconds), rate, rate, i % 2};
  };
}

Arrivals renewals(std::uint64_t seed, double variation, RateSegments rates) {
  return [=, time = TimeChange(std::move(rates)), i = std::uint64_t{0}, unit_time = 0.0]() mutable {
    unit_time += unit_gap(variation, seed, i++);
    return time.at(unit_time);
  };
}

Arrivals bursts(std::int64_t size, double period_seconds) {
  return [=, i = std::int64_t{0}]() mutable {
    const std::int64_t burst = i / size;
    const Arrival one{static_cast<double>(burst) * period_seconds, i % size};
    ++i;
    return one;
  };
}

Arrivals periodic(double period_seconds) {
  return [=, i = std::int64_t{0}]() mutable {
    return Arrival{static_cast<double>(i++) * period_seconds, 0};
  };
}

}  // namespace motley
