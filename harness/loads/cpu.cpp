// cpu: arithmetic in registers, in slices. It takes cores, clock and power from others and touches
// no memory: beside an L1-resident victim on another core it is the control that must not disturb.
#include "harness/loads/cores.hpp"
#include "harness/loads/duty_work.hpp"
#include "harness/loads/kinds.hpp"
#include "harness/loads/loops.hpp"

namespace motley::loads {
namespace {

std::unique_ptr<Load> make(const Spec& spec, Machine& machine, Clock& clock,
                           const std::string& victim) {
  Cores cores = choose_cores(spec, machine, victim, spec.integer("threads"));
  const double slice_seconds = 1e-6 * static_cast<double>(spec.integer("slice_us"));
  const double duty = spec.number("duty");
  PacedPlan plan;
  plan.level.load = spec.canonical();
  plan.level.processor = cores.id;
  plan.level.quantities = {"duty", "flops_per_second"};
  plan.level.asked = {{"duty", duty}};
  plan.level.period_seconds = duty < 1 ? slice_seconds / duty : 0;
  plan.level.details = cores.details;
  std::vector<LoadThread> threads;
  for (auto& core : cores.processors) {
    threads.push_back(
        {std::move(core), std::make_unique<DutyWork>(machine, clock, slice_seconds,
                                                     [] { return multiply_and_add(2000); })});
  }
  return std::make_unique<PacedLoad>(machine, clock, std::move(plan), std::move(threads));
}

}  // namespace

LoadKind cpu_load() {
  std::vector<SpecParameter> parameters = core_parameters(0);
  parameters.push_back({"duty", "share of each thread's time, CPU time", 1.0, 0.001, 1});
  parameters.push_back({"slice_us", "microseconds of one slice", std::int64_t{500}, 20, 20000});
  return {"cpu", "fused multiply-adds in registers", std::move(parameters), make};
}

}  // namespace motley::loads
