// opencl_memory: an OpenCL device reads its memory at a steady rate, in kernels of a few
// milliseconds: shorter ones would be mostly launches.
#include <algorithm>
#include <fmt/format.h>

#include "harness/error.hpp"
#include "harness/loads/kinds.hpp"
#include "harness/loads/opencl_kernels.hpp"

namespace motley::loads {
namespace {

constexpr double piece_seconds = 2e-3;
constexpr std::size_t grain = 256;  ///< bytes that one work-item reads

std::unique_ptr<Load> make(const Spec& spec, Machine& machine, Clock& clock,
                           const std::string& victim) {
  OpenclPlace place = choose_device(spec, machine, victim);
  const auto footprint = static_cast<std::size_t>(spec.integer("footprint"));
  const std::size_t most =
      std::min(place.device->maximum_buffer_bytes(), place.device->available_bytes() / 10 * 9);
  if (footprint > most) {
    throw Error(fmt::format("{}: {} MiB do not fit ({} has {} MiB for one buffer). Give less.",
                            spec.canonical(), footprint >> 20, spec.text("on"), most >> 20));
  }
  const double rate = 1e9 * spec.number("gbps");
  const double wanted = std::clamp(rate * piece_seconds, 65536.0, static_cast<double>(footprint));
  const std::size_t piece = static_cast<std::size_t>(wanted) / grain * grain;
  PacedPlan plan;
  plan.level.load = spec.canonical();
  plan.level.processor = place.device->description().id;
  plan.level.quantities = {"read_bytes_per_second"};
  plan.level.asked = {{"read_bytes_per_second", rate}};
  plan.level.period_seconds = static_cast<double>(piece) / rate;
  plan.level.details = place.details;
  plan.level.details["footprint_bytes"] = static_cast<std::int64_t>(footprint);
  plan.most_behind_seconds = 2 * piece_seconds;
  plan.try_unpaced = true;
  std::vector<LoadThread> threads;
  auto work = device_read(place.device, footprint, piece);
  threads.push_back({std::move(place.core), std::move(work)});
  return std::make_unique<PacedLoad>(machine, clock, std::move(plan), std::move(threads));
}

}  // namespace

LoadKind opencl_memory_load() {
  return {"opencl_memory",
          "an OpenCL device that streams through its memory",
          {{"on", "an OpenCL device", "opencl:0"},
           {"gbps", "10^9 bytes read in a second", 5.0, 0.001, 1e5},
           {"footprint", "bytes that it walks", std::int64_t{128} << 20, 65536}},
          make};
}

}  // namespace motley::loads
