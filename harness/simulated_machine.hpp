// For tests: a machine whose time is a number that kernels advance. Everything that samples, stops,
// searches and judges is then tested exactly and at once.
#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/clock.hpp"
#include "harness/error.hpp"
#include "harness/machine.hpp"

namespace motley {

class VirtualClock final : public Clock {
 public:
  double seconds() override { return now_ += 1e-9; }  // reading a clock takes time too
  void wait_until(double seconds) override { now_ = std::max(now_, seconds); }
  void advance(double seconds) { now_ += seconds; }

 private:
  double now_ = 0;
};

class SimulatedBuffer final : public Buffer {
 public:
  SimulatedBuffer(Processor& home, std::size_t bytes)
      : home_(home), content(bytes, std::byte{0xFF}) {}
  std::size_t bytes() const override { return content.size(); }
  MemoryKind kind() const override { return MemoryKind::device; }
  Processor& home() const override { return home_; }
  Owner owner() const override { return Owner::processor; }

 private:
  Processor& home_;

 public:
  std::vector<std::byte> content;
};

class SimulatedKernel final : public LoadedKernel {
 public:
  SimulatedKernel(Processor& home, Kernel loaded) : kernel(std::move(loaded)), home_(home) {}
  Processor& home() const override { return home_; }
  std::size_t maximum_work_group() const override { return 1; }
  Kernel kernel;

 private:
  Processor& home_;
};

/// Device times are what the test puts into `intervals`.
class SimulatedQueue final : public Queue {
 public:
  explicit SimulatedQueue(Processor& home) : home_(home) {}
  Processor& home() const override { return home_; }
  void launch(LoadedKernel&, const Range&, std::span<const Argument>) override {}
  void write(Buffer& to, const void* from, std::size_t bytes, std::size_t offset) override {
    std::memcpy(static_cast<SimulatedBuffer&>(to).content.data() + offset, from, bytes);
  }
  void read(const Buffer& from, void* to, std::size_t bytes, std::size_t offset) override {
    std::memcpy(to, static_cast<const SimulatedBuffer&>(from).content.data() + offset, bytes);
  }
  void copy(const Buffer&, Buffer&, std::size_t) override {}
  void fill(Buffer&, std::uint32_t) override {}
  void* map(Buffer& buffer, Access) override {
    return static_cast<SimulatedBuffer&>(buffer).content.data();
  }
  void unmap(Buffer&) override {}
  std::unique_ptr<Fence> fence() override { throw Unsupported("simulated queues have no fences"); }
  void wait_for(Fence&) override {}
  void flush() override {}
  void finish() override {}
  std::vector<DeviceInterval> take_intervals() override { return std::exchange(intervals, {}); }
  std::vector<DeviceInterval> intervals;

 private:
  Processor& home_;
};

class SimulatedProcessor final : public Processor {
 public:
  explicit SimulatedProcessor(std::string id) {
    description_.id = std::move(id);
    description_.kind = "cpu";
  }
  const schema::Processor& description() const override { return description_; }
  ProcessorKind kind() const override { return ProcessorKind::cpu; }
  unsigned members() const override { return 1; }
  std::unique_ptr<Buffer> allocate(std::size_t bytes, const BufferOptions&) override {
    return std::make_unique<SimulatedBuffer>(*this, bytes);
  }
  std::unique_ptr<LoadedKernel> load(const Kernel& kernel) override {
    return std::make_unique<SimulatedKernel>(*this, kernel);
  }
  std::unique_ptr<Queue> queue(const QueueOptions&) override {
    return std::make_unique<SimulatedQueue>(*this);
  }
  double clock_hertz() override { return clock; }
  std::size_t maximum_buffer_bytes() const override { return 1 << 20; }
  std::size_t available_bytes() const override { return 1 << 24; }
  double clock = 2e9;

 private:
  schema::Processor description_;
};

class SimulatedMachine final : public Machine {
 public:
  explicit SimulatedMachine(VirtualClock& clock) : clock_(clock) {}
  schema::Device device() override {
    schema::Device device;
    device.id = "simulated";
    device.name = "simulated machine";
    return device;
  }
  std::vector<std::string> processor_ids() override { return {"cpu"}; }
  std::vector<std::string> default_processor_ids() override { return {"cpu"}; }
  std::unique_ptr<Processor> open(const std::string& id) override {
    if (id == "broken") throw DeviceError("clCreateContext", "CL_OUT_OF_HOST_MEMORY", "Reboot.");
    if (id != "cpu") throw UnknownName("processor", id, processor_ids());
    return std::make_unique<SimulatedProcessor>(id);
  }
  Instruments instruments() override { return {}; }
  schema::Facts conditions() override { return {{"load_average_1min", 0.0}}; }
  ThreadState thread_state() override { return {waited_seconds, involuntary_switches, 0, core}; }
  double boot_seconds() override { return clock_.seconds() + asleep_seconds; }
  bool flush_denormals() override { return true; }

  double waited_seconds = 0, asleep_seconds = 0;
  std::int64_t involuntary_switches = 0;
  int core = 0;

 private:
  VirtualClock& clock_;
};

}  // namespace motley
