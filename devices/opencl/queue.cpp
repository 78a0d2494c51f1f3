#include "devices/opencl/queue.hpp"

#include "devices/opencl/fence.hpp"
#include "devices/opencl/image.hpp"
#include "devices/opencl/kernel.hpp"
#include "devices/opencl/memory.hpp"
#include "harness/error.hpp"

namespace motley::opencl {
namespace {

/// Above so many unread events finish() reads them itself: drivers keep memory for each.
constexpr std::size_t most_kept_events = 1 << 16;

void check_range(const Buffer& buffer, std::size_t bytes, std::size_t offset, const char* use) {
  if (offset <= buffer.bytes() && bytes <= buffer.bytes() - offset) return;
  throw Error(std::string(use) + ": " + std::to_string(bytes) + " bytes from " +
              std::to_string(offset) + " reach beyond a buffer of " +
              std::to_string(buffer.bytes()) + " bytes (they would hit other memory). Copy less.");
}

cl_map_flags map_flags(Access access, const Device& device) {
  switch (access) {
    case Access::read:
      return CL_MAP_READ;
    case Access::write:
      return CL_MAP_WRITE;
    case Access::read_write:
      return CL_MAP_READ | CL_MAP_WRITE;
    case Access::write_discard:
      return device.version() >= 120 ? CL_MAP_WRITE_INVALIDATE_REGION : CL_MAP_WRITE;
  }
  return CL_MAP_READ | CL_MAP_WRITE;
}

char* at(void* address, std::size_t offset) {
  return static_cast<char*>(address) + offset;
}

}  // namespace

Handle<cl_command_queue> create_queue(Device& device, cl_command_queue_properties properties) {
  const Api& api = device.api();
  cl_int status = CL_SUCCESS;
  if (api.has("clCreateCommandQueueWithProperties")) {
    const cl_queue_properties list[] = {CL_QUEUE_PROPERTIES, properties, 0};
    const cl_command_queue queue = api.clCreateCommandQueueWithProperties(
        device.context(), device.id(), properties == 0 ? nullptr : list, &status);
    return owned(queue, status, "clCreateCommandQueueWithProperties", api.clReleaseCommandQueue);
  }
  const cl_command_queue queue =
      api.clCreateCommandQueue(device.context(), device.id(), properties, &status);
  return owned(queue, status, "clCreateCommandQueue", api.clReleaseCommandQueue);
}

DeviceQueue::DeviceQueue(Device& home, const QueueOptions& options)
    : home_(home), profiling_(options.profiling), in_order_(!options.out_of_order) {
  cl_command_queue_properties properties = 0;
  if (options.profiling) properties |= CL_QUEUE_PROFILING_ENABLE;
  if (options.out_of_order) properties |= CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE;
  queue_ = create_queue(home, properties);
  const std::scoped_lock lock(home.queues_mutex_);
  home.queues_.insert(queue_.get());
}

DeviceQueue::~DeviceQueue() {
  const std::scoped_lock lock(home_.queues_mutex_);
  home_.queues_.erase(queue_.get());
  home_.api().clFinish(queue_.get());  // host pointers of commands live only until here
}

cl_event* DeviceQueue::next_event() {
  return profiling_ ? &event_ : nullptr;
}

void DeviceQueue::keep_event() {
  if (!profiling_) return;
  events_.push_back({Handle<cl_event>(std::exchange(event_, nullptr), home_.api().clReleaseEvent)});
}

void DeviceQueue::launch(LoadedKernel& kernel, const Range& range,
                         std::span<const Argument> arguments) {
  DeviceKernel& own = device_kernel(kernel);
  if (&own.home() != &home_) {
    throw Error("the kernel was loaded for " + own.home().description().id + ", not for " +
                home_.description().id + " (its code does not run here). Load it for this device.");
  }
  if (own.is_call()) {
    launch_call(own, arguments);
    return;
  }
  own.set(arguments);
  const size_t* const local = range.local[0] == 0 ? nullptr : range.local.data();
  check(home_.api().clEnqueueNDRangeKernel(queue(), own.kernel(), range.dimensions, nullptr,
                                           range.global.data(), local, 0, nullptr, next_event()),
        "clEnqueueNDRangeKernel");
  keep_event();
}

/// A library tells the event of its last command only (CLBlast's product may copy its operands
/// before and its result behind it). What ran before it has ended when the marker has: from there
/// on all is the library's, also the time in which it prepares its first command.
void DeviceQueue::launch_call(DeviceKernel& kernel, std::span<const Argument> arguments) {
  Handle<cl_event> before = profiling_ ? marker() : Handle<cl_event>();
  Handle<cl_event> last(kernel.call(queue(), arguments), home_.api().clReleaseEvent);
  if (profiling_ && last) events_.push_back({std::move(last), std::move(before)});
}

void DeviceQueue::write(Buffer& to, const void* from, std::size_t bytes, std::size_t offset) {
  DeviceBuffer& own = usable_buffer(to, home_, "write");
  check_range(to, bytes, offset, "write");
  if (bytes == 0) return;
  const Api& api = home_.api();
  if (own.image()) {
    write_image(queue(), own, from, bytes, offset, next_event());
  } else if (own.svm() != nullptr) {
    check(api.clEnqueueSVMMemcpy(queue(), CL_FALSE, at(own.svm(), offset), from, bytes, 0, nullptr,
                                 next_event()),
          "clEnqueueSVMMemcpy");
  } else {
    check(api.clEnqueueWriteBuffer(queue(), own.memory(), CL_FALSE, offset, bytes, from, 0, nullptr,
                                   next_event()),
          "clEnqueueWriteBuffer");
  }
  keep_event();
}

void DeviceQueue::read(const Buffer& from, void* to, std::size_t bytes, std::size_t offset) {
  const DeviceBuffer& own = usable_buffer(from, home_, "read");
  check_range(from, bytes, offset, "read");
  if (bytes == 0) return;
  const Api& api = home_.api();
  if (own.image()) {
    read_image(queue(), own, to, bytes, offset, next_event());
  } else if (own.svm() != nullptr) {
    check(api.clEnqueueSVMMemcpy(queue(), CL_FALSE, to, at(own.svm(), offset), bytes, 0, nullptr,
                                 next_event()),
          "clEnqueueSVMMemcpy");
  } else {
    check(api.clEnqueueReadBuffer(queue(), own.memory(), CL_FALSE, offset, bytes, to, 0, nullptr,
                                  next_event()),
          "clEnqueueReadBuffer");
  }
  keep_event();
}

void DeviceQueue::copy(const Buffer& from, Buffer& to, std::size_t bytes) {
  const DeviceBuffer& source = usable_buffer(from, home_, "copy");
  const DeviceBuffer& target = usable_buffer(to, home_, "copy");
  check_range(from, bytes, 0, "copy");
  check_range(to, bytes, 0, "copy");
  if (bytes == 0) return;
  const Api& api = home_.api();
  if ((source.svm() != nullptr) != (target.svm() != nullptr)) {
    throw Unsupported(
        "copy between shared and other memory (OpenCL has no command for it). Write or read it "
        "from the host.");
  }
  if (source.image() || target.image()) {
    copy_image(queue(), source, target, bytes, next_event());
  } else if (source.svm() != nullptr) {
    check(api.clEnqueueSVMMemcpy(queue(), CL_FALSE, target.svm(), source.svm(), bytes, 0, nullptr,
                                 next_event()),
          "clEnqueueSVMMemcpy");
  } else {
    check(api.clEnqueueCopyBuffer(queue(), source.memory(), target.memory(), 0, 0, bytes, 0,
                                  nullptr, next_event()),
          "clEnqueueCopyBuffer");
  }
  keep_event();
}

void DeviceQueue::fill(Buffer& to, std::uint32_t pattern) {
  const DeviceBuffer& own = usable_buffer(to, home_, "fill");
  const std::size_t bytes = to.bytes() / sizeof(pattern) * sizeof(pattern);
  const Api& api = home_.api();
  if (own.image()) {
    fill_image(queue(), own, pattern, next_event());
  } else if (own.svm() != nullptr) {
    check(api.clEnqueueSVMMemFill(queue(), own.svm(), &pattern, sizeof(pattern), bytes, 0, nullptr,
                                  next_event()),
          "clEnqueueSVMMemFill");
  } else {
    check(api.clEnqueueFillBuffer(queue(), own.memory(), &pattern, sizeof(pattern), 0, bytes, 0,
                                  nullptr, next_event()),
          "clEnqueueFillBuffer");
  }
  keep_event();
}

void* DeviceQueue::map(Buffer& buffer, Access access) {
  DeviceBuffer& own = usable_buffer(buffer, home_, "map");
  if (own.image()) {
    throw Unsupported("map of an image (its rows may lie apart). Write or read it.");
  }
  const Api& api = home_.api();
  const cl_map_flags flags = map_flags(access, home_);
  if (!in_order_) finish();  // a blocking map waits for the commands before it in order only
  void* address = own.svm();
  if (own.svm() == nullptr) {
    cl_int status = CL_SUCCESS;
    address = api.clEnqueueMapBuffer(queue(), own.memory(), CL_TRUE, flags, 0, own.bytes(), 0,
                                     nullptr, next_event(), &status);
    check(status, "clEnqueueMapBuffer");
    keep_event();
  } else if (own.fine_grained()) {
    finish();  // both sides may touch it; the host has to wait for the device all the same
  } else {
    check(api.clEnqueueSVMMap(queue(), CL_TRUE, flags, own.svm(), own.bytes(), 0, nullptr,
                              next_event()),
          "clEnqueueSVMMap");
    keep_event();
  }
  if (address == nullptr) check(CL_MAP_FAILURE, "clEnqueueMapBuffer");
  own.set_mapped(address);
  finished_ = events_.size();
  return address;
}

void DeviceQueue::unmap(Buffer& buffer) {
  DeviceBuffer& own = device_buffer(buffer);
  if (&own.home() != &home_ || own.owner() != Owner::host) {
    throw Error("unmap: the buffer is not mapped on " + home_.description().id +
                " (there is nothing to give back). Map it first.");
  }
  const Api& api = home_.api();
  if (own.svm() == nullptr) {
    check(api.clEnqueueUnmapMemObject(queue(), own.memory(), own.host_address(), 0, nullptr,
                                      next_event()),
          "clEnqueueUnmapMemObject");
    keep_event();
  } else if (!own.fine_grained()) {
    check(api.clEnqueueSVMUnmap(queue(), own.svm(), 0, nullptr, next_event()), "clEnqueueSVMUnmap");
    keep_event();
  }
  own.set_mapped(nullptr);
}

Handle<cl_event> DeviceQueue::marker() {
  const Api& api = home_.api();
  cl_event event = nullptr;
  if (api.has("clEnqueueMarkerWithWaitList")) {
    check(api.clEnqueueMarkerWithWaitList(queue(), 0, nullptr, &event),
          "clEnqueueMarkerWithWaitList");
  } else {
    check(api.clEnqueueMarker(queue(), &event), "clEnqueueMarker");
  }
  return Handle<cl_event>(event, api.clReleaseEvent);
}

std::unique_ptr<Fence> DeviceQueue::fence() {
  Handle<cl_event> kept = marker();
  flush();  // who polls or waits in another queue must not wait for a command that never left
  return std::make_unique<DeviceFence>(home_, std::move(kept));
}

void DeviceQueue::wait_for(Fence& fence) {
  start_after(home_, queue(), fence);
}

void DeviceQueue::flush() {
  check(home_.api().clFlush(queue()), "clFlush");
}

void DeviceQueue::finish() {
  check(home_.api().clFinish(queue()), "clFinish");
  finished_ = events_.size();
  if (finished_ > most_kept_events) convert_events();
}

/// Times are taken as they come, zero or out of order too: the harness judges them.
DeviceInterval DeviceQueue::interval(const Timed& timed) const {
  const auto seconds = [&](const Handle<cl_event>& event, cl_profiling_info what) {
    cl_ulong nanoseconds = 0;
    check(home_.api().clGetEventProfilingInfo(event.get(), what, sizeof(nanoseconds), &nanoseconds,
                                              nullptr),
          "clGetEventProfilingInfo");
    return home_.seconds_of(nanoseconds);
  };
  const Handle<cl_event>& first = timed.before ? timed.before : timed.command;
  const double queued = seconds(first, CL_PROFILING_COMMAND_QUEUED);
  const double submitted = seconds(first, CL_PROFILING_COMMAND_SUBMIT);
  const double started =
      seconds(first, timed.before ? CL_PROFILING_COMMAND_END : CL_PROFILING_COMMAND_START);
  return {queued, submitted, started, seconds(timed.command, CL_PROFILING_COMMAND_END)};
}

void DeviceQueue::convert_events() {
  const auto end = events_.begin() + static_cast<std::ptrdiff_t>(finished_);
  const std::vector<Timed> finished(std::make_move_iterator(events_.begin()),
                                    std::make_move_iterator(end));
  events_.erase(events_.begin(), end);
  finished_ = 0;
  for (const Timed& timed : finished) intervals_.push_back(interval(timed));
}

std::vector<DeviceInterval> DeviceQueue::take_intervals() {
  convert_events();
  return std::exchange(intervals_, {});
}

}  // namespace motley::opencl
