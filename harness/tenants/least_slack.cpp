// least_slack: when a worker is idle, the most urgent query starts: that with the least deadline -
// now - expected, where expected is that of the idle worker that is fastest for it (of equals the
// first), to which it goes. Of equal slack the first tenant's, then its first. Queries without a
// deadline come behind all others, in order of arrival. Nothing waits at a worker, so a later and
// more urgent one is not behind it; nothing waits for a faster worker that is busy either.
#include <cmath>

#include "harness/tenants/scheduler.hpp"

namespace motley::tenants {
namespace {

/// None where no worker is idle.
std::optional<std::size_t> fastest_idle(const std::vector<WorkerView>& workers,
                                        std::size_t tenant) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < workers.size(); ++i) {
    if (!workers[i].alive || !workers[i].idle) continue;
    if (!best || workers[i].expected_seconds[tenant] < workers[*best].expected_seconds[tenant]) {
      best = i;
    }
  }
  return best;
}

class LeastSlack final : public Scheduler {
 public:
  std::optional<Choice> next(const Situation& situation) override {
    std::optional<Choice> best;
    double least = 0;
    // Deadlines of one tenant lie equally far behind the arrivals: its first is its most urgent.
    for (std::size_t i = 0; i < situation.waiting.size(); ++i) {
      if (situation.waiting[i].empty()) continue;
      const auto worker = fastest_idle(situation.workers, i);
      if (!worker) return {};
      const double deadline = situation.waiting[i].front().deadline_seconds;
      if (!std::isfinite(deadline)) continue;
      const double slack =
          deadline - situation.now_seconds - situation.workers[*worker].expected_seconds[i];
      if (best && slack >= least) continue;
      best = Choice{i, 0, *worker};
      least = slack;
    }
    return best ? best : without_deadline(situation);
  }

 private:
  static std::optional<Choice> without_deadline(const Situation& situation) {
    const auto tenant = first_arrived(situation);
    if (!tenant) return {};
    const auto worker = fastest_idle(situation.workers, *tenant);
    if (!worker) return {};
    return Choice{*tenant, 0, *worker};
  }
};

}  // namespace

SchedulerKind least_slack_scheduler() {
  return {"least_slack",
          "The most urgent first: the least of deadline - now - expected time",
          {},
          [](const Spec&, std::size_t, std::size_t) { return std::make_unique<LeastSlack>(); }};
}

}  // namespace motley::tenants
