// What happens when a driver's call fails, crashes or never returns? Failures on demand at every
// entry of the table: clCreateBuffer:fail=CL_MEM_OBJECT_ALLOCATION_FAILURE:after=3 lets three calls
// pass and fails those behind them; crash aborts the process, hang never returns. Several are
// separated by commas.
#pragma once

#include <string>
#include <vector>

#include "devices/opencl/entry.hpp"

namespace motley::opencl {

struct Fault {
  enum class Action { fail, crash, hang };
  Entry entry = Entry::count;
  Action action = Action::fail;
  cl_int status = CL_OUT_OF_RESOURCES;
  unsigned long after = 0;  ///< so many calls pass first
};

/// Reads MOTLEY_FAULT's grammar; throws Error with one line that says what is wrong.
std::vector<Fault> parse_faults(const std::string& text);

/// The table with those faults in it. They belong to the process: a second call replaces the first.
Api with_faults(Api api, const std::vector<Fault>& faults);

}  // namespace motley::opencl
