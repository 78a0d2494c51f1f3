// The ports through which cases reach a processor: allocate, load, launch, copy, map, fence.
// devices/ implements them; a case sees nothing else and never knows vendor, driver or system.
// All calls throw DeviceError when the driver fails and Unsupported where the processor lacks it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "results_schema/record.hpp"

namespace motley {

class Processor;

/// device: the processor's own memory. pinned: host memory that the driver allocated
/// (ALLOC_HOST_PTR). shared: both sides use one address (SVM, or a CPU's memory).
enum class MemoryKind { device, pinned, shared };
enum class Owner { host, processor };
enum class Access { read, write, read_write, write_discard };

/// Memory with a home, a kind and a current owner. Changing the owner is a copy (write, read), a
/// map or unmap, or nothing: see Queue.
class Buffer {
 public:
  virtual ~Buffer() = default;
  virtual std::size_t bytes() const = 0;
  virtual MemoryKind kind() const = 0;
  virtual Processor& home() const = 0;
  virtual Owner owner() const = 0;
  /// Where the host sees it while the host is its owner, else null (memory of a CPU: always).
  /// A CPU processor's kernels take any buffer that has one.
  virtual void* host_address() const { return nullptr; }
  /// Share of its memory that lies in huge pages, as the system tells now; 0 where nobody tells.
  virtual double huge_share() const { return 0; }
};

/// Of an image of RGBA texels of four floats each.
struct ImageSize {
  std::size_t width, height;
};

struct BufferOptions {
  MemoryKind kind = MemoryKind::device;
  std::size_t alignment = 4096;    ///< bytes, a power of two
  bool untouched = false;          ///< do not fill with NaN: no page is touched
  bool huge_pages = false;         ///< ask for transparent huge pages (CPU)
  std::optional<ImageSize> image;  ///< OpenCL: an image of 16 * width * height bytes
};

/// Work-group local memory of an OpenCL kernel argument.
struct LocalMemory {
  std::size_t bytes;
};
/// A plain value passed to a kernel, as bytes (OpenCL vector types up to 16 floats).
struct Scalar {
  std::array<std::byte, 64> bytes;
  std::size_t size;
};
using Argument = std::variant<Buffer*, Scalar, LocalMemory>;

template <class T>
requires std::is_trivially_copyable_v<T> &&(!std::is_pointer_v<T>)&&(sizeof(T) <= 64) Argument
    scalar(T value) {
  Scalar result{{}, sizeof(T)};
  std::memcpy(result.bytes.data(), &value, sizeof(T));
  return result;
}

/// Work-items in each dimension and work-items per group; local 0 lets the driver choose.
struct Range {
  std::array<std::size_t, 3> global{1, 1, 1};
  std::array<std::size_t, 3> local{0, 0, 0};
  unsigned dimensions = 1;
};
inline Range range(std::size_t global, std::size_t local = 0) {
  return {{global, 1, 1}, {local, 1, 1}, 1};
}

/// The share of a launch that one thread of a CPU team computes: every member of the team calls the
/// CpuForm once with its own task. A CPU launch ignores Range: the form divides the work itself,
/// statically by member/members or dynamically by next_chunk().
class CpuTask {
 public:
  CpuTask(unsigned this_member, unsigned all_members, std::span<const Argument> arguments,
          std::atomic<std::int64_t>& next)
      : member(this_member), members(all_members), arguments_(arguments), next_(next) {}

  const unsigned member;
  const unsigned members;

  /// Argument i as a pointer into its buffer (owner: processor).
  template <class T>
  T* buffer(std::size_t i) const {
    return static_cast<T*>(pointer(i));
  }
  template <class T>
  T value(std::size_t i) const {
    T result;
    std::memcpy(&result, std::get<Scalar>(arguments_[i]).bytes.data(), sizeof(T));
    return result;
  }
  /// The next of `chunks` pieces of work that no member has taken yet, or -1: faster cores take
  /// more.
  std::int64_t next_chunk(std::int64_t chunks) const {
    const std::int64_t chunk = next_.fetch_add(1, std::memory_order_relaxed);
    return chunk < chunks ? chunk : -1;
  }
  /// [begin, end) of this member's even share of n items, both multiples of `grain` except the end.
  std::pair<std::int64_t, std::int64_t> share(std::int64_t n, std::int64_t grain = 1) const {
    const std::int64_t grains = (n + grain - 1) / grain;
    const std::int64_t begin = grains * member / members * grain;
    const std::int64_t end = grains * (member + 1) / members * grain;
    return {begin < n ? begin : n, end < n ? end : n};
  }

