// What does an OpenCL status mean, by name and in words?
#pragma once

#include <optional>
#include <string>

#include "devices/opencl/api.hpp"

namespace motley::opencl {

/// -5 for CL_OUT_OF_RESOURCES or for `-5`.
std::optional<cl_int> status_of_name(const std::string& name);
/// What to try when a call failed so.
std::string advice(cl_int status);

}  // namespace motley::opencl
