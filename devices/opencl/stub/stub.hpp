// An OpenCL driver for tests: one platform, one GPU that computes nothing, memory that works. It
// remembers every call, counts the objects that are alive, and makes any entry fail, crash or hang.
// MOTLEY_STUB=ENTRY:fail|crash|hang does so from the environment; MOTLEY_STUB_VERSION=1.1 makes it
// an older driver, MOTLEY_STUB_DEVICES=0 a platform without devices, MOTLEY_STUB_TYPE=cpu a CPU
// that claims 1 PiB, MOTLEY_STUB_EXTENSIONS its extensions, MOTLEY_STUB_LANGUAGE=3.0 the newest
// OpenCL C that it takes (1.2), MOTLEY_STUB_IMAGES=1 gives it images. It hands its functions out as
// some phones' libraries do, through loadOpenCLPointer.
#pragma once

#include <string>

#include "devices/opencl/entry.hpp"

namespace motley::opencl::stub {

enum class Action { none, fail, crash, hang };

/// What tests say to a loaded stub, by dlsym("motley_stub").
struct Control {
  /// Entry `entry` does this from its call number `after` on (counted from 0).
  void (*set)(Entry entry, Action action, cl_int status, unsigned long after) = nullptr;
  void (*clear)() = nullptr;                ///< no actions, no calls remembered
  const std::string& (*calls)() = nullptr;  ///< names of all calls, each behind a space
  long (*alive)() = nullptr;                ///< objects that somebody still holds
  /// How many cores the last clCreateContext might use: a driver starts its threads there.
  int (*cores)() = nullptr;
};

/// An opaque OpenCL object of any type.
struct Object {
  explicit Object(char kind_of_object);
  ~Object();
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  char kind;  ///< first letter of what it is, for a debugger
  long references = 1;
  std::string bytes;     ///< content of memory
  size_t row_bytes = 0;  ///< of an image
  int status = CL_COMPLETE;
  cl_ulong time = 0;
  cl_command_queue queue = nullptr;
};
long alive_objects();

/// The whole driver: each member does what an OpenCL function does when nothing is wrong.
Api behaviour();

}  // namespace motley::opencl::stub
