#include "devices/opencl/kernel.hpp"

#include "devices/opencl/memory.hpp"
#include "harness/error.hpp"

namespace motley::opencl {

DeviceKernel::DeviceKernel(Device& home, const Kernel& kernel)
    : home_(home), name_(kernel.name), call_(kernel.opencl_call) {
  if (call_) return;
  const Api& api = home.api();
  const cl_program program = home.program(kernel.opencl.source, kernel.opencl.options);
  cl_int status = CL_SUCCESS;
  const cl_kernel created = api.clCreateKernel(program, kernel.opencl.entry.c_str(), &status);
  kernel_ = owned(created, status, "clCreateKernel", api.clReleaseKernel);
  check(api.clGetKernelWorkGroupInfo(kernel_.get(), home.id(), CL_KERNEL_WORK_GROUP_SIZE,
                                     sizeof(maximum_work_group_), &maximum_work_group_, nullptr),
        "clGetKernelWorkGroupInfo");
}

void DeviceKernel::set(std::span<const Argument> arguments) {
  const Api& api = home_.api();
  for (cl_uint i = 0; i < arguments.size(); ++i) {
    const Argument& argument = arguments[i];
    if (const auto* value = std::get_if<Scalar>(&argument)) {
      check(api.clSetKernelArg(kernel(), i, value->size, value->bytes.data()), "clSetKernelArg");
    } else if (const auto* local = std::get_if<LocalMemory>(&argument)) {
      check(api.clSetKernelArg(kernel(), i, local->bytes, nullptr), "clSetKernelArg");
    } else {
      DeviceBuffer& buffer = usable_buffer(*std::get<Buffer*>(argument), home_, name_.c_str());
      if (buffer.svm() != nullptr) {
        check(api.clSetKernelArgSVMPointer(kernel(), i, buffer.svm()), "clSetKernelArgSVMPointer");
      } else {
        const cl_mem memory = buffer.memory();
        check(api.clSetKernelArg(kernel(), i, sizeof(memory), &memory), "clSetKernelArg");
      }
    }
  }
}

cl_event DeviceKernel::call(cl_command_queue queue, std::span<const Argument> arguments) {
  OpenclTask task{queue, std::move(memory_), arguments};
  task.memory.clear();
  for (const Argument& argument : arguments) {
    Buffer* const* const buffer = std::get_if<Buffer*>(&argument);
    if (buffer == nullptr) continue;
    task.memory.push_back(usable_buffer(**buffer, home_, name_.c_str()).memory());
    if (task.memory.back() == nullptr) {
      throw Unsupported(name_ +
                        " takes no shared memory (a library's call knows cl_mem only). "
                        "Use memory of the device.");
    }
  }
  call_(task);
  memory_ = std::move(task.memory);
  return static_cast<cl_event>(task.event);
}

DeviceKernel& device_kernel(LoadedKernel& kernel) {
  auto* own = dynamic_cast<DeviceKernel*>(&kernel);
  if (own == nullptr) {
    throw Error("the kernel was loaded for " + kernel.home().description().id +
                ", which is no OpenCL device (it has no cl_kernel). Load it for this device.");
  }
  return *own;
}

}  // namespace motley::opencl
