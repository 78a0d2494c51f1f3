// A piece of a CPU's buffer as a buffer: what a kernel takes where its tensor is a part of another.
#pragma once

#include "harness/processor.hpp"

namespace motley::workloads {

class BufferRange final : public Buffer {
 public:
  /// `of` must outlive it and have an address that the host sees.
  BufferRange(Buffer& of, std::size_t offset_bytes, std::size_t bytes)
      : of_(of), offset_bytes_(offset_bytes), bytes_(bytes) {}
  std::size_t bytes() const override { return bytes_; }
  MemoryKind kind() const override { return of_.kind(); }
  Processor& home() const override { return of_.home(); }
  Owner owner() const override { return of_.owner(); }
  void* host_address() const override {
    return static_cast<std::byte*>(of_.host_address()) + offset_bytes_;
  }

 private:
  Buffer& of_;
  std::size_t offset_bytes_, bytes_;
};

}  // namespace motley::workloads
