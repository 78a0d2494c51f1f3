// Commands of an OpenCL device, by default in order and with the device's own times of each.
#pragma once

#include "devices/opencl/api.hpp"

namespace motley::opencl {

class DeviceKernel;

/// A queue with CL_QUEUE_... properties, by the call that the device's version has.
Handle<cl_command_queue> create_queue(Device& device, cl_command_queue_properties properties);

class DeviceQueue : public Queue {
 public:
  DeviceQueue(Device& home, const QueueOptions& options);
  ~DeviceQueue() override;
  DeviceQueue(const DeviceQueue&) = delete;
  DeviceQueue& operator=(const DeviceQueue&) = delete;

  Processor& home() const override { return home_; }
  using Queue::launch;
  void launch(LoadedKernel& kernel, const Range& range,
              std::span<const Argument> arguments) override;
  void write(Buffer& to, const void* from, std::size_t bytes, std::size_t offset) override;
  void read(const Buffer& from, void* to, std::size_t bytes, std::size_t offset) override;
  void copy(const Buffer& from, Buffer& to, std::size_t bytes) override;
  void fill(Buffer& to, std::uint32_t pattern) override;
  void* map(Buffer& buffer, Access access) override;
  void unmap(Buffer& buffer) override;
  std::unique_ptr<Fence> fence() override;
  void wait_for(Fence& fence) override;
  void flush() override;
  void finish() override;
  std::vector<DeviceInterval> take_intervals() override;

  cl_command_queue queue() const { return queue_.get(); }

 private:
  struct Timed {
    Handle<cl_event> command;
    Handle<cl_event> before = {};  ///< of a library's commands: a marker in front of the first
  };
  cl_event* next_event();
  void keep_event();
  void launch_call(DeviceKernel& kernel, std::span<const Argument> arguments);
  Handle<cl_event> marker();
  DeviceInterval interval(const Timed& timed) const;
  void convert_events();

  Device& home_;
  bool profiling_, in_order_;
  Handle<cl_command_queue> queue_;
  cl_event event_ = nullptr;   ///< of the command that is being given
  std::vector<Timed> events_;  ///< of commands whose times nobody has read yet
  std::size_t finished_ = 0;   ///< the first so many of them have run
  std::vector<DeviceInterval> intervals_;
};

}  // namespace motley::opencl
