#include "devices/onednn/library.hpp"

#include <cstdlib>
#include <dlfcn.h>
#include <numeric>
#include <sched.h>

#include "devices/cpu/team.hpp"
#include "devices/onednn/threads.hpp"
#include "harness/error.hpp"

namespace motley::onednn {
namespace {

template <class Function>
void find(void* handle, const char* name, Function& function, std::string& missing) {
  function = reinterpret_cast<Function>(dlsym(handle, name));
  if (function == nullptr && missing.empty()) missing = name;
}

/// The first name that is not there; empty: all are. OpenMP's are found among what the library
/// itself depends on.
std::string fill(void* handle, Library& library) {
  std::string missing;
#define MOTLEY_FIND(entry) find(handle, #entry, library.api.entry, missing);
  MOTLEY_ONEDNN_ENTRIES(MOTLEY_FIND)
#undef MOTLEY_FIND
  find(handle, "omp_set_num_threads", library.openmp.omp_set_num_threads, missing);
  find(handle, "omp_get_thread_num", library.openmp.omp_get_thread_num, missing);
  find(handle, "GOMP_parallel", library.openmp.GOMP_parallel, missing);
  return missing;
}

/// OpenMP's runtime reads these when it is loaded. Its threads must not spin on into what is
/// measured next, but where they slept at once, waking them would be most of what a small operator
/// takes: they wait as our own team does. libgomp spins less where it sees more threads than cores.
void* open_with_bounded_spin(const char* name) {
  setenv("OMP_WAIT_POLICY", "passive", 1);
  setenv("GOMP_SPINCOUNT", std::to_string(devices::pauses_before_sleep()).c_str(), 0);
  std::vector<int> all(CPU_SETSIZE);
  std::iota(all.begin(), all.end(), 0);
  const Widened widened(all);
  return dlopen(name, RTLD_NOW | RTLD_LOCAL);
}

}  // namespace

void Api::check(dnnl_status_t status, const char* call) const {
  if (status == dnnl_success) return;
  if (status == dnnl_unimplemented) {
    throw Unsupported(std::string("oneDNN cannot compute this (") + call +
                      " knows no implementation). Use another one.");
  }
  throw DeviceError(call, dnnl_status2str(status), "Use another implementation.");
}

Library load_library(const char* name) {
  Library library;
  void* const handle = open_with_bounded_spin(name);
  if (handle == nullptr) {
    const char* const error = dlerror();
    library.reason = std::string("oneDNN 2 was not found (") +
                     (error != nullptr ? error : "no reason given") +
                     "). Install libdnnl2, or name its folder in LD_LIBRARY_PATH.";
    return library;
  }
  const std::string missing = fill(handle, library);
  if (!missing.empty()) {
    library.reason = std::string(name) + " has no " + missing +
                     " (another version, or threads that are not OpenMP's). Install oneDNN 2 with "
                     "OpenMP, as in Debian's libdnnl2.";
  } else if (library.api.dnnl_engine_create(&library.engine, dnnl_cpu, 0) != dnnl_success) {
    library.reason = std::string(name) +
                     " has no engine for CPUs (dnnl_engine_create failed). Install another oneDNN.";
  }
  return library;
}

const Library& library() {
  static const Library one = load_library("libdnnl.so.2");
  return one;
}

}  // namespace motley::onednn
