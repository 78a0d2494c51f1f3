// shortest_expected_latency: queries in order of arrival (of several at one time the first tenant's
// first) go at once to the worker that should answer them first, behind what it has already; of
// equals to the first worker. A query once given stays, also where another worker is idle earlier.
#include "harness/tenants/scheduler.hpp"

namespace motley::tenants {
namespace {

class ShortestExpectedLatency final : public Scheduler {
 public:
  std::optional<Choice> next(const Situation& situation) override {
    const auto tenant = first_arrived(situation);
    if (!tenant) return {};
    std::optional<Choice> best;
    double soonest = 0;
    for (std::size_t i = 0; i < situation.workers.size(); ++i) {
      const WorkerView& worker = situation.workers[i];
      const double finish = worker.free_seconds + worker.expected_seconds[*tenant];
      if (!worker.alive || (best && finish >= soonest)) continue;
      best = Choice{*tenant, 0, i};
      soonest = finish;
    }
    return best;
  }
};

}  // namespace

SchedulerKind shortest_expected_latency_scheduler() {
  return {"shortest_expected_latency",
          "In order of arrival, each to the worker whose queue should answer it first",
          {},
          [](const Spec&, std::size_t, std::size_t) {
            return std::make_unique<ShortestExpectedLatency>();
          }};
}

}  // namespace motley::tenants
