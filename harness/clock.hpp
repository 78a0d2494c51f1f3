// Time as a port, so that sampling and stopping are tested in virtual time.
#pragma once

namespace motley {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual double seconds() = 0;  ///< monotonic; the zero point is arbitrary
  /// Sleeps until then; returns at once where that has passed.
  virtual void wait_until(double seconds) = 0;
};

/// CLOCK_MONOTONIC, in seconds since the program started.
Clock& steady_clock();

}  // namespace motley
