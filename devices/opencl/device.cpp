// An OpenCL device as a processor: its context, what it can do, its programs.
#include <algorithm>
#include <chrono>
#include <sstream>

#include "devices/control_groups.hpp"
#include "devices/opencl/allocations.hpp"
#include "devices/opencl/api.hpp"
#include "devices/opencl/facts.hpp"
#include "devices/opencl/kernel.hpp"
#include "devices/opencl/memory.hpp"
#include "devices/opencl/queue.hpp"
#include "devices/opencl/status.hpp"
#include "harness/error.hpp"

namespace motley::opencl {
namespace {

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string build_log(const Api& api, cl_program program, cl_device_id device) {
  size_t bytes = 0;
  if (api.clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, 0, nullptr, &bytes) !=
          CL_SUCCESS ||
      bytes == 0) {
    return {};
  }
  std::string log(bytes, '\0');
  api.clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, bytes, log.data(), nullptr);
  log.resize(log.find_last_not_of(std::string("\0 \n", 3)) + 1);
  return log;
}

}  // namespace

Device::Device(DeviceOrigin origin) : origin_(std::move(origin)), counting_(origin_.api) {
  read_capabilities();
  const cl_context_properties properties[] = {
      CL_CONTEXT_PLATFORM, reinterpret_cast<cl_context_properties>(platform()), 0};
  cl_int status = CL_SUCCESS;
  const cl_device_id device = id();
  const cl_context context =
      api().clCreateContext(properties, 1, &device, nullptr, nullptr, &status);
  context_ = owned(context, status, "clCreateContext", api().clReleaseContext);
  counting_ = with_counts(origin_.api, context_.get());
  fills_ = create_queue(*this, 0);
}

Device::~Device() = default;

void Device::read_capabilities() {
  const Questions ask(api(), id());
  kind_ = kind_of(ask.need<cl_device_type>(CL_DEVICE_TYPE));
  version_ = origin_version(origin_);
  c_version_ = language_version(ask);
  std::istringstream names(ask.text(CL_DEVICE_EXTENSIONS).value_or(""));
  for (std::string name; names >> name;) extensions_.insert(name);
  fp64_ = has_fp64_arithmetic(ask, version_, extensions_);
  images_ = ask.value<cl_bool>(CL_DEVICE_IMAGE_SUPPORT).value_or(CL_FALSE) != CL_FALSE;
  if (version_ >= 200) {
    svm_ = ask.value<cl_device_svm_capabilities>(CL_DEVICE_SVM_CAPABILITIES).value_or(0);
  }
  const auto queues = ask.value<cl_command_queue_properties>(CL_DEVICE_QUEUE_PROPERTIES);
  out_of_order_queues_ = (queues.value_or(0) & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE) != 0;
  timer_resolution_seconds_ =
      1e-9 *
      static_cast<double>(ask.value<size_t>(CL_DEVICE_PROFILING_TIMER_RESOLUTION).value_or(0));
  compute_units_ = ask.value<cl_uint>(CL_DEVICE_MAX_COMPUTE_UNITS).value_or(1);
  maximum_work_group_ = ask.value<size_t>(CL_DEVICE_MAX_WORK_GROUP_SIZE).value_or(1);
  last_level_cache_bytes_ = ask.value<cl_ulong>(CL_DEVICE_GLOBAL_MEM_CACHE_SIZE).value_or(0);
  maximum_buffer_bytes_ = ask.need<cl_ulong>(CL_DEVICE_MAX_MEM_ALLOC_SIZE);
  global_memory_bytes_ = ask.need<cl_ulong>(CL_DEVICE_GLOBAL_MEM_SIZE);
}

std::size_t Device::available_bytes() const {
  if (kind_ != ProcessorKind::cpu) return global_memory_bytes_;
  return std::min(global_memory_bytes_, devices::available_memory_bytes(devices::Files()));
}

