// allocate: holds memory and touches every page of it once a second, so that the system cannot take
// it away: what is left for the victim, for its files and for compressed pages shrinks.
#include <algorithm>
#include <fmt/format.h>

#include "harness/error.hpp"
#include "harness/loads/cores.hpp"
#include "harness/loads/kinds.hpp"
#include "harness/loads/paced_load.hpp"

namespace motley::loads {
namespace {

constexpr std::size_t page = 4096;
constexpr double pieces_per_pass = 100, seconds_per_pass = 1;

class PageWork final : public Work {
 public:
  PageWork(Processor& core, std::size_t bytes)
      : buffer_(allocate(core, bytes)), pages_(bytes / page) {}

  void prepare() override {
    for (std::size_t i = 0; i < pages_; ++i) touch();
  }
  std::array<double, 2> piece() override {
    // Cut where a whole number of pages was due, so that a pass is exact.
    const auto due = [&](double pieces) {
      return static_cast<std::size_t>(static_cast<double>(pages_) * pieces / pieces_per_pass);
    };
    const std::size_t pages = due(number_ + 1) - due(number_);
    number_ = number_ + 1 < pieces_per_pass ? number_ + 1 : 0;
    for (std::size_t i = 0; i < pages; ++i) touch();
    return {static_cast<double>(pages * page), 0};
  }

 private:
  static std::unique_ptr<Buffer> allocate(Processor& core, std::size_t bytes) {
    BufferOptions options;
    options.untouched = true;
    return core.allocate(bytes, options);
  }
  void touch() {
    auto* byte = static_cast<volatile char*>(buffer_->host_address()) + at_;
    *byte = static_cast<char>(*byte + 1);
    at_ = at_ + page < pages_ * page ? at_ + page : 0;
  }
  std::unique_ptr<Buffer> buffer_;
  std::size_t pages_, at_ = 0;
  double number_ = 0;  ///< of the piece in its pass
};

std::unique_ptr<Load> make(const Spec& spec, Machine& machine, Clock& clock,
                           const std::string& victim) {
  Cores cores = choose_cores(spec, machine, victim);
  const auto bytes = static_cast<std::size_t>(spec.integer("bytes")) / page * page;
  const double available = static_cast<double>(cores.processors.front()->available_bytes());
  if (static_cast<double>(bytes) > 0.9 * available) {
    throw Error(fmt::format(
        "{}: {:.0f} MiB do not fit ({:.0f} MiB of memory are available). Give less.",
        spec.canonical(), static_cast<double>(bytes) / (1 << 20), available / (1 << 20)));
  }
  PacedPlan plan;
  plan.level.load = spec.canonical();
  plan.level.processor = cores.id;
  plan.level.quantities = {"touched_bytes_per_second"};
  plan.level.asked = {{"touched_bytes_per_second", static_cast<double>(bytes) / seconds_per_pass}};
  plan.level.period_seconds = seconds_per_pass / pieces_per_pass;
  plan.level.details = cores.details;
  plan.level.details["allocated_bytes"] = static_cast<std::int64_t>(bytes);
  std::vector<LoadThread> threads;
  auto work = std::make_unique<PageWork>(*cores.processors.front(), bytes);
  threads.push_back({std::move(cores.processors.front()), std::move(work)});
  return std::make_unique<PacedLoad>(machine, clock, std::move(plan), std::move(threads));
}

}  // namespace

LoadKind allocate_load() {
  std::vector<SpecParameter> parameters = one_core_parameters();
  parameters.push_back({"bytes", "that it holds", std::int64_t{512} << 20, 4096});
  return {"allocate", "holds memory and keeps touching it", std::move(parameters), make};
}

}  // namespace motley::loads
