#include "devices/cpu/memory.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <sys/mman.h>
#include <utility>

#include "devices/linux/parse.hpp"
#include "harness/error.hpp"

namespace motley::devices {
namespace {

constexpr std::size_t huge_page_bytes = std::size_t{2} << 20;  // x86-64, AArch64 with 4 KiB pages

[[noreturn]] void refuse_huge_pages(const std::string& why) {
  throw Unsupported("no huge pages here (" + why + "). Measure with pages of the usual size.");
}

/// `begin-end` in hexadecimal before the first blank; a line of a value has no such beginning.
bool begins_mapping_with(const std::string& line, std::uintptr_t address) {
  unsigned long long begin = 0, end = 0;
  if (std::sscanf(line.c_str(), "%llx-%llx ", &begin, &end) != 2) return false;
  return begin <= address && address < end;
}

}  // namespace

std::string why_no_huge_pages(const Files& files) {
  const std::string path = "/sys/kernel/mm/transparent_hugepage/enabled";
  const bool never = files.text(path).value_or("").find("[never]") != std::string::npos;
  return never ? path + " is never" : "";
}

CpuBuffer::CpuBuffer(Processor& home, std::size_t bytes, const BufferOptions& options,
                     std::atomic<std::size_t>& live_bytes)
    : home_(home), bytes_(bytes), kind_(options.kind), live_bytes_(live_bytes) {
  if (options.image) {
    throw Unsupported("images are OpenCL's (a CPU has no texture units). Use a buffer.");
  }
  if (options.huge_pages) {
    if (const std::string why = why_no_huge_pages(Files()); !why.empty()) refuse_huge_pages(why);
  }
  const std::size_t grain = options.huge_pages ? huge_page_bytes : 1;
  const std::size_t alignment = std::max(options.alignment, grain);
  // The last part can be a huge page too.
  mapped_bytes_ = (bytes + grain - 1) / grain * grain + alignment;
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
  const int advice = options.huge_pages ? MADV_HUGEPAGE : MADV_NOHUGEPAGE;
  if (madvise(mapping_, mapped_bytes_, advice) != 0 && options.huge_pages) {
    const std::string why = std::string("madvise: ") + std::strerror(errno);
    munmap(mapping_, mapped_bytes_);
    refuse_huge_pages(why);
  }
  live_bytes_ += bytes_;
}

/// Neighbours of the same kind are one mapping to the kernel: their huge pages count for both, so
/// the share is that of the whole mapping.
double CpuBuffer::huge_share() const {
  std::ifstream smaps("/proc/self/smaps");
  double resident = 0, huge = 0;
  bool here = false;
  for (std::string line; std::getline(smaps, line);) {
    if (line.find('-') < line.find(' ')) {
      if (here) break;
      here = begins_mapping_with(line, reinterpret_cast<std::uintptr_t>(data_));
    } else if (here && line.starts_with("Rss:")) {
      resident = static_cast<double>(parse_bytes(line.substr(4)).value_or(0));
    } else if (here && line.starts_with("AnonHugePages:")) {
      huge = static_cast<double>(parse_bytes(line.substr(14)).value_or(0));
    }
  }
  return resident > 0 ? std::min(huge / resident, 1.0) : 0;
}

CpuBuffer::~CpuBuffer() {
  munmap(mapping_, mapped_bytes_);
  live_bytes_ -= bytes_;
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
