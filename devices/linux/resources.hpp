// Priority, memory limit, frequency cap, governor and cores that never idle as Linux gives them. A
// refusal is a fact: on phones without root and in containers most of it is refused.
#pragma once

#include <memory>

#include "devices/linux/files.hpp"
#include "harness/resources.hpp"

namespace motley::devices {

/// cpufreq is looked up in `files`; priority and memory are always the real process'.
std::unique_ptr<ResourceControl> resource_control(SharedFiles files);

}  // namespace motley::devices
