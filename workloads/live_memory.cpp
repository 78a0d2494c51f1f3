#include "workloads/live_memory.hpp"

#include <algorithm>

namespace motley::workloads {

LiveMemory::LiveMemory(const Places& places, Machine* machine)
    : places_(places), machine_(machine), allocated_before_(allocated_bytes()) {
  if (!machine_ || places_.processor.members() == 0) return;
  machine_->restart_process_memory();  // free heap memory is no part of what is held before
  resident_before_ = machine_->process_memory().resident_bytes;
}

double LiveMemory::allocated_bytes() const {
  const std::size_t on_host = places_.host ? places_.host->allocated_bytes() : 0;
  return double(places_.processor.allocated_bytes() + on_host);
}

std::map<std::string, double> LiveMemory::measured(Training& training) const {
  auto result = measured(training.execution(), [&] { training.step(); });
  if (training.steps() > 0) training.reset();
  return result;
}

std::map<std::string, double> LiveMemory::measured(Inference& inference) const {
  auto result = measured(inference.execution(), [&] { inference.run(); });
  inference.reset();
  return result;
}

std::map<std::string, double> LiveMemory::measured(Execution& execution,
                                                   const std::function<void()>& run) const {
  double planned = 0;
  for (const Slot& slot : execution.plan().slots) planned += slot.on_host ? 0 : double(slot.bytes);
  std::map<std::string, double> result = {
      {"planned", planned}, {"live", std::max(0.0, allocated_bytes() - allocated_before_)}};
  if (resident_before_ == 0) return result;
  const bool restarted = machine_->restart_process_memory();
  run();
  execution.finish();
  const ProcessMemory now = machine_->process_memory();
  const double most = restarted ? now.most_bytes : now.resident_bytes;
  result["process"] = std::max(0.0, most - resident_before_);
  return result;
}

}  // namespace motley::workloads
