#include "devices/opencl/library.hpp"

#include <array>
#include <dlfcn.h>

#include "devices/opencl/entry.hpp"
#include "harness/error.hpp"

namespace motley::opencl {
namespace {

constexpr auto search_list = std::array{
    // Desktop: the ICD loader. On Android the bare name is the one that an app's linker namespace
    // allows (names in public.libraries.txt, source.android.com "Namespaces for native libraries").
    "libOpenCL.so.1",
    "libOpenCL.so",
    // Vendors' libraries of phones: krrishnarraj/libopencl-stub, src/libopencl.c.
    "/vendor/lib64/libOpenCL.so",
    "/system/vendor/lib64/libOpenCL.so",
    "/system/lib64/libOpenCL.so",
    "/vendor/lib64/egl/libGLES_mali.so",
    "/system/vendor/lib64/egl/libGLES_mali.so",
    "/system/lib64/egl/libGLES_mali.so",
    "/vendor/lib64/libPVROCL.so",
    "/system/vendor/lib64/libPVROCL.so",
    "libOpenCL-pixel.so",
    "libOpenCL-car.so",
    "/vendor/lib/libOpenCL.so",
    "/system/vendor/lib/libOpenCL.so",
    "/vendor/lib/egl/libGLES_mali.so",
    "/vendor/lib/libPVROCL.so",
};

template <Entry entry, class Function>
struct Missing;

template <Entry entry, class Result, class... Arguments>
struct Missing<entry, Result (*)(Arguments...)> {
  static Result call(Arguments...) {
    const EntryFacts& facts = facts_of(entry);
    throw Unsupported(std::string(facts.name) +
                      " is not there (the device's version of OpenCL or its library lacks it; it "
                      "came with OpenCL " +
                      std::to_string(facts.since / 100) + "." +
                      std::to_string(facts.since / 10 % 10) + "). Use another device.");
  }
};

/// Looks each function up; some vendors hand them out through a function of their own
/// (enableOpenCL, loadOpenCLPointer in Pixel phones' libOpenCL-pixel.so).
class Symbols {
 public:
  explicit Symbols(void* library) : library_(library) {
    const auto enable = reinterpret_cast<void (*)()>(dlsym(library, "enableOpenCL"));
    const auto load = reinterpret_cast<void* (*)(const char*)>(dlsym(library, "loadOpenCLPointer"));
    if (enable != nullptr && load != nullptr) {
      enable();
      load_ = load;
    }
  }
  void* find(const char* name) const {
    return load_ != nullptr ? load_(name) : dlsym(library_, name);
  }

 private:
  void* library_;
  void* (*load_)(const char*) = nullptr;
};

struct Fill {
  const Symbols& symbols;
  std::set<std::string>& missing;
  template <Entry entry, class Function>
  void visit(Function& function) {
    function = reinterpret_cast<Function>(symbols.find(facts_of(entry).name));
    if (function != nullptr) return;
    missing.insert(facts_of(entry).name);
    function = Missing<entry, Function>::call;
  }
};

struct Limit {
  int version;
  std::set<std::string>& missing;
  template <Entry entry, class Function>
  void visit(Function& function) {
    if (facts_of(entry).since <= version) return;
    missing.insert(facts_of(entry).name);
    function = Missing<entry, Function>::call;
  }
};

/// The file that a function lies in, as the dynamic linker found it.
std::string file_of(void* function, const std::string& fallback) {
  Dl_info info{};
  return dladdr(function, &info) != 0 && info.dli_fname != nullptr ? info.dli_fname : fallback;
}

/// An empty name: what the process has already, where a checker such as oclgrind was preloaded.
Library load_one(const std::string& name) {
  Library library;
  void* const handle = dlopen(name.empty() ? nullptr : name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* const error = dlerror();
    library.reason = error != nullptr ? error : name + " cannot be loaded";
    return library;
  }
  const Symbols symbols(handle);
  void* const first = symbols.find("clGetPlatformIDs");
  if (first == nullptr) {
    library.reason = name + " has no clGetPlatformIDs: it is no OpenCL library";
    dlclose(handle);
    return library;
  }
  for_each_entry(library.api, Fill{symbols, library.api.missing});
  library.api.library = file_of(first, name);
  return library;
}

}  // namespace

std::optional<Entry> entry_of_name(const std::string& name) {
  for (std::size_t i = 0; i < entry_count; ++i) {
    if (name == entry_facts[i].name) return static_cast<Entry>(i);
  }
  return std::nullopt;
}

Library load_library(const std::string& named) {
  Library library;
  if (named == "none") {
    library.reason =
        "OpenCL is switched off (MOTLEY_OPENCL_LIBRARY=none). Unset it to use the devices.";
    return library;
  }
  if (!named.empty()) {
    library = load_one(named);
    if (!library.reason.empty()) {
      library.reason = "the OpenCL library of MOTLEY_OPENCL_LIBRARY cannot be used (" +
                       library.reason + "). Correct or unset the variable.";
    }
    return library;
  }
  library = load_one("");
  if (library.reason.empty()) return library;
  std::string others;  // of libraries that are there and no use
  for (const char* const name : search_list) {
    library = load_one(name);
    if (library.reason.empty()) return library;
    if (library.reason.find("No such file") == std::string::npos &&
        library.reason.find("not found") == std::string::npos) {
      others += "; " + library.reason;
    }
  }
  library.reason = "no OpenCL library was found (no device can be reached" + others +
                   "). Install an ICD loader and a driver, for example ocl-icd-libopencl1 and "
                   "pocl-opencl-icd, or name a library with MOTLEY_OPENCL_LIBRARY.";
  return library;
}

Api limited_to(Api api, int version) {
  for_each_entry(api, Limit{version, api.missing});
  return api;
}

}  // namespace motley::opencl
