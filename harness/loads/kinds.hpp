// Which loads are there? One file each, listed here.
#pragma once

#include <vector>

#include "harness/load.hpp"

namespace motley::loads {

LoadKind allocate_load();
LoadKind cache_load();
LoadKind cpu_load();
LoadKind frames_load();
LoadKind io_load();
LoadKind memory_load();
LoadKind opencl_compute_load();
LoadKind opencl_memory_load();

}  // namespace motley::loads
