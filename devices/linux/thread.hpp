// What does the system say of the calling thread, cheaply enough to ask around each sample?
#pragma once

#include <string>

#include "harness/machine.hpp"

namespace motley::devices {

/// Opens `schedstat` (/proc/thread-self/schedstat, or its place in a recorded tree) once a thread
/// and reads it in place from then on.
ThreadState read_thread_state(const std::string& schedstat);

/// CLOCK_BOOTTIME: goes on while the machine sleeps.
double read_boot_seconds();

}  // namespace motley::devices
