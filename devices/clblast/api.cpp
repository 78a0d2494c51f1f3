#include "devices/clblast/api.hpp"

// Before CLBlast's header: it settles which calls <CL/cl.h> declares.
// clang-format off
#include "devices/opencl/api.hpp"
#include <clblast_c.h>
// clang-format on
#include <dlfcn.h>

#include "harness/error.hpp"

namespace motley::clblast {
namespace {

struct Library {
  decltype(&::CLBlastSgemm) one = nullptr;
  decltype(&::CLBlastSgemmStridedBatched) batched = nullptr;
  std::string opencl;  ///< the file of the OpenCL library that it is linked with
  std::string reason;  ///< why it cannot be used; empty: it can
};

Library load(const char* name) {
  Library library;
  void* const handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* const error = dlerror();
    library.reason = std::string("CLBlast was not found (") +
                     (error != nullptr ? error : "no reason given") + "). Install libclblast1.";
    return library;
  }
  library.one = reinterpret_cast<decltype(library.one)>(dlsym(handle, "CLBlastSgemm"));
  library.batched =
      reinterpret_cast<decltype(library.batched)>(dlsym(handle, "CLBlastSgemmStridedBatched"));
  Dl_info info{};
  void* const entry = dlsym(handle, "clGetPlatformIDs");  // found among what it depends on
  if (entry != nullptr && dladdr(entry, &info) != 0 && info.dli_fname != nullptr) {
    library.opencl = info.dli_fname;
  }
  if (library.one == nullptr || library.batched == nullptr) {
    library.reason = std::string(name) + " lacks functions (another version). Install CLBlast 1.5.";
  }
  return library;
}

const Library& library() {
  static const Library one = load("libclblast.so.1");
  return one;
}

CLBlastTranspose transpose(bool yes) {
  return yes ? CLBlastTransposeYes : CLBlastTransposeNo;
}

}  // namespace

std::string unavailable(Processor& processor) {
  const auto* device = processor.as<opencl::Device>();
  if (device == nullptr) return "CLBlast needs an OpenCL device. Use another implementation.";
  if (!library().reason.empty()) return library().reason;
  if (device->emulated()) {
    return "CLBlast calls the driver past the delays and failures of an emulated device (it would "
           "be the only one to be fast). Unset MOTLEY_EMULATE and MOTLEY_FAULT.";
  }
  if (library().opencl != device->api().library) {
    return "CLBlast is linked with " + library().opencl + ", the device is one of " +
           device->api().library +
           " (its handles mean nothing there). Unset MOTLEY_OPENCL_LIBRARY.";
  }
  return {};
}

void multiply(OpenclTask& task, const Product& p) {
  auto* queue = static_cast<cl_command_queue>(task.queue);
  const auto memory = [&](std::size_t i) { return static_cast<cl_mem>(task.memory.at(i)); };
  cl_event event = nullptr;
  const std::size_t a_row = p.transpose_a ? p.m : p.k, b_row = p.transpose_b ? p.k : p.n;
  const CLBlastTranspose a = transpose(p.transpose_a), b = transpose(p.transpose_b);
  const CLBlastStatusCode status =
      p.batch == 1 ? library().one(CLBlastLayoutRowMajor, a, b, p.m, p.n, p.k, 1, memory(0), 0,
                                   a_row, memory(1), 0, b_row, 0, memory(2), 0, p.n, &queue, &event)
                   : library().batched(CLBlastLayoutRowMajor, a, b, p.m, p.n, p.k, 1, memory(0), 0,
                                       a_row, p.m * p.k, memory(1), 0, b_row, p.k * p.n, 0,
                                       memory(2), 0, p.n, p.m * p.n, p.batch, &queue, &event);
  // Codes of its own lie below those of OpenCL; the others are the same.
  opencl::check(cl_int(status), p.batch == 1 ? "CLBlastSgemm" : "CLBlastSgemmStridedBatched");
  task.event = event;
}

}  // namespace motley::clblast
