// How fast does this core's clock run, now? Without privileges the one honest answer is a chain of
// dependent additions: each takes one cycle on every core that we know.
#pragma once

namespace motley::devices {

/// Core clock of the calling thread: the fastest of a few slices of ~0.1 ms, as an interrupt can
/// only slow a slice down. 0 on an architecture whose chain we do not know.
double clock_hertz_of_this_core();

}  // namespace motley::devices
