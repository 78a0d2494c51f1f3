// Memory of an OpenCL device: a cl_mem (buffer or image) in device or pinned memory, or an address
// that both sides use (SVM). Only its owner may touch it; map and unmap of the queue change the
// owner.
#pragma once

#include "devices/opencl/api.hpp"

namespace motley::opencl {

class DeviceBuffer : public Buffer {
 public:
  DeviceBuffer(Device& home, std::size_t bytes, const BufferOptions& options);
  ~DeviceBuffer() override;
  DeviceBuffer(const DeviceBuffer&) = delete;
  DeviceBuffer& operator=(const DeviceBuffer&) = delete;

  std::size_t bytes() const override { return bytes_; }
  MemoryKind kind() const override { return kind_; }
  Processor& home() const override { return home_; }
  Owner owner() const override { return owner_; }

  cl_mem memory() const { return memory_.get(); }  ///< null if shared
  void* svm() const { return svm_; }               ///< null unless shared
  const std::optional<ImageSize>& image() const { return image_; }
  bool fine_grained() const { return fine_grained_; }
  void fill_with_nan(cl_command_queue queue);  ///< waits
  void* host_address() const override { return mapped_; }
  void set_mapped(void* address) {
    mapped_ = address;
    owner_ = address != nullptr ? Owner::host : Owner::processor;
  }

 private:
  void allocate_shared(std::size_t alignment);

  Device& home_;
  std::size_t bytes_;
  MemoryKind kind_;
  std::optional<ImageSize> image_;
  Owner owner_ = Owner::processor;
  Handle<cl_mem> memory_;
  void* allocated_ = nullptr;  ///< what SVM gave; svm_ is aligned in it
  void* svm_ = nullptr;
  bool fine_grained_ = false;
  void* mapped_ = nullptr;
};

/// Throw Error for buffers of other processors.
DeviceBuffer& device_buffer(const Buffer& buffer);
/// The buffer, if it is at home on `device` and owned by it; `use` says what for.
DeviceBuffer& usable_buffer(const Buffer& buffer, const Device& device, const char* use);

}  // namespace motley::opencl
