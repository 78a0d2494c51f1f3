// Which OpenCL devices are there, and why are there none? Loads the library, asks every platform
// and tries every device once: a driver that lists a device and cannot make a context of it costs a
// line in the report, never the program. Devices are `opencl:0`, `opencl:1` ... in the order of the
// platforms; equal shares of one are `opencl:0/0of2` and `opencl:0/1of2`.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "devices/description.hpp"
#include "harness/processor.hpp"
#include "results_schema/record.hpp"

namespace motley::opencl {

class Catalogue {
 public:
  /// Sets what drivers read when they are loaded (profiles), then loads the library that
  /// MOTLEY_OPENCL_LIBRARY names or the first of the search list. Never throws because of a driver;
  /// throws Error where MOTLEY_EMULATE or MOTLEY_FAULT cannot be read.
  Catalogue();
  /// `allowed` of the `online` cores belong to this process: drivers that run on the CPU are kept
  /// there. Without them the main thread's mask says it.
  Catalogue(const std::vector<int>& allowed, const std::vector<int>& online);
  ~Catalogue();
  Catalogue(Catalogue&&) noexcept;
  Catalogue& operator=(Catalogue&&) noexcept;

  /// Why there is no device at all; empty if there is one that works.
  const std::string& reason() const;
  /// Devices that work, each followed by its equal shares.
  const std::vector<schema::Processor>& processors() const;
  const std::vector<devices::BrokenProcessor>& broken() const;
  /// Ids of the whole devices among processors().
  std::vector<std::string> default_ids() const;
  /// Any `opencl:N` or `opencl:N/KofM`, listed or not. Throws UnknownName, Unsupported (and why)
  /// or DeviceError.
  std::unique_ptr<Processor> open(const std::string& id);

 private:
  struct Contents;
  std::unique_ptr<Contents> contents_;
};

}  // namespace motley::opencl
