#include "devices/cpu/memory.hpp"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <sys/mman.h>
#include <utility>

#include "harness/error.hpp"

namespace motley::devices {
namespace {

constexpr std::size_t huge_page_bytes = std::size_t{2} << 20;  // x86-64, AArch64 with 4 KiB pages

}  // namespace

CpuBuffer::CpuBuffer(Processor& home, std::size_t bytes, const BufferOptions& options)
    : home_(home), bytes_(bytes), kind_(options.kind) {
  const std::size_t alignment =
      std::max(options.alignment, options.huge_pages ? huge_page_bytes : 1);
  mapped_bytes_ = bytes + alignment;
  mapping_ =
      mmap(nullptr, mapped_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping_ == MAP_FAILED) {
    throw DeviceError(
        "mmap", std::strerror(errno),
        fmt::format("{} bytes are more than the system gives: use a smaller size.", bytes));
  }
  const auto address = reinterpret_cast<std::uintptr_t>(mapping_);
  data_ = reinterpret_cast<std::byte*>((address + alignment - 1) / alignment * alignment);
  // Said either way, so that a figure does not depend on the system's default.
  madvise(mapping_, mapped_bytes_, options.huge_pages ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
}

CpuBuffer::~CpuBuffer() {
  munmap(mapping_, mapped_bytes_);
}

const CpuBuffer& cpu_buffer(const Buffer& buffer, std::size_t bytes, std::size_t offset) {
  const auto* own = dynamic_cast<const CpuBuffer*>(&buffer);
  if (!own)
    throw Error("a CPU queue was given memory of another processor (it cannot reach it). Copy.");
  if (bytes > own->bytes() || offset > own->bytes() - bytes) {
    throw Error(
        fmt::format("{} bytes at {} are outside a buffer of {} (they belong to others). Correct "
                    "the size.",
                    bytes, offset, own->bytes()));
  }
  return *own;
}

CpuBuffer& cpu_buffer(Buffer& buffer, std::size_t bytes, std::size_t offset) {
  return const_cast<CpuBuffer&>(cpu_buffer(std::as_const(buffer), bytes, offset));
}

}  // namespace motley::devices
