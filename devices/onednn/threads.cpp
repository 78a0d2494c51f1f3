#include "devices/onednn/threads.hpp"

#include <atomic>
#include <cstddef>

#include "devices/cpu/team.hpp"
#include "devices/denormals.hpp"
#include "harness/error.hpp"

namespace motley::onednn {
namespace {

struct Pinning {
  const OpenMp& openmp;
  const std::vector<int>& cores;
  std::atomic<bool> refused{false};
};

/// In each thread of a parallel region; number 0 is the caller, who is where a queue wants it.
void pin(void* data) {
  auto& pinning = *static_cast<Pinning*>(data);
  const auto number = std::size_t(pinning.openmp.omp_get_thread_num());
  if (number == 0) return;
  const int core = pinning.cores[number];
  devices::try_to_pin_this_thread({core});
  if (devices::cores_of_this_thread() != std::vector{core}) pinning.refused = true;
  devices::flush_denormals_on_this_thread();
}

/// Threads keep their cores from call to call; only another processor moves them.
void pin_threads(const OpenMp& openmp, const std::vector<int>& cores) {
  thread_local std::vector<int> pinned;
  if (pinned == cores) return;
  Pinning pinning{openmp, cores};
  openmp.GOMP_parallel(pin, &pinning, unsigned(cores.size()), 0);
  if (pinning.refused) {
    throw DeviceError("sched_setaffinity", "a thread of OpenMP is not on the core it was pinned to",
                      "These cores are not allowed to this process: look at its cpuset.");
  }
  pinned = cores;
}

}  // namespace

Widened::Widened(const std::vector<int>& cores) : before_(devices::cores_of_this_thread()) {
  devices::try_to_pin_this_thread(cores);
}
Widened::~Widened() {
  devices::try_to_pin_this_thread(before_);
}

void run_on(const OpenMp& openmp, const std::vector<int>& cores,
            const std::function<void()>& work) {
  openmp.omp_set_num_threads(int(cores.size()));  // of regions that the calling thread opens
  if (cores.size() == 1) return work();
  pin_threads(openmp, cores);
  if (cores.size() == 2) return work();  // a region has both or is none: no thread ends
  // libgomp ends threads that a region has no use for (team.c, gomp_team_start) and starts others
  // for the next larger one, which inherit the mask.
  const Widened widened(cores);
  work();
}

}  // namespace motley::onednn
