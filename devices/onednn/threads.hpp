// How does oneDNN compute on exactly the cores of one processor? Its OpenMP threads are others than
// our team's, belong to the thread that called it, and begin life where that one is pinned: on a
// single core, all of them.
#pragma once

#include <functional>
#include <vector>

#include "devices/onednn/library.hpp"

namespace motley::onednn {

/// The calling thread may be on any of the cores while this lives.
class Widened {
 public:
  explicit Widened(const std::vector<int>& cores);
  ~Widened();
  Widened(const Widened&) = delete;
  Widened& operator=(const Widened&) = delete;

 private:
  std::vector<int> before_;
};

/// Calls `work`, in which a parallel region has as many threads as there are cores. The calling
/// thread, which is pinned to the first, is one of them. Throws DeviceError where a core is
/// refused.
void run_on(const OpenMp& openmp, const std::vector<int>& cores, const std::function<void()>& work);

}  // namespace motley::onednn
