// Is the machine as cool as it was? What begins hot says nothing of the first minute, so a long run
// waits until temperature and clock are back, not for a fixed time.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "harness/clock.hpp"
#include "harness/instrument.hpp"
#include "results_schema/record.hpp"

namespace motley {

struct CoolDownLimits {
  double poll_seconds = 1;
  int polls = 3;                    ///< in a row must be cool
  double most_degrees_above = 2;    ///< of any sensor over what it was at first
  double least_clock_share = 0.97;  ///< of the core clock at first
  double most_seconds = 600;
};

class CoolDown {
 public:
  /// Cool is how temperatures are now.
  CoolDown(Instruments& instruments, Clock& clock);

  /// A processor's own clock is as it was when it was first named here; 0: unknown.
  void remember(const std::string& processor, double clock_hertz);

  /// Waits until all is back; details say how long that took, a finding `warm_start` that it was in
  /// vain. `go_on`: false ends it early.
  void wait(const std::string& processor, const std::function<double()>& clock_hertz,
            const CoolDownLimits& limits, const std::function<bool()>& go_on, schema::Block& block);

 private:
  std::map<std::string, double> temperatures() const;
  /// What is not back yet; empty: all is.
  std::string still_warm(const CoolDownLimits& limits, double hertz, double first_hertz) const;

  Instruments& instruments_;
  Clock& clock_;
  std::map<std::string, double> first_;        ///< degrees, by instrument
  std::map<std::string, double> first_hertz_;  ///< by processor
};

}  // namespace motley
