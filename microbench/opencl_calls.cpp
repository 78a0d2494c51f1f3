#include "microbench/opencl_calls.hpp"

#include <fmt/format.h>

#include "harness/error.hpp"

namespace motley::microbench {
namespace {

opencl::Device& device_of(Processor& processor) {
  if (auto* device = processor.as<opencl::Device>()) return *device;
  throw Unsupported(
      fmt::format("{} is no OpenCL device (the case asks its API). Measure it on opencl:0.",
                  processor.description().id));
}

}  // namespace

std::function<std::string(Processor&)> opencl_only(std::string reason) {
  return [reason = std::move(reason)](Processor& processor) {
    return processor.as<opencl::Device>() ? std::string() : reason;
  };
}

OpenclCalls::OpenclCalls(Processor& processor, const QueueOptions& options)
    : device_(device_of(processor)), queue_(device_.queue(options)) {}

void OpenclCalls::require_memory(std::size_t bytes) const {
  if (bytes <= device_.maximum_buffer_bytes() && bytes <= device_.available_bytes()) return;
  throw Unsupported(fmt::format(
      "{} bytes in one buffer are more than {} can give ({} at most, {} free). Use a smaller size.",
      bytes, device_.description().id, device_.maximum_buffer_bytes(), device_.available_bytes()));
}

opencl::Handle<cl_mem> OpenclCalls::buffer(std::size_t bytes, cl_mem_flags flags,
                                           void* host) const {
  require_memory(bytes);
  cl_int status = CL_SUCCESS;
  const cl_mem buffer = api().clCreateBuffer(device_.context(), flags, bytes, host, &status);
  return opencl::owned(buffer, status, "clCreateBuffer", api().clReleaseMemObject);
}

opencl::Handle<cl_kernel> OpenclCalls::kernel(cl_program program, const char* entry) const {
  cl_int status = CL_SUCCESS;
  const cl_kernel kernel = api().clCreateKernel(program, entry, &status);
  return opencl::owned(kernel, status, "clCreateKernel", api().clReleaseKernel);
}

void OpenclCalls::launch(cl_kernel kernel, std::size_t items, cl_event* event) const {
  opencl::check(
      api().clEnqueueNDRangeKernel(queue(), kernel, 1, nullptr, &items, nullptr, 0, nullptr, event),
      "clEnqueueNDRangeKernel");
}

void OpenclCalls::write(cl_mem to, std::span<const std::byte> from) const {
  opencl::check(api().clEnqueueWriteBuffer(queue(), to, CL_TRUE, 0, from.size(), from.data(), 0,
                                           nullptr, nullptr),
                "clEnqueueWriteBuffer");
}

void OpenclCalls::read(cl_mem from, std::span<std::byte> to) const {
  opencl::check(api().clEnqueueReadBuffer(queue(), from, CL_TRUE, 0, to.size(), to.data(), 0,
                                          nullptr, nullptr),
                "clEnqueueReadBuffer");
}

void OpenclCalls::fill(cl_mem to, std::size_t bytes, std::byte value) const {
  opencl::check(
      api().clEnqueueFillBuffer(queue(), to, &value, sizeof(value), 0, bytes, 0, nullptr, nullptr),
      "clEnqueueFillBuffer");
  finish();
}

}  // namespace motley::microbench
