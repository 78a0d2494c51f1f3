// The typed OpenCL table and the device behind it, for cases about the OpenCL API itself. Every
// call goes through a device's own table: an entry that the driver or its version lacks is never
// null, it throws Unsupported. Other cases see the ports of harness/processor.hpp only.
#pragma once

#ifndef CL_TARGET_OPENCL_VERSION
#define CL_TARGET_OPENCL_VERSION 300
#endif
#ifndef CL_USE_DEPRECATED_OPENCL_1_1_APIS
#define CL_USE_DEPRECATED_OPENCL_1_1_APIS
#endif
#ifndef CL_USE_DEPRECATED_OPENCL_1_2_APIS
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#endif
#include <CL/cl.h>
#include <CL/cl_ext.h>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "devices/opencl/entries.hpp"
#include "harness/processor.hpp"

namespace motley::opencl {

/// One member a function, of the function's own name and type.
struct Api {
// NOLINTNEXTLINE(bugprone-macro-parentheses): a name that is declared
#define MOTLEY_MEMBER(entry, since) decltype(&::entry) entry = nullptr;
  MOTLEY_OPENCL_ENTRIES(MOTLEY_MEMBER)
#undef MOTLEY_MEMBER
  std::string library;            ///< path or name that was loaded
  std::set<std::string> missing;  ///< entries that throw Unsupported when called
  bool emulated = false;          ///< delays or failures were injected

  bool has(const std::string& entry) const {
    return !missing.contains(entry);
  }
};

/// CL_OUT_OF_RESOURCES for -5, `OpenCL status -1234` for what no header names.
std::string status_name(cl_int status);
/// Throws DeviceError with the call, the status' name, advice and `log` unless status is
/// CL_SUCCESS.
void check(cl_int status, const char* call, const std::string& log = {});

/// Owns an OpenCL object: Handle<cl_mem> memory(api.clCreateBuffer(...), api.clReleaseMemObject).
template <class T>
class Handle {
 public:
  Handle() = default;
  Handle(T object, cl_int (*release)(T)) : object_(object), release_(release) {}
  Handle(Handle&& other) noexcept
      : object_(std::exchange(other.object_, nullptr)), release_(other.release_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(object_, other.object_);
    std::swap(release_, other.release_);
    return *this;
  }
  ~Handle() {
    if (object_ != nullptr) release_(object_);
  }
  T get() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  T object_ = nullptr;
  cl_int (*release_)(T) = nullptr;
};

/// Checks and owns what a create function returned; `status` is its errcode.
template <class T>
Handle<T> owned(T object, cl_int status, const char* call, cl_int (*release)(T)) {
  check(status, call);
  return Handle<T>(object, release);
}

/// What a device is made of: found by the catalogue, opened as a processor.
struct DeviceOrigin {
  Api api;  ///< entries above the device's version throw
  cl_platform_id platform = nullptr;
  cl_device_id id = nullptr;
  schema::Processor description;
};

/// An OpenCL device or sub-device with a context of its own.
class Device : public Processor {
 public:
  explicit Device(DeviceOrigin origin);  ///< throws DeviceError where no context can be made
  ~Device() override;

  const Api& api() const { return counting_; }
  /// The table beneath, where nothing is counted: for who makes another device of it.
  const Api& driver() const { return origin_.api; }
  cl_platform_id platform() const { return origin_.platform; }
  cl_device_id id() const { return origin_.id; }
  cl_context context() const { return context_.get(); }
  bool emulated() const { return origin_.api.emulated; }

