// fixed: each tenant has its worker: tenant i worker i mod n, or as told. A query goes there at
// once and waits its turn: in order of arrival, of several at one time the first tenant's first.
// Where that worker has failed, the next one (around) stands in.
#include <charconv>
#include <fmt/format.h>

#include "harness/error.hpp"
#include "harness/tenants/scheduler.hpp"

namespace motley::tenants {
namespace {

class Fixed final : public Scheduler {
 public:
  explicit Fixed(std::vector<std::size_t> workers) : workers_(std::move(workers)) {}

  std::optional<Choice> next(const Situation& situation) override {
    const auto tenant = first_arrived(situation);
    if (!tenant) return {};
    const auto worker = alive_from(workers_[*tenant], situation.workers);
    if (!worker) return {};
    return Choice{*tenant, 0, *worker};
  }

 private:
  std::vector<std::size_t> workers_;  ///< of each tenant
};

/// `0/1/0`: one number a tenant.
std::vector<std::size_t> as_told(const std::string& text, std::size_t tenants,
                                 std::size_t workers) {
  std::vector<std::size_t> all;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    std::size_t worker = 0;
    const auto [stop, error] = std::from_chars(at, end, worker);
    if (error != std::errc() || worker >= workers || (stop != end && *stop != '/')) break;
    all.push_back(worker);
    at = stop + 1;
    if (stop != end) continue;
    if (all.size() == tenants) return all;
    break;
  }
  throw BadArgument(
      fmt::format("fixed: workers={} is not one worker for each of {} tenants. Write {} numbers "
                  "from 0 to {}, with / between them.",
                  text, tenants, tenants, workers - 1));
}

std::unique_ptr<Scheduler> make(const Spec& spec, std::size_t tenants, std::size_t workers) {
  const std::string& told = spec.text("workers");
  if (!told.empty()) return std::make_unique<Fixed>(as_told(told, tenants, workers));
  std::vector<std::size_t> in_turn;
  for (std::size_t i = 0; i < tenants; ++i) in_turn.push_back(i % workers);
  return std::make_unique<Fixed>(std::move(in_turn));
}

}  // namespace

SchedulerKind fixed_scheduler() {
  return {"fixed",
          "Each tenant has its worker, where its queries wait their turn",
          {{"workers", "of each tenant, 0/1/0; empty: tenant i has worker i mod n", std::string()}},
          make};
}

}  // namespace motley::tenants
