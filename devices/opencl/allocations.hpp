// How much memory does a context hold? Everything that was made through its table and not yet
// released, in bytes as the driver was asked for them; an image has what the driver says that it
// takes. Function pointers carry no state: the context tells the tables of a process apart.
#pragma once

#include <cstddef>

#include "devices/opencl/api.hpp"

namespace motley::opencl {

/// The table with memory objects and shared memory of a new `context` counted. `api` counts nothing
/// itself.
Api with_counts(Api api, cl_context context);
/// Alive now.
std::size_t live_bytes(cl_context context);

}  // namespace motley::opencl
