// For tests: workers whose time of service is given, in virtual time that only waiting moves.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <stdexcept>
#include <utility>

#include "harness/clock.hpp"
#include "harness/tenants/crew.hpp"

namespace motley::tenants {

/// Reading it takes no time, so that hand-computed times are exact.
class ExactClock final : public Clock {
 public:
  double seconds() override { return now; }
  void wait_until(double seconds) override { now = std::max(now, seconds); }
  double now = 0;
};

class SimulatedCrew final : public Crew {
 public:
  /// Of the worker's i-th query; negative: it throws after so many seconds.
  using Service = std::function<double(std::size_t worker, std::size_t tenant, std::int64_t i)>;

  SimulatedCrew(ExactClock& clock, std::size_t count, Service service)
      : clock_(clock), service_(std::move(service)), places_(count) {}

  std::size_t workers() const override { return places_.size(); }
  void submit(std::size_t worker, std::size_t tenant) override {
    Place& place = places_[worker];
    if (place.ends) throw std::logic_error("two queries at once");
    const double seconds = service_(worker, tenant, place.served++);
    place.started = clock_.now;
    place.ends = clock_.now + std::abs(seconds);
    place.fails = seconds < 0;
  }
  std::vector<Completion> wait_until(double seconds) override {
    double first = std::numeric_limits<double>::infinity();
    for (const Place& place : places_) first = std::min(first, place.ends.value_or(first));
    if (first > seconds || std::isinf(first)) {
      if (std::isfinite(seconds)) clock_.wait_until(seconds);
      return {};
    }
    clock_.wait_until(first);
    std::vector<Completion> done;
    for (std::size_t i = 0; i < places_.size(); ++i) {
      Place& place = places_[i];
      if (place.ends != first) continue;
      done.push_back({i, place.started, first, place.fails ? "it was told to fail" : ""});
      place.ends.reset();
    }
    return done;
  }

 private:
  struct Place {
    std::optional<double> ends;
    double started = 0;
    bool fails = false;
    std::int64_t served = 0;
  };
  ExactClock& clock_;
  Service service_;
  std::vector<Place> places_;
};

}  // namespace motley::tenants
