#include "devices/opencl/memory.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "devices/opencl/image.hpp"
#include "harness/error.hpp"

namespace motley::opencl {

DeviceBuffer::DeviceBuffer(Device& home, std::size_t bytes, const BufferOptions& options)
    : home_(home), bytes_(bytes), kind_(options.kind), image_(options.image) {
  if (image_) {
    memory_ = create_image(home, bytes, options);
    return;
  }
  if (kind_ == MemoryKind::shared) {
    allocate_shared(options.alignment);
    return;
  }
  const cl_mem_flags flags =
      CL_MEM_READ_WRITE | (kind_ == MemoryKind::pinned ? CL_MEM_ALLOC_HOST_PTR : 0);
  const Api& api = home.api();
  cl_int status = CL_SUCCESS;
  const cl_mem created = api.clCreateBuffer(home.context(), flags, bytes, nullptr, &status);
  memory_ = owned(created, status, "clCreateBuffer", api.clReleaseMemObject);
}

void DeviceBuffer::allocate_shared(std::size_t alignment) {
  constexpr cl_device_svm_capabilities buffers =
      CL_DEVICE_SVM_COARSE_GRAIN_BUFFER | CL_DEVICE_SVM_FINE_GRAIN_BUFFER;
  if ((home_.svm() & buffers) == 0) {
    throw Unsupported(home_.description().id +
                      " has no shared virtual memory (host and device cannot use one address). Use "
                      "pinned memory.");
  }
  fine_grained_ = (home_.svm() & CL_DEVICE_SVM_FINE_GRAIN_BUFFER) != 0;
  const cl_svm_mem_flags flags =
      CL_MEM_READ_WRITE | (fine_grained_ ? CL_MEM_SVM_FINE_GRAIN_BUFFER : 0);
  // Drivers need not align to more than the largest type, long16.
  constexpr std::size_t largest_type_bytes = 128;
  const std::size_t slack = alignment > largest_type_bytes ? alignment : 0;
  allocated_ = home_.api().clSVMAlloc(home_.context(), flags, bytes_ + slack,
                                      static_cast<cl_uint>(slack > 0 ? 0 : alignment));
  if (allocated_ == nullptr) {
    // clSVMAlloc tells no status.
    check(CL_MEM_OBJECT_ALLOCATION_FAILURE, "clSVMAlloc");
  }
  const auto address = reinterpret_cast<std::uintptr_t>(allocated_);
  svm_ = slack == 0 ? allocated_
                    : reinterpret_cast<void*>((address + alignment - 1) / alignment * alignment);
}

DeviceBuffer::~DeviceBuffer() {
  if (allocated_ == nullptr) return;
  try {
    home_.finish_queues();  // unlike clReleaseMemObject, clSVMFree does not wait for commands
  } catch (const Error&) {
    return;  // a queue that failed may still write: better leaked than freed
  }
  home_.api().clSVMFree(home_.context(), allocated_);
}

void DeviceBuffer::fill_with_nan(cl_command_queue queue) {
  const Api& api = home_.api();
  constexpr std::uint32_t nan = 0xFFFFFFFF;
  const std::size_t pattern_bytes = bytes_ % sizeof(nan) == 0 ? sizeof(nan) : 1;
  if (image_) {
    fill_image(queue, *this, nan, nullptr);
  } else if (svm_ != nullptr) {
    check(api.clEnqueueSVMMemFill(queue, svm_, &nan, pattern_bytes, bytes_, 0, nullptr, nullptr),
          "clEnqueueSVMMemFill");
  } else if (api.has("clEnqueueFillBuffer")) {
    check(api.clEnqueueFillBuffer(queue, memory(), &nan, pattern_bytes, 0, bytes_, 0, nullptr,
                                  nullptr),
          "clEnqueueFillBuffer");
  } else {
    const std::vector<unsigned char> piece(std::min<std::size_t>(bytes_, 1 << 20), 0xFF);
    for (std::size_t at = 0; at < bytes_; at += piece.size()) {
      check(api.clEnqueueWriteBuffer(queue, memory(), CL_TRUE, at,
                                     std::min(piece.size(), bytes_ - at), piece.data(), 0, nullptr,
                                     nullptr),
            "clEnqueueWriteBuffer");
    }
  }
  check(api.clFinish(queue), "clFinish");
}

DeviceBuffer& device_buffer(const Buffer& buffer) {
  const auto* own = dynamic_cast<const DeviceBuffer*>(&buffer);
  if (own == nullptr) {
    throw Error("the buffer is at home on " + buffer.home().description().id +
                ", which is no OpenCL device (it has no cl_mem). Copy it through the host.");
  }
  return const_cast<DeviceBuffer&>(*own);  // handles are not changed by use
}

DeviceBuffer& usable_buffer(const Buffer& buffer, const Device& device, const char* use) {
  DeviceBuffer& own = device_buffer(buffer);
  if (&own.home() != &device) {
    throw Error(std::string(use) + ": the buffer is at home on " + own.home().description().id +
                ", not on " + device.description().id +
                " (a device sees its own memory only). Copy it through the host.");
  }
  if (own.owner() != Owner::processor) {
    throw Error(std::string(use) +
                ": the buffer is mapped (the host owns it; what the device would see is "
                "undefined). Unmap it first.");
  }
  return own;
}

}  // namespace motley::opencl
