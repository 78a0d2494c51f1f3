// Kernels of the OpenCL loads: one that computes for about a given time, one that reads.
#pragma once

#include <memory>

#include "harness/loads/paced_load.hpp"

namespace motley::loads {

/// Where an OpenCL load runs: the device, and the host's thread on a core beside the victim's.
struct OpenclPlace {
  std::shared_ptr<Processor> device;
  std::unique_ptr<Processor> core;
  schema::Facts details;
};

/// on= as an OpenCL device. Throws BadArgument for a CPU processor, and what opening throws.
OpenclPlace choose_device(const Spec& spec, Machine& machine, const std::string& victim);

/// A piece is one launch that takes about `kernel_seconds` alone (found out in prepare()). Its
/// quantities: seconds in which the device was busy with it, and 1.
std::unique_ptr<Work> device_compute(std::shared_ptr<Processor> device, Clock& clock,
                                     double kernel_seconds);

/// A piece reads so many of the `footprint` bytes, further on each time. Its quantity: bytes.
std::unique_ptr<Work> device_read(std::shared_ptr<Processor> device, std::size_t footprint,
                                  std::size_t piece_bytes);

}  // namespace motley::loads
