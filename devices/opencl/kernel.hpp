// A kernel built for one device. Each load has a kernel object of its own: arguments of one user
// never reach another's launch.
#pragma once

#include <span>

#include "devices/opencl/api.hpp"

namespace motley::opencl {

class DeviceKernel : public LoadedKernel {
 public:
  DeviceKernel(Device& home, const Kernel& kernel);

  Processor& home() const override { return home_; }
  std::size_t maximum_work_group() const override { return maximum_work_group_; }

  cl_kernel kernel() const { return kernel_.get(); }
  void set(std::span<const Argument> arguments);

  /// A library gives its own commands to queues; there is no cl_kernel.
  bool is_call() const { return static_cast<bool>(call_); }
  /// Lets it do so; the event of its last command, which is the caller's, or null.
  cl_event call(cl_command_queue queue, std::span<const Argument> arguments);

 private:
  Device& home_;
  std::string name_;
  Handle<cl_kernel> kernel_;
  OpenclCall call_;
  std::vector<void*> memory_;  ///< of a call, kept so that a launch does not allocate
  std::size_t maximum_work_group_ = 1;
};

/// Throws Error for kernels of other processors.
DeviceKernel& device_kernel(LoadedKernel& kernel);

}  // namespace motley::opencl
