// Can we trust a fit of launch and transfer costs? Delays of known size put around the calls of a
// real driver turn it into a device whose truth is known: launch_us (a launch call lasts so long),
// sync_us (waiting for a queue that had work costs so much more), write_gbps and read_gbps (a copy
// of V bytes between host and device lasts V / rate). All are spent on the calling thread, and what
// a copy was lengthened by is added to its event's END, so that both clocks tell one story. Maps,
// images and SVM copies keep the driver's own speed.
#pragma once

#include <string>

#include "devices/opencl/api.hpp"

namespace motley::opencl {

/// 0: as the driver does it.
struct Delays {
  double launch_seconds = 0;
  double sync_seconds = 0;
  double write_bytes_per_second = 0;
  double read_bytes_per_second = 0;
};

/// Reads MOTLEY_EMULATE's grammar; throws Error with one line that says what is wrong.
Delays parse_delays(const std::string& text);

/// The table with those delays. They belong to the process: a second call replaces the first.
Api with_delays(Api api, const Delays& delays);

}  // namespace motley::opencl
