// What does the system say of the calling thread, cheaply enough to ask around each sample?
#pragma once

#include <string>

#include "harness/machine.hpp"

namespace motley::devices {

/// Opens `schedstat` (/proc/thread-self/schedstat, or its place in a recorded tree) once a thread
/// and reads it in place from then on.
ThreadState read_thread_state(const std::string& schedstat);

/// Of the calling thread: CLOCK_THREAD_CPUTIME_ID.
double read_thread_cpu_seconds();

/// Without it the kernel may wake the thread 50 us late to save power (prctl(2):
/// PR_SET_TIMERSLACK).
void set_precise_timers();

/// CLOCK_BOOTTIME: goes on while the machine sleeps.
double read_boot_seconds();

}  // namespace motley::devices
