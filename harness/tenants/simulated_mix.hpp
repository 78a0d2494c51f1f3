// For tests: tenants with given arrivals on simulated workers, from time 0 on.
#pragma once

#include <memory>

#include "harness/tenants/mix.hpp"
#include "harness/tenants/simulated_crew.hpp"

namespace motley::tenants {

inline Arrivals arrivals_at(std::vector<double> times) {
  return [times = std::move(times), i = std::size_t{0}]() mutable {
    return Arrival{i < times.size() ? times[i++] : std::numeric_limits<double>::infinity(), 0};
  };
}

inline Tenant tenant(Arrivals arrivals,
                     double deadline_seconds = std::numeric_limits<double>::infinity()) {
  Tenant one;
  one.arrivals = std::move(arrivals);
  one.deadline_seconds = deadline_seconds;
  return one;
}

struct Played {
  std::vector<Tenant> tenants;
  ServiceTimes expected;  ///< by worker and tenant
  MixLimits limits = {.seconds = 100};
  SimulatedCrew::Service service = {};  ///< empty: as expected
  std::function<bool()> go_on = {};
};

inline MixRun play(const Played& played, const std::string& scheduler) {
  ExactClock clock;
  const auto as_expected = [&](std::size_t worker, std::size_t who, std::int64_t) {
    return played.expected[worker][who];
  };
  SimulatedCrew crew(clock, played.expected.size(), played.service ? played.service : as_expected);
  const auto chosen =
      make_scheduler(scheduler_spec(scheduler), played.tenants.size(), crew.workers());
  const MixStage stage{crew, clock, *chosen, played.go_on};
  return run_mix(stage, played.limits, played.tenants, played.expected);
}

}  // namespace motley::tenants