std::size_t Device::allocated_bytes() const {
  return live_bytes(context());
}

std::string Device::info_text(cl_device_info what) const {
  size_t bytes = 0;
  check(api().clGetDeviceInfo(id(), what, 0, nullptr, &bytes), "clGetDeviceInfo");
  std::string text(bytes, '\0');
  check(api().clGetDeviceInfo(id(), what, bytes, text.data(), nullptr), "clGetDeviceInfo");
  return text.substr(0, text.find('\0'));
}

double Device::seconds_of(cl_ulong nanoseconds) const {
  cl_ulong epoch = 0;
  if (epoch_nanoseconds_.compare_exchange_strong(epoch, nanoseconds)) epoch = nanoseconds;
  return static_cast<double>(static_cast<cl_long>(nanoseconds - epoch)) * 1e-9;
}

void Device::finish_queues() {
  const std::scoped_lock lock(queues_mutex_);
  for (const cl_command_queue queue : queues_) check(api().clFinish(queue), "clFinish");
}

Handle<cl_program> Device::build(const std::string& source, const std::string& options) {
  const double started = now_seconds();
  const char* text = source.data();
  const size_t length = source.size();
  cl_int status = CL_SUCCESS;
  const cl_program created = api().clCreateProgramWithSource(context(), 1, &text, &length, &status);
  Handle<cl_program> program =
      owned(created, status, "clCreateProgramWithSource", api().clReleaseProgram);
  const cl_device_id device = id();
  status = api().clBuildProgram(program.get(), 1, &device, options.c_str(), nullptr, nullptr);
  if (status != CL_SUCCESS) {
    check(status, "clBuildProgram", build_log(api(), program.get(), device));
  }
  build_seconds_ = now_seconds() - started;
  return program;
}

cl_program Device::program(const std::string& source, const std::string& options) {
  const auto key = std::pair(source, options);
  const auto found = programs_.find(key);
  if (found != programs_.end()) return found->second.get();
  return programs_.emplace(key, build(source, options)).first->second.get();
}

std::unique_ptr<Buffer> Device::allocate(std::size_t bytes, const BufferOptions& options) {
  auto buffer = std::make_unique<DeviceBuffer>(*this, bytes, options);
  if (!options.untouched) buffer->fill_with_nan(fills_.get());
  return buffer;
}

std::unique_ptr<LoadedKernel> Device::load(const Kernel& kernel) {
  if (kernel.opencl.source.empty() && !kernel.opencl_call) {
    throw Unsupported(kernel.name + " has no OpenCL form (it cannot run on " + description().id +
                      "). Measure it on a CPU processor.");
  }
  return std::make_unique<DeviceKernel>(*this, kernel);
}

std::unique_ptr<Queue> Device::queue(const QueueOptions& options) {
  if (options.out_of_order && !out_of_order_queues()) {
    throw Unsupported(description().id +
                      " has no out-of-order queues (its commands run in order only). Use an "
                      "in-order queue.");
  }
  return std::make_unique<DeviceQueue>(*this, options);
}

cl_mem Device::handle(const Buffer& buffer) {
  const cl_mem memory = device_buffer(buffer).memory();
  if (memory == nullptr) {
    throw Error("a buffer of shared memory has no cl_mem (it is an address). Use svm_pointer.");
  }
  return memory;
}
void* Device::svm_pointer(const Buffer& buffer) {
  return device_buffer(buffer).svm();
}
cl_kernel Device::handle(LoadedKernel& kernel) {
  return device_kernel(kernel).kernel();
}
cl_command_queue Device::handle(Queue& queue) {
  auto* own = dynamic_cast<DeviceQueue*>(&queue);
  if (own == nullptr) {
    throw Error("the queue belongs to " + queue.home().description().id +
                ", which is no OpenCL device (it has no cl_command_queue). Use the ports.");
  }
  return own->queue();
}

}  // namespace motley::opencl
