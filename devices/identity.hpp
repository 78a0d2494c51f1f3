// Which device is this, and does it run the same system as last time? Model, SoC, system, kernel
// and hypervisor as files say them, and an id that stays the same over boots, updates and core
// hot-plugging, so that records of one device can be put side by side.
#pragma once

#include "devices/linux/files.hpp"
#include "results_schema/record.hpp"

namespace motley::devices {

/// Sets device.name and device.id and adds the facts. Reads clusters, caches and facts that are
/// already there. The id hashes model, SoC, processor designs, possible cores and (coarsely)
/// memory; it holds no serial number: two devices of one model and memory size share it.
void add_identity(const Files& files, schema::Device& device);

}  // namespace motley::devices
