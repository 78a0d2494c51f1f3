// A load whose threads, each pinned by a processor of its own, do pieces of work at absolute times.
// A piece is short, so that the load ends soon after it is told to.
#pragma once

#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "harness/load.hpp"
#include "harness/loads/pace.hpp"

namespace motley::loads {

/// What one thread of a load does; all of it on that thread.
class Work {
 public:
  virtual ~Work() = default;
  virtual void prepare() {}  ///< touches its memory, builds its kernels
  /// One piece; gives what it did, by quantity.
  virtual std::array<double, 2> piece() = 0;
};

struct LoadThread {
  std::unique_ptr<Processor> processor;  ///< a core, to which it pins the thread
  std::unique_ptr<Work> work;
};

/// What a kind of load decides.
struct PacedPlan {
  LevelPlan level;
  double most_behind_seconds = 0.002;
  bool try_unpaced = false;  ///< finds out what it reaches alone without pauses
  /// Sets the period and what was asked from that; while all threads rest.
  std::function<void(PacedPlan&, const std::map<std::string, double>& unpaced)> settle = {};
};

class PacedLoad final : public Load {
 public:
  PacedLoad(Machine& machine, Clock& clock, PacedPlan plan, std::vector<LoadThread> threads);
  ~PacedLoad() override;
  PacedLoad(const PacedLoad&) = delete;
  PacedLoad& operator=(const PacedLoad&) = delete;

  void start() override;
  void run() override { enter(Mode::paced); }
  void begin_window() override;
  schema::LoadLevel end_window() override;
  bool broken() override;

 private:
  enum class Mode { rest, unpaced, paced, end };
  struct Member {
    LoadThread parts;
    std::thread thread;
    Account account;  ///< guarded by mutex_
  };

  void enter(Mode mode);
  Window window(double begin_seconds);
  Window tried(Mode mode, double seconds);
  void wait_until_resting();
  void body(Member& member);
  void work(Member& member, Mode mode, std::uint64_t epoch);
  bool wait_for(double release, std::uint64_t epoch);
  bool changed(std::uint64_t epoch);

  Machine& machine_;
  Clock& clock_;
  PacedPlan plan_;
  std::vector<Member> members_;
  std::mutex mutex_;
  std::condition_variable condition_;
  Mode mode_ = Mode::rest;
  std::uint64_t epoch_ = 0;  ///< counts changes of mode_
  std::size_t resting_ = 0;
  std::exception_ptr trouble_;
  std::map<std::string, double> unpaced_;
  Window alone_;
  double window_began_ = 0;
};

}  // namespace motley::loads
