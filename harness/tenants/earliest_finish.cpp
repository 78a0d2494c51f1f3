// earliest_finish: of all pairs of a waiting query and a worker, the one that should finish first,
// after the idea of HEFT (Topcuoglu et al. 2002) for queries that are not known ahead. Where that
// worker is busy, the query keeps waiting for it: in this decision the worker counts as busy until
// then, and the best of the remaining pairs is looked for. Nothing is bound until it starts. Of
// equal finishes the first tenant's query, its first, on the first worker. Short queries come
// first; long ones may wait for ever where short ones fill all workers.
#include "harness/tenants/scheduler.hpp"

namespace motley::tenants {
namespace {

class EarliestFinish final : public Scheduler {
 public:
  std::optional<Choice> next(const Situation& situation) override {
    bool idle = false;
    free_.clear();
    for (const WorkerView& worker : situation.workers) {
      idle = idle || (worker.alive && worker.idle);
      free_.push_back(worker.free_seconds);
    }
    if (!idle) return {};
    positions_.assign(situation.waiting.size(), 0);
    while (const auto best = first_finish(situation)) {
      const WorkerView& worker = situation.workers[best->worker];
      if (worker.idle) return best;
      free_[best->worker] += worker.expected_seconds[best->tenant];
      ++positions_[best->tenant];
    }
    return {};
  }

 private:
  std::optional<Choice> first_finish(const Situation& situation) const {
    std::optional<Choice> best;
    double first = 0;
    for (std::size_t tenant = 0; tenant < positions_.size(); ++tenant) {
      if (positions_[tenant] >= situation.waiting[tenant].size()) continue;
      for (std::size_t i = 0; i < free_.size(); ++i) {
        const WorkerView& worker = situation.workers[i];
        const double finish = free_[i] + worker.expected_seconds[tenant];
        if (!worker.alive || (best && finish >= first)) continue;
        best = Choice{tenant, positions_[tenant], i};
        first = finish;
      }
    }
    return best;
  }

  std::vector<double> free_;            ///< of each worker, with what waits for it
  std::vector<std::size_t> positions_;  ///< of each tenant, of the first query that is not placed
};

}  // namespace

SchedulerKind earliest_finish_scheduler() {
  return {"earliest_finish",
          "Of all waiting queries and workers the pair that should finish first (as HEFT)",
          {},
          [](const Spec&, std::size_t, std::size_t) { return std::make_unique<EarliestFinish>(); }};
}

}  // namespace motley::tenants
