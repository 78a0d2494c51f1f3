// Who runs a plan whose operators lie on several processors? One thread for each of them gives that
// processor its steps in order, and waits before a step for those of other places that the plan
// names. A CPU computes on its thread; a device's only gives commands: of the first device that is
// the caller's own, which need not be woken first (3 ms were seen where no core was idle).
#pragma once

#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "harness/clock.hpp"
#include "workloads/graph/execution.hpp"
#include "workloads/together/synchronisation.hpp"

namespace motley::workloads {

/// What one place did about one step.
struct CrewStep : StepTime {
  double wait_started = 0, wait_ended = 0;
};
struct CrewRun {
  double started = 0, ended = 0;
  std::vector<CrewStep> steps;  ///< of the plan, in its order
  /// Of each place: the driver's finish behind its last step.
  std::vector<CrewStep> finishes;
};

class Crew {
 public:
  /// The processors must be parked: each thread wakes its own, and parks it when the crew ends.
  /// Throws Unsupported where a device cannot synchronise so, and what waking throws.
  Crew(Execution& execution, Synchronisation synchronisation);
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  Execution& execution() { return execution_; }
  /// One run, from giving the first step until all places have finished. Throws what a place threw;
  /// the others have finished then.
  void run(const RunScalars& scalars);
  CrewRun run_timed(const RunScalars& scalars, Clock& clock);

 private:
  struct Place {
    std::vector<std::size_t> steps;
    std::thread thread;
  };
  void go(const RunScalars& scalars, Clock* clock, CrewRun* times);
  void work(std::size_t place);
  void run_place(std::size_t place, std::size_t first);
  std::size_t give_first_steps(std::size_t place);
  void give_steps(std::size_t place, std::size_t begin, std::size_t end);
  void give_step(std::size_t step);
  void give_step_timed(std::size_t step);
  void finish_place(std::size_t place);
  void give_up();
  void end();
  void rethrow();
  void note_trouble();
  std::uint32_t await_change(std::uint32_t seen) const;

  Execution& execution_;
  std::vector<Place> places_;
  std::optional<std::size_t> callers_;            ///< place
  std::vector<std::unique_ptr<Signal>> signals_;  ///< of steps that others wait for; else null
  /// What is to be done now.
  const RunScalars* scalars_ = nullptr;
  Clock* clock_ = nullptr;
  CrewRun* times_ = nullptr;
  bool ending_ = false;
  std::mutex mutex_;
  std::exception_ptr trouble_;           ///< of this run
  std::atomic<std::uint32_t> epoch_{0};  ///< raised to start a run
  std::atomic<std::uint32_t> busy_{0};   ///< places that have not finished yet
};

}  // namespace motley::workloads
