// What transfer cases share: sizes and OpenCL buffers of every kind of allocation.
#pragma once

#include <string>

#include "harness/workbench.hpp"
#include "microbench/host_array.hpp"
#include "microbench/opencl_calls.hpp"
#include "microbench/transfer_axes.hpp"

namespace motley::microbench {

/// CL_MEM_... of a value of axis `allocation`.
cl_mem_flags allocation_flags(const std::string& allocation);

/// Axis `bytes`. Throws Unsupported unless it is a positive multiple of 4 for which there is
/// memory.
std::size_t transfer_bytes(Workbench& bench);

/// A buffer of one kind of allocation, filled with `nothing`.
struct AllocatedBuffer {
  /// `alignment`: of the program's memory under use_host_ptr.
  AllocatedBuffer(const OpenclCalls& calls, std::size_t bytes, const std::string& allocation,
                  std::size_t alignment);
  HostArray host;  ///< under use_host_ptr, else empty
  opencl::Handle<cl_mem> memory;
};

}  // namespace motley::microbench
