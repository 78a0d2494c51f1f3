// A small team of pinned threads, one a core; the calling thread is member 0. Fork and join spin
// for a bounded time, then sleep, so that a parked or idle team costs the others nothing.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace motley::devices {

class Team {
 public:
  explicit Team(std::vector<int> cores);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  unsigned size() const { return static_cast<unsigned>(cores_.size()); }

  /// Pins the calling thread to the first core and starts the other members. Throws DeviceError
  /// where a core is refused. park() gives the caller back the cores it had.
  void wake();
  void park();
  bool awake() const { return awake_; }
  /// Pins the calling thread like member 0: for a queue with a thread of its own.
  void pin_as_first_member() const;

  /// Calls work(member) once on each of the first `members` members; returns when all are done. An
  /// exception in any member is thrown here, behind the join.
  void run(unsigned members, const std::function<void(unsigned)>& work);

 private:
  void member_loop(unsigned member);
  void work_as(unsigned member);

  std::vector<int> cores_;
  std::vector<std::thread> threads_;
  std::vector<int> callers_cores_;
  bool awake_ = false;

  const std::function<void(unsigned)>* work_ = nullptr;
  unsigned working_members_ = 0;
  alignas(64) std::atomic<std::uint32_t> epoch_{0};  ///< raised to start a run
  alignas(64) std::atomic<std::uint32_t> busy_{0};   ///< members that have not finished yet
  std::atomic<bool> ending_{false};
  std::mutex trouble_mutex_;
  std::exception_ptr trouble_;
};

/// Pins the calling thread and reads the mask back. Throws DeviceError where the system refuses.
void pin_this_thread(const std::vector<int>& cores);
std::vector<int> cores_of_this_thread();

}  // namespace motley::devices
