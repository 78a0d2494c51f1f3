// A small team of pinned threads, one a core; the calling thread is member 0. Fork and join spin
// for a bounded time, then sleep, so that a parked or idle team costs the others nothing.
#pragma once

#include <atomic>
#include <cstdint>
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

  /// Starts the other members and pins everyone, the calling thread to the first core. Throws
  /// DeviceError where a core is refused; then the team is not awake and the caller where it was.
  void wake();
  /// Gives the caller back the cores that it had, as far as they are still allowed.
  void park() noexcept;
  bool awake() const { return awake_; }
  /// Pins the calling thread like member 0: for a queue with a thread of its own.
  void pin_as_first_member() const;

  /// Calls work(member) once on each of the first `members` members; returns when all are done. An
  /// exception in any member is thrown here, behind the join. Before wake() the caller is every
  /// member in turn.
  void run(unsigned members, const std::function<void(unsigned)>& work);

 private:
  void member_loop(unsigned member, std::uint32_t seen);
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
/// For ways out, where a refusal (a cpuset that has changed) can no longer be acted on.
void try_to_pin_this_thread(const std::vector<int>& cores) noexcept;
std::vector<int> cores_of_this_thread();
/// How many pauses of a waiting loop last as long as a team spins before it sleeps: for another
/// pool of threads that is to be compared with a team.
std::int64_t pauses_before_sleep();

}  // namespace motley::devices
