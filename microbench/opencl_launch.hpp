// Launches that count themselves: what the launch cases of OpenCL share.
#pragma once

#include <cstdint>

#include "harness/workbench.hpp"
#include "microbench/opencl_calls.hpp"

namespace motley::microbench {

/// A kernel of one work-item that does nothing but count its launches: as good as empty (one atomic
/// addition), and no launch can be lost unseen.
class CountedLaunches {
 public:
  explicit CountedLaunches(Processor& processor,
                           const QueueOptions& options = {.profiling = false});

  const OpenclCalls& calls() const { return calls_; }
  const opencl::Api& api() const { return calls_.api(); }
  /// Gives one launch to the queue.
  void launch() {
    calls_.launch(kernel_.get());
    ++given_;
  }
  opencl::Handle<cl_event> launch_with_event();
  void wait(cl_event event) const {
    opencl::check(api().clWaitForEvents(1, &event), "clWaitForEvents");
  }
  /// CL_COMPLETE ... CL_QUEUED; throws where the command failed.
  cl_int status(cl_event event) const;
  void finish() const { calls_.finish(); }
  /// Waits. Launches given so far minus launches that ran, without sign.
  double error() const;

 private:
  OpenclCalls calls_;
  opencl::Handle<cl_mem> counter_;
  opencl::Handle<cl_kernel> kernel_;
  std::uint32_t given_ = 0;
};

}  // namespace motley::microbench
