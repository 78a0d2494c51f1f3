// The port through which a supervisor starts workers: a worker may crash, hang or be killed by the
// system without taking what was measured with it. devices/linux/process.cpp implements it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace motley {

/// A running worker. The destructor kills it.
class WorkerProcess {
 public:
  virtual ~WorkerProcess() = default;
  enum class Event {
    line,         ///< the worker wrote a line
    ended,        ///< it is gone: see exit_code() and ending()
    silent,       ///< nothing within the time-out
    interrupted,  ///< somebody asked this program to stop (SIGINT, SIGTERM, SIGHUP)
  };
  virtual Event next(double timeout_seconds, std::string& line) = 0;
  virtual void kill() = 0;
  virtual int exit_code() const = 0;       ///< -1 after a signal
  virtual std::string ending() const = 0;  ///< "exit code 3" or "killed by SIGSEGV"
};

class WorkerLauncher {
 public:
  virtual ~WorkerLauncher() = default;
  /// Starts this same program with `arguments`; `input` is its standard input. Throws Error.
  virtual std::unique_ptr<WorkerProcess> start(
      const std::vector<std::string>& arguments, const std::string& input,
      const std::map<std::string, std::string>& environment) = 0;
};

}  // namespace motley
