// frames: what does the victim do to the user interface? Short pieces of work are due at the rate
// of a display, on a core or an OpenCL device. One that has not ended when the next is due has
// missed its deadline, and those that were due meanwhile are never drawn.
#include <algorithm>

#include "harness/loads/cores.hpp"
#include "harness/loads/kinds.hpp"
#include "harness/loads/loops.hpp"
#include "harness/loads/opencl_kernels.hpp"

namespace motley::loads {
namespace {

/// A fixed amount of arithmetic: it takes longer when somebody else has the core.
class FrameWork final : public Work {
 public:
  FrameWork(Clock& clock, double seconds) : clock_(clock), seconds_(seconds) {}

  void prepare() override {
    std::int64_t steps = 2000;
    double fastest = seconds_;
    for (int attempt = 0; attempt < 50; ++attempt) {  // the core's clock rises meanwhile
      const double began = clock_.seconds();
      multiply_and_add(steps);
      fastest = std::min(fastest, clock_.seconds() - began);
    }
    if (fastest > 0)
      steps_ = static_cast<std::int64_t>(static_cast<double>(steps) * seconds_ / fastest);
  }
  std::array<double, 2> piece() override {
    multiply_and_add(steps_);
    return {1, 0};
  }

 private:
  Clock& clock_;
  double seconds_;
  std::int64_t steps_ = 1;
};

/// As `other`, but it counts frames.
class DeviceFrames final : public Work {
 public:
  explicit DeviceFrames(std::unique_ptr<Work> other) : other_(std::move(other)) {}
  void prepare() override { other_->prepare(); }
  std::array<double, 2> piece() override {
    other_->piece();
    return {1, 0};
  }

 private:
  std::unique_ptr<Work> other_;
};

std::unique_ptr<Load> make(const Spec& spec, Machine& machine, Clock& clock,
                           const std::string& victim) {
  const double work_seconds = 1e-6 * static_cast<double>(spec.integer("work_us"));
  PacedPlan plan;
  std::vector<LoadThread> threads;
  if (spec.text("on").starts_with("opencl")) {
    OpenclPlace place = choose_device(spec, machine, victim);
    plan.level.processor = place.device->description().id;
    plan.level.details = place.details;
    auto work = std::make_unique<DeviceFrames>(device_compute(place.device, clock, work_seconds));
    threads.push_back({std::move(place.core), std::move(work)});
  } else {
    Cores cores = choose_cores(spec, machine, victim);
    plan.level.processor = cores.id;
    plan.level.details = cores.details;
    threads.push_back(
        {std::move(cores.processors.front()), std::make_unique<FrameWork>(clock, work_seconds)});
  }
  const double hertz = spec.number("hz");
  plan.level.load = spec.canonical();
  plan.level.quantities = {"frames_per_second"};
  plan.level.asked = {{"frames_per_second", hertz}};
  plan.level.period_seconds = 1 / hertz;
  plan.level.deadlines = true;
  plan.most_behind_seconds = 0;
  return std::make_unique<PacedLoad>(machine, clock, std::move(plan), std::move(threads));
}

}  // namespace

LoadKind frames_load() {
  std::vector<SpecParameter> parameters = one_core_parameters();
  parameters.front().summary = "an OpenCL device, or a core; empty: a core beside the victim's";
  parameters.push_back({"hz", "frames in a second", 60.0, 1, 1000});
  parameters.push_back(
      {"work_us", "microseconds of one frame, alone", std::int64_t{2000}, 20, 50000});
  return {"frames", "short work at the rate of a display, with deadlines", std::move(parameters),
          make};
}

}  // namespace motley::loads
