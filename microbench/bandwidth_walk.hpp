// One prepared bandwidth trial: arrays of known content, the kernel that walks them in the form
// that the processor runs, and how the result is checked, element by element.
#pragma once

#include <span>

#include "harness/workbench.hpp"
#include "microbench/bandwidth_loops.hpp"

namespace motley::microbench {

/// What distinguishes read, write, copy, scale, add and triad.
struct BandwidthQuestion {
  const char* name;
  StreamOperation operation;
  const char* formula;
  int reads, writes, flops;  ///< per element of an array
  int arrays() const { return reads + writes; }
};

/// One prepared trial: the arrays and what their content must be.
class BandwidthWalk {
 public:
  BandwidthWalk(Workbench& bench, const BandwidthQuestion& question, bool non_temporal);
  Trial trial();

 private:
  void load(Workbench& bench, bool non_temporal);
  void load_opencl(Workbench& bench, bool non_temporal);
  Kernel cpu_kernel(const std::string& implementation, StoreKind store) const;
  schema::Work work() const;
  void run(Queue& queue, std::uint32_t passes);
  void reset(Queue& queue);
  double error(Queue& queue) const;
  double word_error(Queue& queue) const;
  double piece_error(std::uint32_t begin, std::span<const std::uint32_t> found) const;

  BandwidthQuestion question_;
  std::int64_t count_;
  std::uint32_t passes_ = 1, last_passes_ = 0;
  std::uint32_t key_b_, key_c_, pattern_ = 0;
  Buffer *a_ = nullptr, *b_ = nullptr, *c_ = nullptr, *results_ = nullptr;
  LoadedKernel* kernel_ = nullptr;
  Range range_;
  std::size_t result_step_ = 16;  ///< a line of its own for each thread's result
  schema::Facts details_;
};

}  // namespace motley::microbench
