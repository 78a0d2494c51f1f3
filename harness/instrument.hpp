// Something that can be read while a block runs: frequency, temperature, power, memory, faults.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace motley {

struct Reading {
  enum class State { value, denied, absent };
  State state = State::absent;
  double value = 0;    ///< SI unit, as the instrument's name says
  std::string reason;  ///< errno text and path where not a value
};

class Instrument {
 public:
  virtual ~Instrument() = default;
  /// `quantity_unit/where`: frequency_hertz/cpu0, temperature_celsius/zone3:gpuss-0-usr,
  /// power_watts/battery, energy_joules/rapl:package-0, steal_seconds/all.
  virtual const std::string& name() const = 0;
  virtual const std::string& source() const = 0;  ///< file or call that it reads
  virtual bool counts() const = 0;  ///< true: a counter (use differences); false: a level
  virtual Reading read() = 0;       ///< never throws
};
using Instruments = std::vector<std::unique_ptr<Instrument>>;

}  // namespace motley
