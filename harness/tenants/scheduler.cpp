#include "harness/tenants/scheduler.hpp"

#include "harness/named.hpp"

namespace motley::tenants {
namespace {

const SchedulerKind& find_scheduler(const std::string& name) {
  return find_named("scheduler", name, schedulers());
}

}  // namespace

const std::vector<SchedulerKind>& schedulers() {
  static const std::vector<SchedulerKind> all{earliest_finish_scheduler(), fixed_scheduler(),
                                              least_slack_scheduler(), round_robin_scheduler(),
                                              shortest_expected_latency_scheduler()};
  return all;
}

Spec scheduler_spec(const std::string& text) {
  const auto [name, values] = split_spec(text);
  return Spec(name, values, find_scheduler(name).parameters);
}

std::unique_ptr<Scheduler> make_scheduler(const Spec& spec, std::size_t tenants,
                                          std::size_t workers) {
  return find_scheduler(spec.name()).make(spec, tenants, workers);
}

std::optional<std::size_t> first_arrived(const Situation& situation) {
  std::optional<std::size_t> first;
  for (std::size_t i = 0; i < situation.waiting.size(); ++i) {
    if (situation.waiting[i].empty()) continue;
    const auto arrived = [&](std::size_t tenant) {
      return situation.waiting[tenant].front().scheduled_seconds;
    };
    if (!first || arrived(i) < arrived(*first)) first = i;
  }
  return first;
}

std::optional<std::size_t> alive_from(std::size_t from, const std::vector<WorkerView>& workers) {
  for (std::size_t i = 0; i < workers.size(); ++i) {
    const std::size_t worker = (from + i) % workers.size();
    if (workers[worker].alive) return worker;
  }
  return {};
}

}  // namespace motley::tenants
