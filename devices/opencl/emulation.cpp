#include "devices/opencl/emulation.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <sstream>
#include <string_view>
#include <tuple>
#include <utility>

#include "devices/opencl/entry.hpp"
#include "harness/error.hpp"

namespace motley::opencl {
namespace {

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// A busy wait: sleeping would end some 50 us late and let the core slow down.
void spin_until(double time_seconds) {
  while (now_seconds() < time_seconds) {
  }
}

/// What the emulated device knows of a queue.
struct Line {
  bool working = false;          ///< commands were given since the last wait
  double overshoot_seconds = 0;  ///< what calls took longer than they should
};

struct Emulated {
  Api next;
  Delays delays;
  std::mutex mutex;
  std::map<cl_command_queue, Line> lines;
  struct Lengthened {
    cl_ulong nanoseconds;
    int references;
  };
  std::map<cl_event, Lengthened> events;
  double launch_call_seconds = 1e-5;  ///< shortest that the driver's own call took
};

Emulated& emulated() {
  static Emulated state;
  return state;
}

/// The queue has been waited for: the cost of that, unless it had nothing to do.
void pay_for_wait(cl_command_queue queue) {
  Line line;
  {
    const std::scoped_lock lock(emulated().mutex);
    std::swap(line, emulated().lines[queue]);
  }
  if (!line.working) return;
  const double cost = emulated().delays.sync_seconds - line.overshoot_seconds;
  if (cost > 0) spin_until(now_seconds() + cost);
}

void mark_working(cl_command_queue queue) {
  const std::scoped_lock lock(emulated().mutex);
  emulated().lines[queue].working = true;
}

/// Which argument of an entry says whether the call blocks; 0: none.
constexpr std::size_t blocking_argument(Entry entry) {
  switch (entry) {
    case Entry::clEnqueueReadBuffer:
    case Entry::clEnqueueWriteBuffer:
    case Entry::clEnqueueReadBufferRect:
    case Entry::clEnqueueWriteBufferRect:
    case Entry::clEnqueueReadImage:
    case Entry::clEnqueueWriteImage:
    case Entry::clEnqueueMapBuffer:
    case Entry::clEnqueueMapImage:
      return 2;
    case Entry::clEnqueueSVMMemcpy:
    case Entry::clEnqueueSVMMap:
      return 1;
    default:
      return 0;
  }
}

template <std::size_t index, class... Arguments>
auto argument(Arguments... arguments) {
  return std::get<index>(std::make_tuple(arguments...));
}

/// Every clEnqueue... that has no delay of its own.
template <Entry entry, class Function>
struct Enqueue;

template <Entry entry, class Result, class... Arguments>
struct Enqueue<entry, Result (*)(cl_command_queue, Arguments...)> {
  static inline Result (*next)(cl_command_queue, Arguments...) = nullptr;
  static Result call(cl_command_queue queue, Arguments... arguments) {
    const Result result = next(queue, arguments...);
    mark_working(queue);
    constexpr std::size_t blocking = blocking_argument(entry);
    if constexpr (blocking != 0) {
      if (argument<blocking - 1>(arguments...) != CL_FALSE) pay_for_wait(queue);
    }
    return result;
  }
};

struct Watch {
  template <Entry entry, class Function>
  void visit(Function& function) {
    if constexpr (requires { Enqueue<entry, Function>::next; }) {
      constexpr std::string_view name = facts_of(entry).name;
      if constexpr (name.starts_with("clEnqueue")) {
        Enqueue<entry, Function>::next = function;
        function = Enqueue<entry, Function>::call;
      }
    }
  }
};

/// Lengthens a copy's event to `seconds`; how long the copy waited in the queue before it started.
double lengthen_event(cl_event event, double seconds) {
  Emulated& state = emulated();
  const auto time = [&](cl_profiling_info what) {
    cl_ulong nanoseconds = 0;
    state.next.clGetEventProfilingInfo(event, what, sizeof(nanoseconds), &nanoseconds, nullptr);
    return nanoseconds;
  };
  const cl_ulong queued = time(CL_PROFILING_COMMAND_QUEUED);
  const cl_ulong start = time(CL_PROFILING_COMMAND_START), end = time(CL_PROFILING_COMMAND_END);
  if (queued == 0 || start < queued || end < start) return 0;  // not profiled, or not told
  const auto wanted = static_cast<cl_ulong>(seconds * 1e9);
  if (wanted > end - start) {
    const std::scoped_lock lock(state.mutex);
    state.events[event] = {wanted - (end - start), 1};
  }
  return static_cast<double>(start - queued) * 1e-9;
}

/// Makes a copy blocking, so that its whole time is known here, and lengthens it to bytes / rate.
template <class Copy>
cl_int lengthened(cl_command_queue queue, bool blocking, double bytes, double rate, cl_event* event,
                  const Copy& copy) {
  Emulated& state = emulated();
  if (const cl_int status = state.next.clFinish(queue); status != CL_SUCCESS) return status;
  const double seconds = rate > 0 ? bytes / rate : 0;
  const double started = now_seconds();
  if (const cl_int status = copy(); status != CL_SUCCESS) return status;
  const double waited = event != nullptr && rate > 0 ? lengthen_event(*event, seconds) : 0;
  spin_until(started + waited + seconds);
  {
    const std::scoped_lock lock(state.mutex);
    Line& line = state.lines[queue];
    line.working = true;
    if (rate > 0) line.overshoot_seconds += now_seconds() - started - seconds;
  }
  if (blocking) pay_for_wait(queue);
  return CL_SUCCESS;
}

double volume(const size_t* region) {
  return static_cast<double>(region[0]) * static_cast<double>(region[1]) *
         static_cast<double>(region[2]);
}

cl_int write_buffer(cl_command_queue queue, cl_mem to, cl_bool blocking, size_t offset,
                    size_t bytes, const void* from, cl_uint waits, const cl_event* wait,
                    cl_event* event) {
  return lengthened(queue, blocking != CL_FALSE, static_cast<double>(bytes),
                    emulated().delays.write_bytes_per_second, event, [&] {
                      return emulated().next.clEnqueueWriteBuffer(queue, to, CL_TRUE, offset, bytes,
                                                                  from, waits, wait, event);
                    });
}

cl_int read_buffer(cl_command_queue queue, cl_mem from, cl_bool blocking, size_t offset,
                   size_t bytes, void* to, cl_uint waits, const cl_event* wait, cl_event* event) {
  return lengthened(queue, blocking != CL_FALSE, static_cast<double>(bytes),
                    emulated().delays.read_bytes_per_second, event, [&] {
                      return emulated().next.clEnqueueReadBuffer(queue, from, CL_TRUE, offset,
                                                                 bytes, to, waits, wait, event);
                    });
}

cl_int write_rectangle(cl_command_queue queue, cl_mem to, cl_bool blocking, const size_t* origin,
                       const size_t* host_origin, const size_t* region, size_t row, size_t slice,
                       size_t host_row, size_t host_slice, const void* from, cl_uint waits,
                       const cl_event* wait, cl_event* event) {
  return lengthened(queue, blocking != CL_FALSE, volume(region),
                    emulated().delays.write_bytes_per_second, event, [&] {
                      return emulated().next.clEnqueueWriteBufferRect(
                          queue, to, CL_TRUE, origin, host_origin, region, row, slice, host_row,
                          host_slice, from, waits, wait, event);
                    });
}

cl_int read_rectangle(cl_command_queue queue, cl_mem from, cl_bool blocking, const size_t* origin,
                      const size_t* host_origin, const size_t* region, size_t row, size_t slice,
                      size_t host_row, size_t host_slice, void* to, cl_uint waits,
                      const cl_event* wait, cl_event* event) {
  return lengthened(queue, blocking != CL_FALSE, volume(region),
                    emulated().delays.read_bytes_per_second, event, [&] {
                      return emulated().next.clEnqueueReadBufferRect(
                          queue, from, CL_TRUE, origin, host_origin, region, row, slice, host_row,
                          host_slice, to, waits, wait, event);
                    });
}

/// The delay stands before the call, so that the device still has the work when the call returns.
/// What a call took longer than it should, the next one or the wait pays back.
cl_int launch(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions, const size_t* offset,
              const size_t* global, const size_t* local, cl_uint waits, const cl_event* wait,
              cl_event* event) {
  Emulated& state = emulated();
  const double started = now_seconds();
  double target = started + state.delays.launch_seconds, own = 0;
  if (state.delays.launch_seconds > 0) {
    const std::scoped_lock lock(state.mutex);
    target -= std::exchange(state.lines[queue].overshoot_seconds, 0);
    own = state.launch_call_seconds;
  }
  spin_until(target - own);
  const double called = now_seconds();
  const cl_int status = state.next.clEnqueueNDRangeKernel(queue, kernel, dimensions, offset, global,
                                                          local, waits, wait, event);
  const double returned = now_seconds();
  spin_until(target);
  const std::scoped_lock lock(state.mutex);
  Line& line = state.lines[queue];
  line.working = true;
  if (state.delays.launch_seconds > 0) line.overshoot_seconds += now_seconds() - target;
  state.launch_call_seconds = std::min(state.launch_call_seconds, returned - called);
  return status;
}

cl_int finish(cl_command_queue queue) {
  const cl_int status = emulated().next.clFinish(queue);
  pay_for_wait(queue);
  return status;
}

cl_int wait_for_events(cl_uint count, const cl_event* events) {
  Emulated& state = emulated();
  const cl_int status = state.next.clWaitForEvents(count, events);
  for (cl_uint i = 0; i < count; ++i) {
    cl_command_queue queue = nullptr;
    state.next.clGetEventInfo(events[i], CL_EVENT_COMMAND_QUEUE, sizeof(queue), &queue, nullptr);
    if (queue != nullptr) pay_for_wait(queue);
  }
  return status;
}

cl_int profiling_info(cl_event event, cl_profiling_info what, size_t size, void* value,
                      size_t* needed) {
  Emulated& state = emulated();
  const cl_int status = state.next.clGetEventProfilingInfo(event, what, size, value, needed);
  const bool at_end = what == CL_PROFILING_COMMAND_END || what == CL_PROFILING_COMMAND_COMPLETE;
  if (status != CL_SUCCESS || value == nullptr || !at_end) return status;
  const std::scoped_lock lock(state.mutex);
  if (const auto found = state.events.find(event); found != state.events.end()) {
    *static_cast<cl_ulong*>(value) += found->second.nanoseconds;
  }
  return status;
}

void count_references(cl_event event, int change) {
  const std::scoped_lock lock(emulated().mutex);
  const auto found = emulated().events.find(event);
  if (found == emulated().events.end()) return;
  found->second.references += change;
  if (found->second.references <= 0) emulated().events.erase(found);
}

cl_int retain_event(cl_event event) {
  count_references(event, 1);
  return emulated().next.clRetainEvent(event);
}

cl_int release_event(cl_event event) {
  count_references(event, -1);
  return emulated().next.clReleaseEvent(event);
}

[[noreturn]] void refuse(const std::string& part) {
  throw Error("MOTLEY_EMULATE: '" + part +
              "' is not understood (the delays would not be what you think). Write for example "
              "launch_us=80,sync_us=900,write_gbps=4,read_gbps=2.");
}

}  // namespace

Delays parse_delays(const std::string& text) {
  Delays delays;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) {
    const std::size_t equals = part.find('=');
    if (equals == std::string::npos) refuse(part);
    std::istringstream number(part.substr(equals + 1));
    double value = 0;
    if (!(number >> value) || !number.eof() || !(value > 0) || value > 1e9) refuse(part);
    const std::string name = part.substr(0, equals);
    if (name == "launch_us") {
      delays.launch_seconds = value * 1e-6;
    } else if (name == "sync_us") {
      delays.sync_seconds = value * 1e-6;
    } else if (name == "write_gbps") {
      delays.write_bytes_per_second = value * 1e9;
    } else if (name == "read_gbps") {
      delays.read_bytes_per_second = value * 1e9;
    } else {
      refuse(part);
    }
  }
  return delays;
}

Api with_delays(Api api, const Delays& delays) {
  Emulated& state = emulated();
  state.next = api;
  state.delays = delays;
  state.lines.clear();
  for_each_entry(api, Watch{});
  api.clEnqueueWriteBuffer = write_buffer;
  api.clEnqueueReadBuffer = read_buffer;
  api.clEnqueueWriteBufferRect = write_rectangle;
  api.clEnqueueReadBufferRect = read_rectangle;
  api.clEnqueueNDRangeKernel = launch;
  api.clFinish = finish;
  api.clWaitForEvents = wait_for_events;
  api.clGetEventProfilingInfo = profiling_info;
  api.clRetainEvent = retain_event;
  api.clReleaseEvent = release_event;
  api.emulated = true;
  return api;
}

}  // namespace motley::opencl
