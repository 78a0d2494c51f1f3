// The port to the machine as a whole: its processors, its instruments, and the calling thread.
// devices/ implements it once for the real machine; tests give their own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/instrument.hpp"
#include "harness/processor.hpp"

namespace motley {

/// What the system says of the calling thread: cheap enough to ask before and after each sample.
struct ThreadState {
  std::optional<double>
      waited_seconds;  ///< run-queue delay so far (schedstat); absent where denied
  std::optional<std::int64_t> involuntary_switches;
  double cpu_seconds = 0;  ///< CLOCK_THREAD_CPUTIME_ID
  int core = -1;           ///< where it runs now
};

/// Memory of this process without what it maps of files (code comes in as it first runs); 0 where
/// the system does not tell.
struct ProcessMemory {
  double resident_bytes = 0;
  double most_bytes = 0;  ///< since restart_process_memory(), or where that failed since the start
};

/// A file of the machine's own storage that is gone when this is.
class ScratchFile {
 public:
  virtual ~ScratchFile() = default;
  /// At its end. Throws DeviceError (a full disk).
  virtual void write(std::span<const std::byte> bytes) = 0;
  virtual void sync() = 0;    ///< waits until what was written is on the storage
  virtual void rewind() = 0;  ///< writing goes on at its beginning
};

class Machine {
 public:
  virtual ~Machine() = default;
  virtual schema::Device device() = 0;
  /// Ids of everything that can be opened by name without further thought: cpu, one per cluster,
  /// each core, opencl:N and its sub-devices. Devices that fail are listed by `broken`.
  virtual std::vector<std::string> processor_ids() = 0;
  /// What a run measures when nothing is asked for: all cores, each cluster and one core of each,
  /// each OpenCL device.
  virtual std::vector<std::string> default_processor_ids() = 0;
  /// Throws UnknownName, Unsupported (no such device and why) or DeviceError.
  virtual std::unique_ptr<Processor> open(const std::string& id) = 0;
  virtual Instruments instruments() = 0;
  virtual schema::Facts
  conditions() = 0;  ///< governor, frequencies, load average, pressure, temperatures
  virtual ThreadState thread_state() = 0;
  /// As thread_state() has it, for who asks around something short: files take microseconds to
  /// read.
  virtual double thread_cpu_seconds() { return thread_state().cpu_seconds; }
  virtual ProcessMemory process_memory() { return {}; }
  /// Gives free heap memory back and lets most_bytes begin at what is resident now; false where the
  /// system denies it.
  virtual bool restart_process_memory() { return false; }
  virtual double boot_seconds() = 0;  ///< CLOCK_BOOTTIME: goes on while the machine sleeps
  /// Flushes denormals on the calling thread and reads the control word back.
  virtual bool flush_denormals() = 0;
  /// From now on the calling thread wakes up when it asked to, not up to 50 us later to save power.
  virtual void precise_timers() {}
  /// Throws Unsupported where no folder can be written.
  virtual std::unique_ptr<ScratchFile> scratch_file();
};

}  // namespace motley
