// Who runs a plan whose operators lie on several processors? Each CPU computes on a thread pinned
// to it; a device is only given commands. The caller's thread is the first CPU's and gives the
// first device its commands between its own steps, as a program would that uses both: nothing is
// handed over from thread to thread, and nobody needs the core on which a device's driver works.
// Every other place has a thread of its own. A step waits for those of other places that the plan
// names.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
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
  /// Runs, and again as long as `again` says so, which is told how many seconds each took.
  void repeat(const RunScalars& scalars, Clock& clock, const std::function<bool(double)>& again);
  CrewRun run_timed(const RunScalars& scalars, Clock& clock);

 private:
  struct Place {
    std::vector<std::size_t> steps;
    std::thread thread;
  };
  void choose_callers();
  void start_threads();
  bool is_callers(std::size_t place) const;
  struct Rest;
  /// Of a CPU, which belongs to the calling thread while it runs; null: there is none.
  Processor* callers_processor() const;
  void go(const RunScalars& scalars, Clock* clock, CrewRun* times);
  void await_places();
  void work(std::size_t place);
  void run_places(const std::vector<std::size_t>& places);
  void give_in_turn(Rest device, Rest cpu);
  void give_next(Rest& rest);
  bool all_of_waits(std::size_t step, bool (Signal::*is)() const) const;
  void give_step(std::size_t step);
  void give_step_timed(std::size_t step, double wait_started);
  void finish_place(std::size_t place);
  void give_up();
  void end();
  void rethrow();
  void note_trouble();

  Execution& execution_;
  std::vector<Place> places_;
  std::vector<std::size_t> callers_;              ///< places
  std::optional<std::size_t> callers_cpu_;        ///< of these
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
