// What cases about the OpenCL API itself share: a queue of their own without profiling, buffers and
// kernels made by plain calls, each of which is checked.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "devices/opencl/api.hpp"

namespace motley::microbench {

/// For Case::unsupported: `reason` on all processors but OpenCL devices.
std::function<std::string(Processor&)> opencl_only(std::string reason);

class OpenclCalls {
 public:
  /// Throws Unsupported where the processor is no OpenCL device.
  explicit OpenclCalls(Processor& processor, const QueueOptions& options = {.profiling = false});

  opencl::Device& device() const { return device_; }
  const opencl::Api& api() const { return device_.api(); }
  cl_command_queue queue() const { return opencl::Device::handle(*queue_); }

  /// Throws Unsupported where the device cannot give so much memory.
  void require_memory(std::size_t bytes) const;
  /// `host`: memory that it shall use, or null.
  opencl::Handle<cl_mem> buffer(std::size_t bytes, cl_mem_flags flags = CL_MEM_READ_WRITE,
                                void* host = nullptr) const;
  opencl::Handle<cl_kernel> kernel(cl_program program, const char* entry) const;
  /// Sets argument `index` to a plain value or an object.
  template <class T>
  void set(cl_kernel kernel, cl_uint index, const T& value) const {
    opencl::check(api().clSetKernelArg(kernel, index, sizeof(value), &value), "clSetKernelArg");
  }
  /// `items` in work-groups of the driver's choice; `event` may be null.
  void launch(cl_kernel kernel, std::size_t items = 1, cl_event* event = nullptr) const;

  void write(cl_mem to, std::span<const std::byte> from) const;    ///< waits
  void read(cl_mem from, std::span<std::byte> to) const;           ///< waits
  void fill(cl_mem to, std::size_t bytes, std::byte value) const;  ///< waits
  template <class T>
  T word(cl_mem from) const {
    T value{};
    read(from, std::as_writable_bytes(std::span(&value, 1)));
    return value;
  }
  void finish() const { opencl::check(api().clFinish(queue()), "clFinish"); }

 private:
  opencl::Device& device_;
  std::unique_ptr<Queue> queue_;
};

}  // namespace motley::microbench
