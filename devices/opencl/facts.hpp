// What does an OpenCL device say of itself? Only name, type and sizes of memory are needed; what a
// driver does not answer is a fact that is missing, never an error.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "devices/opencl/api.hpp"

namespace motley::opencl {

/// Questions to one device.
class Questions {
 public:
  Questions(const Api& api, cl_device_id device) : api_(api), device_(device) {}

  template <class T>
  T need(cl_device_info what) const {
    T value{};
    check(api_.clGetDeviceInfo(device_, what, sizeof(value), &value, nullptr), "clGetDeviceInfo");
    return value;
  }
  template <class T>
  std::optional<T> value(cl_device_info what) const {
    T value{};
    size_t bytes = 0;
    if (api_.clGetDeviceInfo(device_, what, sizeof(value), &value, &bytes) != CL_SUCCESS ||
        bytes != sizeof(value)) {
      return std::nullopt;
    }
    return value;
  }
  template <class T>
  std::vector<T> list(cl_device_info what) const {
    size_t bytes = 0;
    if (api_.clGetDeviceInfo(device_, what, 0, nullptr, &bytes) != CL_SUCCESS) return {};
    std::vector<T> values(bytes / sizeof(T));
    if (api_.clGetDeviceInfo(device_, what, values.size() * sizeof(T), values.data(), nullptr) !=
        CL_SUCCESS) {
      return {};
    }
    return values;
  }
  std::optional<std::string> text(cl_device_info what) const;
  std::string need_text(cl_device_info what) const;

 private:
  const Api& api_;
  cl_device_id device_;
};

/// 120 from `OpenCL 1.2 ...` or `OpenCL C 1.2 ...`; 100 where nothing of the kind stands there.
int parse_version(const std::string& text);
/// Of the device, at most that of its platform.
int origin_version(const DeviceOrigin& origin);
/// Newest OpenCL C that the device's compiler takes: 120, 300.
int language_version(const Questions& ask);
ProcessorKind kind_of(cl_device_type type);
bool has_fp64_arithmetic(const Questions& ask, int version,
                         const std::set<std::string>& extensions);

/// One text of a platform; empty where it does not answer.
std::string platform_text(const Api& api, cl_platform_id platform, cl_platform_info what);

/// Names, kind, stable id and facts of a device. Throws DeviceError where it does not even tell its
/// name, type or memory.
schema::Processor describe(const Api& api, cl_platform_id platform, cl_device_id device);

}  // namespace motley::opencl
