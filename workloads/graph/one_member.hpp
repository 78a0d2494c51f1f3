// A CPU processor as operators see it that leave all but one thread of its team asleep: kernels are
// lowered for one member, and run on the processor itself.
#pragma once

#include "harness/processor.hpp"
#include "workloads/graph/graph.hpp"

namespace motley::workloads {

class OneMember : public Processor {
 public:
  explicit OneMember(Processor& team) : team_(team) {}

  unsigned members() const override { return 1; }
  const schema::Processor& description() const override { return team_.description(); }
  ProcessorKind kind() const override { return team_.kind(); }
  std::unique_ptr<Buffer> allocate(std::size_t bytes, const BufferOptions& options) override {
    return team_.allocate(bytes, options);
  }
  std::unique_ptr<LoadedKernel> load(const Kernel& kernel) override { return team_.load(kernel); }
  std::unique_ptr<Queue> queue(const QueueOptions& options) override {
    return team_.queue(options);
  }
  std::size_t last_level_cache_bytes() const override { return team_.last_level_cache_bytes(); }
  std::size_t maximum_buffer_bytes() const override { return team_.maximum_buffer_bytes(); }
  std::size_t available_bytes() const override { return team_.available_bytes(); }

 private:
  Processor& team_;
};

/// Whether one core takes less time for a run than a team, whose cores fetch from each other what
/// the others wrote: so it is in small steps of training, where weights change in each.
bool trains_best_on_one_core(const Graph& graph);

}  // namespace motley::workloads
