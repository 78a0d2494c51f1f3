#include "devices/opencl/fence.hpp"

#include "harness/error.hpp"

namespace motley::opencl {
namespace {

void CL_CALLBACK run_callback(cl_event, cl_int, void* callback) {
  const std::unique_ptr<std::function<void()>> function(
      static_cast<std::function<void()>*>(callback));
  try {
    (*function)();
  } catch (...) {
    // On a thread of the driver: nobody above could catch it.
  }
}

void add_barrier(const Api& api, cl_command_queue queue, cl_event event) {
  if (api.has("clEnqueueBarrierWithWaitList")) {
    check(api.clEnqueueBarrierWithWaitList(queue, 1, &event, nullptr),
          "clEnqueueBarrierWithWaitList");
  } else {
    check(api.clEnqueueWaitForEvents(queue, 1, &event), "clEnqueueWaitForEvents");
  }
}

}  // namespace

void DeviceFence::wait() {
  const cl_event event = event_.get();
  check(home_.api().clWaitForEvents(1, &event), "clWaitForEvents");
}

bool DeviceFence::done() {
  cl_int status = CL_QUEUED;
  check(home_.api().clGetEventInfo(event_.get(), CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof(status),
                                   &status, nullptr),
        "clGetEventInfo");
  if (status < 0) check(status, "a command before the fence");
  return status == CL_COMPLETE;
}

void DeviceFence::then(std::function<void()> callback) {
  auto kept = std::make_unique<std::function<void()>>(std::move(callback));
  check(home_.api().clSetEventCallback(event_.get(), CL_COMPLETE, run_callback, kept.get()),
        "clSetEventCallback");
  static_cast<void>(kept.release());  // run_callback owns it
}

void start_after(Device& device, cl_command_queue queue, Fence& fence) {
  const Api& api = device.api();
  const auto* own = dynamic_cast<DeviceFence*>(&fence);
  if (own != nullptr && own->home().context() == device.context()) {
    add_barrier(api, queue, own->event());
    return;
  }
  if (fence.done()) return;
  if (!api.has("clCreateUserEvent")) {
    fence.wait();
    return;
  }
  cl_int status = CL_SUCCESS;
  const cl_event created = api.clCreateUserEvent(device.context(), &status);
  const auto event = std::make_shared<Handle<cl_event>>(
      owned(created, status, "clCreateUserEvent", api.clReleaseEvent));
  add_barrier(api, queue, event->get());
  check(api.clFlush(queue), "clFlush");
  const auto set = api.clSetUserEventStatus;
  fence.then([event, set] { set(event->get(), CL_COMPLETE); });
}

}  // namespace motley::opencl
