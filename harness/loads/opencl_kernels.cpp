#include "harness/loads/opencl_kernels.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "harness/error.hpp"
#include "harness/loads/cores.hpp"

namespace motley::loads {
namespace {

constexpr std::int64_t items_per_unit = 256;
constexpr std::size_t vectors_per_item = 16;  ///< float4 that one work-item reads

const char* const compute_source = R"(
__kernel void load_compute(__global float* out, int steps) {
  float4 a = (float4)((float)get_global_id(0)), b = a + 1.0f, c = a + 2.0f, d = a + 3.0f;
  for (int i = 0; i < steps; ++i) {
    a = mad(a, 0.75f, 0.25f);
    b = mad(b, 0.75f, 0.25f);
    c = mad(c, 0.75f, 0.25f);
    d = mad(d, 0.75f, 0.25f);
  }
  a += b + c + d;
  out[get_global_id(0)] = a.x + a.y + a.z + a.w;
}
)";

const char* const read_source = R"(
__kernel void load_read(__global const float4* from, __global float* out, int first) {
  const int items = (int)get_global_size(0), item = (int)get_global_id(0);
  float4 sum = (float4)(0.0f);
  for (int i = 0; i < VECTORS; ++i) sum += from[first + i * items + item];
  out[item] = sum.x + sum.y + sum.z + sum.w;
}
)";

std::int64_t compute_units(const Processor& device) {
  const schema::Facts& facts = device.description().facts;
  const auto found = facts.find("compute_units");
  const auto* units = found == facts.end() ? nullptr : std::get_if<std::int64_t>(&found->second);
  return units ? std::max<std::int64_t>(1, *units) : 1;
}

class ComputeWork final : public Work {
 public:
  ComputeWork(std::shared_ptr<Processor> device, Clock& clock, double kernel_seconds)
      : device_(std::move(device)),
        clock_(clock),
        kernel_seconds_(kernel_seconds),
        queue_(device_->queue({})),
        items_(static_cast<std::size_t>(items_per_unit * compute_units(*device_))),
        out_(device_->allocate(items_ * sizeof(float))) {}

  void prepare() override {
    kernel_ = device_->load({"load_compute", {}, {compute_source, "load_compute", ""}});
    launch();
    for (int attempts = 0; attempts < 24 && launch() < kernel_seconds_ / 4; ++attempts) steps_ *= 2;
    scale();
    scale();
  }
  std::array<double, 2> piece() override { return {launch(), 1}; }

 private:
  /// Sets the steps by the median of launches with pauses between them, as they will come: after a
  /// pause a device is slower.
  void scale() {
    std::vector<double> seconds(
        static_cast<std::size_t>(std::clamp(0.02 / kernel_seconds_, 3.0, 15.0)));
    for (double& one : seconds) {
      clock_.wait_until(clock_.seconds() + kernel_seconds_);
      one = launch();
    }
    const auto middle = seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2);
    std::nth_element(seconds.begin(), middle, seconds.end());
    if (*middle <= 0) return;
    steps_ = static_cast<std::int32_t>(
        std::clamp(static_cast<double>(steps_) * kernel_seconds_ / *middle, 1.0, 1e9));
  }
  /// Gives the seconds in which the device was busy, by its own clock where it has one.
  double launch() {
    const double began = clock_.seconds();
    queue_->launch(*kernel_, range(items_), {out_.get(), scalar(steps_)});
    queue_->finish();
    const double host = clock_.seconds() - began;
    double busy = 0;
    for (const DeviceInterval& one : queue_->take_intervals()) {
      busy += one.ended_seconds - one.started_seconds;
    }
    return busy > 0 ? busy : host;
  }

  std::shared_ptr<Processor> device_;
  Clock& clock_;
  double kernel_seconds_;
  std::unique_ptr<Queue> queue_;
  std::size_t items_;
  std::unique_ptr<Buffer> out_;
  std::unique_ptr<LoadedKernel> kernel_;
  std::int32_t steps_ = 64;
};

class ReadWork final : public Work {
 public:
  ReadWork(std::shared_ptr<Processor> device, std::size_t footprint, std::size_t piece_bytes)
      : device_(std::move(device)),
        queue_(device_->queue({.profiling = false})),
        from_(device_->allocate(footprint)),
        items_(std::max<std::size_t>(1, piece_bytes / (16 * vectors_per_item))),
        out_(device_->allocate(items_ * sizeof(float))) {}

  void prepare() override {
    kernel_ =
        device_->load({"load_read",
                       {},
                       {read_source, "load_read", fmt::format("-DVECTORS={}", vectors_per_item)}});
    queue_->fill(*from_, 0);
    piece();
  }
  std::array<double, 2> piece() override {
    const std::size_t vectors = items_ * vectors_per_item;
    if ((at_ + vectors) * 16 > from_->bytes()) at_ = 0;
    queue_->launch(*kernel_, range(items_),
                   {from_.get(), out_.get(), scalar(static_cast<std::int32_t>(at_))});
    queue_->finish();
    at_ += vectors;
    return {static_cast<double>(vectors * 16), 0};
  }

 private:
  std::shared_ptr<Processor> device_;
  std::unique_ptr<Queue> queue_;
  std::unique_ptr<Buffer> from_;
  std::size_t items_, at_ = 0;
  std::unique_ptr<Buffer> out_;
  std::unique_ptr<LoadedKernel> kernel_;
};

}  // namespace

OpenclPlace choose_device(const Spec& spec, Machine& machine, const std::string& victim) {
  const std::string id = spec.text("on");
  OpenclPlace place{machine.open(id), nullptr, {}};
  if (place.device->members() > 0) {
    throw BadArgument(fmt::format(
        "{}: {} is no OpenCL device (its load is an OpenCL kernel). Give opencl:0 or its like.",
        spec.name(), id));
  }
  Cores cores = choose_cores(Spec(spec.name(), "", one_core_parameters()), machine, victim);
  place.core = std::move(cores.processors.front());
  place.details["host_thread_on"] = cores.id;
  const auto workers = place.device->description().facts.find("worker_cores");
  if (workers != place.device->description().facts.end()) {
    place.details["worker_cores"] = workers->second;
  }
  return place;
}

std::unique_ptr<Work> device_compute(std::shared_ptr<Processor> device, Clock& clock,
                                     double kernel_seconds) {
  return std::make_unique<ComputeWork>(std::move(device), clock, kernel_seconds);
}

std::unique_ptr<Work> device_read(std::shared_ptr<Processor> device, std::size_t footprint,
                                  std::size_t piece_bytes) {
  return std::make_unique<ReadWork>(std::move(device), footprint, piece_bytes);
}

}  // namespace motley::loads
