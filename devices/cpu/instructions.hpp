// Which instruction sets may a program use here? On AArch64 the kernel says so to each process
// (HWCAP), which also holds in an emulator or a container whose /proc/cpuinfo tells another core's.
#pragma once

#include <string>
#include <vector>

namespace motley::devices {

/// Names as /proc/cpuinfo spells them; empty where /proc/cpuinfo is what there is.
std::vector<std::string> instructions_of_this_process();

}  // namespace motley::devices
