// Queues of a CPU processor. The immediate one is a function call; the asynchronous one a thread
// that works off what it is given, for running beside another processor.
#pragma once

#include <memory>

#include "devices/cpu/team.hpp"
#include "harness/processor.hpp"

namespace motley::devices {

class CpuKernel final : public LoadedKernel {
 public:
  CpuKernel(Processor& home, CpuForm form, unsigned most_members)
      : home_(home), form_(std::move(form)), most_members_(most_members) {}
  Processor& home() const override { return home_; }
  std::size_t maximum_work_group() const override { return 1; }
  const CpuForm& form() const { return form_; }
  unsigned most_members() const { return most_members_; }

 private:
  Processor& home_;
  CpuForm form_;
  unsigned most_members_;
};

std::unique_ptr<Queue> immediate_queue(Processor& home, Team& team);
std::unique_ptr<Queue> asynchronous_queue(Processor& home, Team& team);

}  // namespace motley::devices
