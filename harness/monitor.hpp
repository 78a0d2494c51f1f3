// How do temperature, clock and power go while something runs for minutes? A thread that reads all
// instruments now and then, says what it costs itself, and sleeps otherwise.
#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "harness/clock.hpp"
#include "harness/instrument.hpp"
#include "harness/machine.hpp"
#include "results_schema/record.hpp"

namespace motley {

class Monitor {
 public:
  /// Starts the thread, which rests: before anything is pinned, since it inherits the cores of who
  /// makes it. The period is 0.1 s at least.
  Monitor(Machine& machine, Clock& clock, double period_seconds);
  ~Monitor();
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  void start();
  /// Series `monitor_seconds` (on the samples' clock) and `monitor/<instrument>` of equal length
  /// (an instrument that once gave nothing is left out); figures monitor_cpu_share, and where a
  /// sensor tells energy_joules and energy_joules_per_query, else details say why not. Nobody else
  /// may read the machine's instruments meanwhile.
  void stop(schema::Block& block);

 private:
  void work();
  void read_once();

  Machine& machine_;
  Clock& clock_;
  double period_seconds_;
  Instruments instruments_;
  std::mutex mutex_;
  std::condition_variable condition_;
  bool running_ = false, resting_ = true, ending_ = false;
  std::vector<double> seconds_;
  std::vector<std::vector<double>> values_;  ///< of each instrument
  double cpu_seconds_ = 0;
  std::thread thread_;
};

/// Joules between the first and last reading: differences of the counters `energy_joules/...`, of
/// which a package holds its parts, or the integral of `power_watts/...` (trapezoids); of several
/// sensors the first. None where no sensor tells.
struct Energy {
  double joules = 0;
  std::string source;  ///< the instrument; empty: none
};
Energy energy_of(const schema::Block& block);

}  // namespace motley
