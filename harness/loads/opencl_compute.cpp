// opencl_compute: keeps an OpenCL device busy for a share of the time with kernels of one length,
// one after another. Nothing pre-empts a kernel on most mobile GPUs: their length decides how long
// the victim's wait.
#include "harness/loads/kinds.hpp"
#include "harness/loads/opencl_kernels.hpp"

namespace motley::loads {
namespace {

std::unique_ptr<Load> make(const Spec& spec, Machine& machine, Clock& clock,
                           const std::string& victim) {
  OpenclPlace place = choose_device(spec, machine, victim);
  const double kernel_seconds = 1e-6 * static_cast<double>(spec.integer("kernel_us"));
  const double duty = spec.number("duty");
  PacedPlan plan;
  plan.level.load = spec.canonical();
  plan.level.processor = place.device->description().id;
  plan.level.quantities = {"duty", "kernels_per_second"};
  plan.level.asked = {{"duty", duty}};
  plan.level.period_seconds = duty < 1 ? kernel_seconds / duty : 0;
  plan.level.details = place.details;
  std::vector<LoadThread> threads;
  auto work = device_compute(place.device, clock, kernel_seconds);
  threads.push_back({std::move(place.core), std::move(work)});
  return std::make_unique<PacedLoad>(machine, clock, std::move(plan), std::move(threads));
}

}  // namespace

LoadKind opencl_compute_load() {
  return {"opencl_compute",
          "kernels that keep an OpenCL device busy for a share of the time",
          {{"on", "an OpenCL device", "opencl:0"},
           {"duty", "share of the time in which the device is busy with them", 0.5, 0.001, 1},
           {"kernel_us", "microseconds of one kernel, alone", std::int64_t{500}, 20, 20000}},
          make};
}

}  // namespace motley::loads