  /// 120 for OpenCL 1.2, 300 for 3.0: of the device, and of the language its compiler takes.
  int version() const { return version_; }
  int c_version() const { return c_version_; }
  bool has_extension(const std::string& name) const { return extensions_.contains(name); }
  const std::set<std::string>& extensions() const { return extensions_; }
  bool has_fp16() const { return has_extension("cl_khr_fp16"); }
  bool has_fp64() const { return fp64_; }
  bool has_images() const { return images_; }
  /// CL_DEVICE_SVM_COARSE_GRAIN_BUFFER | ..., 0 where there is none.
  cl_device_svm_capabilities svm() const { return svm_; }
  bool out_of_order_queues() const { return out_of_order_queues_; }
  double timer_resolution_seconds() const { return timer_resolution_seconds_; }
  /// A profiling time since the first that was asked about: absolute ones need not fit a double.
  double seconds_of(cl_ulong nanoseconds) const;
  std::size_t compute_units() const { return compute_units_; }
  std::size_t maximum_work_group() const { return maximum_work_group_; }

  /// One value of clGetDeviceInfo; throws DeviceError where the device does not know it.
  template <class T>
  T info(cl_device_info what) const {
    T value{};
    check(api().clGetDeviceInfo(id(), what, sizeof(value), &value, nullptr), "clGetDeviceInfo");
    return value;
  }
  std::string info_text(cl_device_info what) const;
  /// The address of an extension's function, null where there is none.
  template <class Function>
  Function extension_function(const char* name) const {
    return reinterpret_cast<Function>(
        api().clGetExtensionFunctionAddressForPlatform(platform(), name));
  }

  /// Waits for all queues of this device that were made through the ports.
  void finish_queues();

  /// Builds or finds again (by source and options); the device keeps the program. Throws
  /// DeviceError with the build log.
  cl_program program(const std::string& source, const std::string& options = {});
  /// Builds without looking at or adding to the programs that the device keeps.
  Handle<cl_program> build(const std::string& source, const std::string& options = {});
  /// Time that the last build took (clCreateProgramWithSource and clBuildProgram).
  double build_seconds() const { return build_seconds_; }

  /// What the ports of this device wrap; throw Error for objects of another kind of processor.
  static cl_mem handle(const Buffer& buffer);      ///< not of shared memory
  static void* svm_pointer(const Buffer& buffer);  ///< null unless shared
  static cl_kernel handle(LoadedKernel& kernel);
  static cl_command_queue handle(Queue& queue);

  const schema::Processor& description() const override { return origin_.description; }
  ProcessorKind kind() const override { return kind_; }
  unsigned members() const override { return 0; }
  std::unique_ptr<Buffer> allocate(std::size_t bytes, const BufferOptions& options = {}) override;
  std::unique_ptr<LoadedKernel> load(const Kernel& kernel) override;
  std::unique_ptr<Queue> queue(const QueueOptions& options = {}) override;
  std::size_t last_level_cache_bytes() const override { return last_level_cache_bytes_; }
  std::size_t maximum_buffer_bytes() const override { return maximum_buffer_bytes_; }
  /// The device's memory; of a CPU, which shares it with everybody, what is left now.
  std::size_t available_bytes() const override;
  std::size_t allocated_bytes() const override;

 private:
  friend class DeviceQueue;
  void read_capabilities();

  DeviceOrigin origin_;
  Api counting_;  ///< the origin's until there is a context
  Handle<cl_context> context_;
  Handle<cl_command_queue> fills_;  ///< first content of buffers
  std::map<std::pair<std::string, std::string>, Handle<cl_program>> programs_;
  mutable std::atomic<cl_ulong> epoch_nanoseconds_{0};
  std::mutex queues_mutex_;
  std::set<cl_command_queue> queues_;
  std::set<std::string> extensions_;
  ProcessorKind kind_ = ProcessorKind::gpu;
  int version_ = 100, c_version_ = 100;
  bool fp64_ = false, images_ = false, out_of_order_queues_ = false;
  cl_device_svm_capabilities svm_ = 0;
  double timer_resolution_seconds_ = 0, build_seconds_ = 0;
  std::size_t compute_units_ = 0, maximum_work_group_ = 0, last_level_cache_bytes_ = 0;
  std::size_t maximum_buffer_bytes_ = 0, global_memory_bytes_ = 0;
};

}  // namespace motley::opencl
