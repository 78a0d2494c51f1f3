// Which OpenCL device do the tests use, and why is there none? Sets variables for one catalogue.
#pragma once

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "devices/opencl/catalogue.hpp"
#include "harness/error.hpp"
#include "harness/processor.hpp"

namespace motley::opencl {

/// A variable of the environment as long as this lives.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* const before = std::getenv(name)) {
      before_ = before;
      had_ = true;
    }
    setenv(name, value.c_str(), 1);
  }
  ~Variable() {
    if (had_) {
      setenv(name_, before_.c_str(), 1);
    } else {
      unsetenv(name_);
    }
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::string before_;
  bool had_ = false;
};

/// The machine's own catalogue, made once: drivers start threads.
inline Catalogue& test_catalogue() {
  static Catalogue catalogue;
  return catalogue;
}

/// The first device, or null: then test_catalogue().reason() says why.
inline std::unique_ptr<Processor> test_device() {
  const std::vector<std::string> ids = test_catalogue().default_ids();
  return ids.empty() ? nullptr : test_catalogue().open(ids.front());
}

inline Kernel opencl_kernel(const std::string& source, const std::string& entry,
                            const std::string& options = {}) {
  Kernel kernel;
  kernel.name = entry;
  kernel.opencl = {source, entry, options};
  return kernel;
}

/// y[i] = a * x[i] + y[i].
inline Kernel scale_and_add_kernel() {
  return opencl_kernel(
      "kernel void scale_and_add(float a, global const float* x, global float* y) {"
      "  const size_t i = get_global_id(0); y[i] = a * x[i] + y[i]; }",
      "scale_and_add");
}

}  // namespace motley::opencl
