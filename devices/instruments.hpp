// What can be read while something is measured? Every kind of instrument is listed on every
// machine: where the machine has none, one entry says absent or denied and why, so that a reader of
// a record can tell "cold" from "not readable". Files that vanish between two reads give absent.
// What reads a file of /proc/thread-self tells of the thread that calls read().
#pragma once

#include <functional>
#include <string>

#include "devices/linux/files.hpp"
#include "harness/instrument.hpp"

namespace motley::devices {

/// All instruments of the machine under `files`' root, which must outlive no one: they share it.
Instruments all_instruments(const SharedFiles& files);

/// One per kind; each adds at least one instrument.
void add_frequencies(const SharedFiles& files, Instruments& instruments);
void add_thermal(const SharedFiles& files, Instruments& instruments);
void add_power(const SharedFiles& files, Instruments& instruments);
void add_memory(const SharedFiles& files, Instruments& instruments);
void add_scheduler(const SharedFiles& files, Instruments& instruments);
void add_gpu(const SharedFiles& files, Instruments& instruments);

enum class Counts { no, yes };

/// An instrument that computes its value from files. `read` may throw: that is an absent reading.
std::unique_ptr<Instrument> make_instrument(std::string name, std::string source, Counts counts,
                                            std::function<Reading()> read);
/// An instrument for a kind that this machine lacks.
std::unique_ptr<Instrument> make_missing(std::string name, std::string source, Reading::State state,
                                         std::string reason);

Reading value_reading(double value);
Reading absent_reading(std::string reason);
/// The reading of a file that could not be read: its state and reason.
Reading failed_reading(const FileText& file);
/// The file's first number times `scale`.
Reading number_reading(const Files& files, const std::string& path, double scale);

/// Degrees Celsius from a raw value in mC (the kernel's ABI), C or dC (some vendors). A unit is
/// believed where it gives 10 to 130 C; that leaves one ambiguity, 100 to 130, read as C because a
/// chip near its limit is commoner under load than one at 10 to 13 C. The first believable reading
/// fixes the unit of that sensor; raw values that fit none are absent.
class TemperatureUnit {
 public:
  Reading celsius(double raw, const std::string& path);

 private:
  double scale_ = 0;
};

}  // namespace motley::devices
