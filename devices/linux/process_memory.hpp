// How much memory does this process hold, and how much did it at most since we last asked?
#pragma once

#include "devices/linux/files.hpp"
#include "harness/machine.hpp"

namespace motley::devices {

ProcessMemory read_process_memory(const Files& files);

/// Free heap memory goes back to the system; most_bytes begins anew at what is resident now. False
/// where the system denies it.
bool restart_process_memory();

}  // namespace motley::devices
