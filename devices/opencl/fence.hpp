// A point in a queue of an OpenCL device: an event that the host or another queue waits for.
#pragma once

#include "devices/opencl/api.hpp"

namespace motley::opencl {

class DeviceFence : public Fence {
 public:
  DeviceFence(Device& home, Handle<cl_event> event) : home_(home), event_(std::move(event)) {}

  void wait() override;
  bool done() override;
  void then(std::function<void()> callback) override;

  const Device& home() const { return home_; }
  cl_event event() const { return event_.get(); }

 private:
  Device& home_;
  Handle<cl_event> event_;
};

/// Makes commands given to `queue` from now on start after `fence`: by its event where both are of
/// one context, else by an event of our own that a callback completes.
void start_after(Device& device, cl_command_queue queue, Fence& fence);

}  // namespace motley::opencl
