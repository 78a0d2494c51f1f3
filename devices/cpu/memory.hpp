// Memory of a CPU processor: whole pages from the system, first touched by the threads that use
// them.
#pragma once

#include <atomic>
#include <string>

#include "devices/linux/files.hpp"
#include "harness/processor.hpp"

namespace motley::devices {

class CpuBuffer final : public Buffer {
 public:
  /// Counts its bytes in `live_bytes` as long as it lives. Throws DeviceError where the system
  /// gives no memory, Unsupported where it has no huge pages.
  CpuBuffer(Processor& home, std::size_t bytes, const BufferOptions& options,
            std::atomic<std::size_t>& live_bytes);
  ~CpuBuffer() override;
  std::size_t bytes() const override { return bytes_; }
  MemoryKind kind() const override { return kind_; }
  Processor& home() const override { return home_; }
  Owner owner() const override { return owner_; }
  void set_owner(Owner owner) { owner_ = owner; }
  void* host_address() const override { return data_; }
  std::byte* data() const { return data_; }
  /// Which share of the touched memory lies in huge pages: asking for them promises none. 0 where
  /// /proc/self/smaps is denied.
  double huge_share() const override;

 private:
  Processor& home_;
  std::size_t bytes_, mapped_bytes_;
  MemoryKind kind_;
  Owner owner_ = Owner::processor;
  void* mapping_;
  std::byte* data_;
  std::atomic<std::size_t>& live_bytes_;
};

/// Why asking for transparent huge pages would do nothing on this system; empty if it may help.
std::string why_no_huge_pages(const Files& files);

/// Throws Error for a buffer of another kind of processor, or of too few bytes.
CpuBuffer& cpu_buffer(Buffer& buffer, std::size_t bytes = 0, std::size_t offset = 0);
const CpuBuffer& cpu_buffer(const Buffer& buffer, std::size_t bytes = 0, std::size_t offset = 0);

}  // namespace motley::devices
