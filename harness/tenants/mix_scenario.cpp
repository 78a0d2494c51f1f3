// mix as one of the scenarios: its name, its parameters and when it is valid. The tenants and their
// arrivals are no parameters: each is part of its own record.
#include "harness/scenarios/families.hpp"
#include "harness/tenants/scheduler.hpp"

namespace motley {

std::vector<Scenario> mixed_scenarios() {
  std::vector<SpecParameter> parameters{
      {"scheduler", "Which query goes where (motley list --schedulers)", std::string()},
      {"seconds", "Nothing starts later", 10.0, 1e-3, 1e6},
      {"drop", "1: a query whose deadline has passed does not start", std::int64_t{0}, 0, 1}};
  for (const tenants::SchedulerKind& one : tenants::schedulers()) {
    for (SpecParameter own : one.parameters) {
      own.summary = "of " + one.name + ": " + own.summary;
      parameters.push_back(std::move(own));
    }
  }
  return {{"mix", "Several networks at once under a scheduler (motley mix)", "latency_seconds",
           "enough queries of each tenant for p90, its backlog not growing, generator on time, no "
           "worker failed",
           std::move(parameters), Mixed{}}};
}

}  // namespace motley
