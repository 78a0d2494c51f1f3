// Can this thread be told to treat denormals as zero? They make arithmetic 100 times slower on some
// cores, so that a result would depend on the data; the setting belongs to a thread.
#pragma once

namespace motley::devices {

/// Sets flush-to-zero and denormals-are-zero for the calling thread and reads the control word
/// back: true if it holds. False where this architecture has no such control that we know of.
bool flush_denormals_on_this_thread();

}  // namespace motley::devices
