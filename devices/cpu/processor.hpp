// A set of cores as a processor: a pinned team, memory that its members touched first, and queues
// that run commands at once on the calling thread's team or, asynchronously, on a thread of their
// own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/processor.hpp"

namespace motley::devices {

/// `id` as the command line says it. Nothing is pinned or started before wake(). Throws Error for
/// no cores.
std::unique_ptr<Processor> cpu_processor(std::string id, std::vector<int> cores,
                                         const schema::Device& device);

}  // namespace motley::devices
