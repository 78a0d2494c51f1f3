// cache: walks as much as a cache of the given level holds, over and over, so that lines of others
// must leave it. Where the victim has a cache of that level for itself, nothing of its leaves:
// details say whether it is shared.
#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/error.hpp"
#include "harness/loads/cores.hpp"
#include "harness/loads/duty_work.hpp"
#include "harness/loads/kinds.hpp"
#include "harness/loads/loops.hpp"

namespace motley::loads {
namespace {

constexpr std::size_t step_bytes = 16384;  ///< under a microsecond or two where it hits

const schema::Cache& cache_of(const schema::Device& device, std::int64_t level, int core) {
  std::vector<int> known;
  for (const schema::Cache& cache : device.caches) {
    if (cache.type == "instruction") continue;
    const bool has =
        std::find(cache.shared_by.begin(), cache.shared_by.end(), core) != cache.shared_by.end();
    if (has && cache.level == level) return cache;
    if (has) known.push_back(cache.level);
  }
  throw BadArgument(fmt::format(
      "cache: core {} has no cache of level {} that the system tells of (it tells of {}). Give one "
      "of those.",
      core, level, known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", "))));
}

class CacheWork final : public Work {
 public:
  CacheWork(Machine& machine, Clock& clock, Processor& core, double slice_seconds,
            std::size_t bytes)
      : buffer_(allocate(core, bytes)),
        duty_(machine, clock, slice_seconds, [this] { return step(); }) {}

  void prepare() override {
    write_bytes(buffer_->host_address(), buffer_->bytes(), 1);
    duty_.prepare();
  }
  std::array<double, 2> piece() override { return duty_.piece(); }

 private:
  static std::unique_ptr<Buffer> allocate(Processor& core, std::size_t bytes) {
    BufferOptions options;
    options.untouched = true;
    return core.allocate((bytes + step_bytes - 1) / step_bytes * step_bytes, options);
  }
  double step() {
    read_bytes(static_cast<const std::byte*>(buffer_->host_address()) + at_, step_bytes);
    at_ = (at_ + step_bytes) % buffer_->bytes();
    return static_cast<double>(step_bytes);
  }
  std::unique_ptr<Buffer> buffer_;
  std::size_t at_ = 0;
  DutyWork duty_;
};

bool meet(const std::vector<int>& a, const std::vector<int>& b) {
  return std::find_first_of(a.begin(), a.end(), b.begin(), b.end()) != a.end();
}

std::unique_ptr<Load> make(const Spec& spec, Machine& machine, Clock& clock,
                           const std::string& victim) {
  Cores cores = choose_cores(spec, machine, victim, spec.integer("threads"));
  const double slice_seconds = 1e-6 * static_cast<double>(spec.integer("slice_us"));
  const double duty = spec.number("duty");
  const std::vector<int> victims = cores_in_use(machine, victim);
  const schema::Device device = machine.device();
  PacedPlan plan;
  bool shared = false;
  std::vector<LoadThread> threads;
  for (auto& processor : cores.processors) {
    const int core = cores_in_use(machine, processor->description().id).front();
    const schema::Cache& cache = cache_of(device, spec.integer("level"), core);
    const auto bytes = static_cast<std::size_t>(cache.bytes);
    shared = shared || meet(cache.shared_by, victims);
    plan.level.details["footprint_bytes"] = cache.bytes;
    auto work = std::make_unique<CacheWork>(machine, clock, *processor, slice_seconds, bytes);
    threads.push_back({std::move(processor), std::move(work)});
  }
  plan.level.load = spec.canonical();
  plan.level.processor = cores.id;
  plan.level.quantities = {"duty", "read_bytes_per_second"};
  plan.level.asked = {{"duty", duty}};
  plan.level.period_seconds = duty < 1 ? slice_seconds / duty : 0;
  plan.level.details.merge(cores.details);
  plan.level.details["victim_shares_the_cache"] = shared;
  return std::make_unique<PacedLoad>(machine, clock, std::move(plan), std::move(threads));
}

}  // namespace

LoadKind cache_load() {
  std::vector<SpecParameter> parameters = core_parameters(1);
  parameters.push_back({"level", "which cache", std::int64_t{2}, 1, 8});
  parameters.push_back({"duty", "share of each thread's time, CPU time", 1.0, 0.001, 1});
  parameters.push_back({"slice_us", "microseconds of one slice", std::int64_t{500}, 20, 20000});
  return {"cache", "walks as much as a cache holds", std::move(parameters), make};
}

}  // namespace motley::loads