 private:
  void* pointer(std::size_t i) const;  // devices/cpu/processor.cpp
  std::span<const Argument> arguments_;
  std::atomic<std::int64_t>& next_;
};

using CpuForm = std::function<void(const CpuTask&)>;

/// A launch that another library gives to an OpenCL queue (CLBlast), with handles as it takes them.
struct OpenclTask {
  void* queue;                          ///< cl_command_queue
  std::vector<void*> memory;            ///< cl_mem of each buffer among the arguments
  std::span<const Argument> arguments;  ///< all of them
  /// The cl_event of its last command; the queue takes it over.
  void* event = nullptr;
};
using OpenclCall = std::function<void(OpenclTask&)>;

struct OpenclForm {
  std::string source;   ///< OpenCL C
  std::string entry;    ///< the __kernel's name
  std::string options;  ///< build options, part of the record
};

/// One computation with a form for each kind of processor; a missing form is Unsupported there.
struct Kernel {
  std::string name;
  CpuForm cpu;
  OpenclForm opencl;
  unsigned cpu_members = 0;     ///< at most so many threads of the team; 0: all. Small work wants 1
  OpenclCall opencl_call = {};  ///< instead of `opencl` where a library has the kernels
};

/// A kernel built for one processor.
class LoadedKernel {
 public:
  virtual ~LoadedKernel() = default;
  virtual Processor& home() const = 0;
  /// Largest work-group that this kernel can run with (1 on CPU processors).
  virtual std::size_t maximum_work_group() const = 0;
};

/// A point in a queue that the host or another queue can wait for.
class Fence {
 public:
  virtual ~Fence() = default;
  virtual void wait() = 0;                                ///< blocks the host
  virtual bool done() = 0;                                ///< polls
  virtual void then(std::function<void()> callback) = 0;  ///< called once, on any thread
};

/// When one command ran, in seconds of the device's own clock.
struct DeviceInterval {
  double queued_seconds, submitted_seconds, started_seconds, ended_seconds;
};

/// Commands given to a processor, run in order. Host pointers must live until a fence behind them.
/// On a CPU commands run at once on the calling thread's team, unless the queue is asynchronous.
class Queue {
 public:
  virtual ~Queue() = default;
  virtual Processor& home() const = 0;
  virtual void launch(LoadedKernel& kernel, const Range& range,
                      std::span<const Argument> arguments) = 0;
  void launch(LoadedKernel& kernel, const Range& range, std::initializer_list<Argument> arguments) {
    launch(kernel, range, std::span<const Argument>(arguments.begin(), arguments.size()));
  }
  virtual void write(Buffer& to, const void* from, std::size_t bytes, std::size_t offset = 0) = 0;
  virtual void read(const Buffer& from, void* to, std::size_t bytes, std::size_t offset = 0) = 0;
  virtual void copy(const Buffer& from, Buffer& to, std::size_t bytes) = 0;
  virtual void fill(Buffer& to, std::uint32_t pattern) = 0;
  /// Waits, makes the host the owner and gives its address. Unmap gives the buffer back.
  virtual void* map(Buffer& buffer, Access access) = 0;
  virtual void unmap(Buffer& buffer) = 0;
  virtual std::unique_ptr<Fence> fence() = 0;
  /// Commands given from now on start after `fence`, which may belong to any processor's queue.
  virtual void wait_for(Fence& fence) = 0;
  virtual void flush() = 0;
  virtual void finish() = 0;  ///< blocks until everything given so far has run
  /// Intervals of the commands finished since the last call; empty where there is no device clock.
  virtual std::vector<DeviceInterval> take_intervals() = 0;
};

struct QueueOptions {
  bool profiling = true;      ///< keep device times of each command
  bool out_of_order = false;  ///< OpenCL only
  bool asynchronous = false;  ///< CPU: run on a thread of the queue's own
};

enum class ProcessorKind { cpu, gpu, accelerator };
std::string to_string(ProcessorKind kind);

/// Something that runs kernels. Not thread-safe, but for queues used by one thread each.
class Processor {
 public:
  virtual ~Processor() = default;
  virtual const schema::Processor& description() const = 0;
  virtual ProcessorKind kind() const = 0;
  /// Host threads that compute in one launch: team members of a CPU processor, else 0.
  virtual unsigned members() const = 0;

  /// NaN-filled (every byte 0xFF) unless options.untouched; first touched by the threads that use
  /// it.
  virtual std::unique_ptr<Buffer> allocate(std::size_t bytes,
                                           const BufferOptions& options = {}) = 0;
  virtual std::unique_ptr<LoadedKernel> load(const Kernel& kernel) = 0;
  virtual std::unique_ptr<Queue> queue(const QueueOptions& options = {}) = 0;

  /// Pins the calling thread and starts the team; park() undoes both, so that nothing of this
  /// processor runs while another one is measured. OpenCL processors ignore both.
  virtual void wake() {}
  virtual void park() {}
  /// Core clock now, the mean over the team (their peak is the sum of theirs), from dependent-chain
  /// slices of ~0.1 ms on all members at once; 0: unknown.
  virtual double clock_hertz() { return 0; }
  /// Last-level caches that this processor's cores can use, all together, as reported, bytes; a
  /// hint for choosing working sets, never for conclusions.
  virtual std::size_t last_level_cache_bytes() const { return 0; }
  /// Most bytes that one buffer, and all buffers together, may take.
  virtual std::size_t maximum_buffer_bytes() const = 0;
  virtual std::size_t available_bytes() const = 0;
  /// Of all memory of this processor that is alive now: on OpenCL devices the memory objects that
  /// its driver was asked for, on CPUs the buffers.
  virtual std::size_t allocated_bytes() const { return 0; }

  /// The processor as its own type, or null: cases about one API ask for opencl::Device.
  template <class T>
  T* as() {
    return dynamic_cast<T*>(this);
  }
};

}  // namespace motley
