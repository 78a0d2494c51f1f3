// Which OpenCL library is there? Looked up when the program runs, never when it is linked: on a
// desktop the ICD loader, on a phone the vendor's own library, which often is no ICD driver.
#pragma once

#include <string>
#include <vector>

#include "devices/opencl/api.hpp"

namespace motley::opencl {

struct Library {
  Api api;             ///< empty where there is none
  std::string reason;  ///< why there is none; empty if there is
};

/// The library that `named` says (`none`: none), or if empty the first of the search list that can
/// be loaded and is OpenCL. It stays loaded: drivers keep threads. Never throws.
Library load_library(const std::string& named);

/// The table with every entry above `version` (120, 200, 300 ...) replaced by one that throws: a
/// loader has all of them, and calls through a driver's empty slot.
Api limited_to(Api api, int version);

}  // namespace motley::opencl
