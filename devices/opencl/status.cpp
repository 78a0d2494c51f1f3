#include "devices/opencl/status.hpp"

#include <array>
#include <charconv>

#include "harness/error.hpp"

namespace motley::opencl {
namespace {

struct Status {
  cl_int value;
  const char* name;
};

// OpenCL 3.0 specification, Appendix F "Error codes"; the last one is the ICD loader's
// (cl_khr_icd).
#define MOTLEY_STATUS(name) \
  Status {                  \
    name, #name             \
  }
constexpr auto statuses = std::array{
    MOTLEY_STATUS(CL_SUCCESS),
    MOTLEY_STATUS(CL_DEVICE_NOT_FOUND),
    MOTLEY_STATUS(CL_DEVICE_NOT_AVAILABLE),
    MOTLEY_STATUS(CL_COMPILER_NOT_AVAILABLE),
    MOTLEY_STATUS(CL_MEM_OBJECT_ALLOCATION_FAILURE),
    MOTLEY_STATUS(CL_OUT_OF_RESOURCES),
    MOTLEY_STATUS(CL_OUT_OF_HOST_MEMORY),
    MOTLEY_STATUS(CL_PROFILING_INFO_NOT_AVAILABLE),
    MOTLEY_STATUS(CL_MEM_COPY_OVERLAP),
    MOTLEY_STATUS(CL_IMAGE_FORMAT_MISMATCH),
    MOTLEY_STATUS(CL_IMAGE_FORMAT_NOT_SUPPORTED),
    MOTLEY_STATUS(CL_BUILD_PROGRAM_FAILURE),
    MOTLEY_STATUS(CL_MAP_FAILURE),
    MOTLEY_STATUS(CL_MISALIGNED_SUB_BUFFER_OFFSET),
    MOTLEY_STATUS(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST),
    MOTLEY_STATUS(CL_COMPILE_PROGRAM_FAILURE),
    MOTLEY_STATUS(CL_LINKER_NOT_AVAILABLE),
    MOTLEY_STATUS(CL_LINK_PROGRAM_FAILURE),
    MOTLEY_STATUS(CL_DEVICE_PARTITION_FAILED),
    MOTLEY_STATUS(CL_KERNEL_ARG_INFO_NOT_AVAILABLE),
    MOTLEY_STATUS(CL_INVALID_VALUE),
    MOTLEY_STATUS(CL_INVALID_DEVICE_TYPE),
    MOTLEY_STATUS(CL_INVALID_PLATFORM),
    MOTLEY_STATUS(CL_INVALID_DEVICE),
    MOTLEY_STATUS(CL_INVALID_CONTEXT),
    MOTLEY_STATUS(CL_INVALID_QUEUE_PROPERTIES),
    MOTLEY_STATUS(CL_INVALID_COMMAND_QUEUE),
    MOTLEY_STATUS(CL_INVALID_HOST_PTR),
    MOTLEY_STATUS(CL_INVALID_MEM_OBJECT),
    MOTLEY_STATUS(CL_INVALID_IMAGE_FORMAT_DESCRIPTOR),
    MOTLEY_STATUS(CL_INVALID_IMAGE_SIZE),
    MOTLEY_STATUS(CL_INVALID_SAMPLER),
    MOTLEY_STATUS(CL_INVALID_BINARY),
    MOTLEY_STATUS(CL_INVALID_BUILD_OPTIONS),
    MOTLEY_STATUS(CL_INVALID_PROGRAM),
    MOTLEY_STATUS(CL_INVALID_PROGRAM_EXECUTABLE),
    MOTLEY_STATUS(CL_INVALID_KERNEL_NAME),
    MOTLEY_STATUS(CL_INVALID_KERNEL_DEFINITION),
    MOTLEY_STATUS(CL_INVALID_KERNEL),
    MOTLEY_STATUS(CL_INVALID_ARG_INDEX),
    MOTLEY_STATUS(CL_INVALID_ARG_VALUE),
    MOTLEY_STATUS(CL_INVALID_ARG_SIZE),
    MOTLEY_STATUS(CL_INVALID_KERNEL_ARGS),
    MOTLEY_STATUS(CL_INVALID_WORK_DIMENSION),
    MOTLEY_STATUS(CL_INVALID_WORK_GROUP_SIZE),
    MOTLEY_STATUS(CL_INVALID_WORK_ITEM_SIZE),
    MOTLEY_STATUS(CL_INVALID_GLOBAL_OFFSET),
    MOTLEY_STATUS(CL_INVALID_EVENT_WAIT_LIST),
    MOTLEY_STATUS(CL_INVALID_EVENT),
    MOTLEY_STATUS(CL_INVALID_OPERATION),
    MOTLEY_STATUS(CL_INVALID_GL_OBJECT),
    MOTLEY_STATUS(CL_INVALID_BUFFER_SIZE),
    MOTLEY_STATUS(CL_INVALID_MIP_LEVEL),
    MOTLEY_STATUS(CL_INVALID_GLOBAL_WORK_SIZE),
    MOTLEY_STATUS(CL_INVALID_PROPERTY),
    MOTLEY_STATUS(CL_INVALID_IMAGE_DESCRIPTOR),
    MOTLEY_STATUS(CL_INVALID_COMPILER_OPTIONS),
    MOTLEY_STATUS(CL_INVALID_LINKER_OPTIONS),
    MOTLEY_STATUS(CL_INVALID_DEVICE_PARTITION_COUNT),
    MOTLEY_STATUS(CL_INVALID_PIPE_SIZE),
    MOTLEY_STATUS(CL_INVALID_DEVICE_QUEUE),
    MOTLEY_STATUS(CL_INVALID_SPEC_ID),
    MOTLEY_STATUS(CL_MAX_SIZE_RESTRICTION_EXCEEDED),
    Status{-1001, "CL_PLATFORM_NOT_FOUND_KHR"},
};
#undef MOTLEY_STATUS

}  // namespace

std::string status_name(cl_int status) {
  for (const Status& one : statuses) {
    if (one.value == status) return one.name;
  }
  return "OpenCL status " + std::to_string(status);
}

std::optional<cl_int> status_of_name(const std::string& name) {
  for (const Status& one : statuses) {
    if (name == one.name) return one.value;
  }
  cl_int value = 0;
  const char* const end = name.data() + name.size();
  const auto [rest, error] = std::from_chars(name.data(), end, value);
  if (error == std::errc() && rest == end && value < 0) return value;
  return std::nullopt;
}

std::string advice(cl_int status) {
  switch (status) {
    case CL_MEM_OBJECT_ALLOCATION_FAILURE:
    case CL_OUT_OF_RESOURCES:
    case CL_OUT_OF_HOST_MEMORY:
    case CL_INVALID_BUFFER_SIZE:
      return "Try less memory, or close what else uses it.";
    case CL_BUILD_PROGRAM_FAILURE:
    case CL_COMPILE_PROGRAM_FAILURE:
    case CL_LINK_PROGRAM_FAILURE:
    case CL_INVALID_BINARY:
      return "Read the build log.";
    case CL_INVALID_WORK_GROUP_SIZE:
    case CL_INVALID_WORK_ITEM_SIZE:
      return "Try a smaller work-group that divides the range.";
    case CL_INVALID_OPERATION:
      return "The device does not support this: see its versions with motley devices.";
    case CL_DEVICE_NOT_FOUND:
    case CL_DEVICE_NOT_AVAILABLE:
    case -1001:
      return "Check the driver with clinfo, or name another with MOTLEY_OPENCL_LIBRARY.";
    default:
      return "Check the driver, or try another with MOTLEY_OPENCL_LIBRARY.";
  }
}

void check(cl_int status, const char* call, const std::string& log) {
  if (status != CL_SUCCESS) throw DeviceError(call, status_name(status), advice(status), log);
}

}  // namespace motley::opencl
