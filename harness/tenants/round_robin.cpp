// round_robin: queries in order of arrival (of several at one time the first tenant's first) go to
// the workers in turn, one each, busy or not; there they wait. A worker that has failed is passed
// over. Nothing is asked of how long anything takes: what every other scheduler must beat.
#include "harness/tenants/scheduler.hpp"

namespace motley::tenants {
namespace {

class RoundRobin final : public Scheduler {
 public:
  std::optional<Choice> next(const Situation& situation) override {
    const auto tenant = first_arrived(situation);
    if (!tenant) return {};
    const auto worker = alive_from(turn_, situation.workers);
    if (!worker) return {};
    turn_ = (*worker + 1) % situation.workers.size();
    return Choice{*tenant, 0, *worker};
  }

 private:
  std::size_t turn_ = 0;
};

}  // namespace

SchedulerKind round_robin_scheduler() {
  return {"round_robin",
          "Queries go to the workers in turn, in order of arrival",
          {},
          [](const Spec&, std::size_t, std::size_t) { return std::make_unique<RoundRobin>(); }};
}

}  // namespace motley::tenants
