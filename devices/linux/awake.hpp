// Can the cores be kept from going idle? A thread of the lowest policy spins on each: it gives way
// at once to whatever wants to run (sched(7), SCHED_IDLE; no privilege needed), but its core is
// awake, so that a timer costs no exit from an idle state and a governor sees a busy core. What
// else runs loses 3 of 1027 parts of such a core to it (weights in the kernel's sched.h); a
// container's quota of CPU time is used up by it.
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace motley::devices {

class AwakeCores {
 public:
  /// All of them, until it goes.
  explicit AwakeCores(const std::vector<int>& cores);
  ~AwakeCores();
  AwakeCores(const AwakeCores&) = delete;
  AwakeCores& operator=(const AwakeCores&) = delete;

  int granted() const { return granted_; }
  /// Why not all; empty where all are.
  const std::string& refused() const { return refused_; }

 private:
  std::atomic<bool> ending_{false};
  int granted_ = 0;
  std::string refused_;
  std::vector<std::thread> threads_;
};

}  // namespace motley::devices
