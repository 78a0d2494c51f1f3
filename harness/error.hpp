// What can go wrong, as types. Message grammar: what happened (why that stops us). What to try.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace motley {

class Error : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The processor, driver or system lacks it: not a failure.
class Unsupported : public Error {
  using Error::Error;
};

/// A call into a driver or the system failed.
class DeviceError : public Error {
 public:
  /// `status` is the status' name (CL_OUT_OF_RESOURCES, ENOMEM); `log` a build log, often empty.
  DeviceError(std::string call, std::string status, std::string advice, std::string log = {});
  const std::string& call() const { return call_; }
  const std::string& status() const { return status_; }
  const std::string& log() const { return log_; }

 private:
  std::string call_, status_, log_;
};

/// Something on the command line that cannot be meant.
class BadArgument : public Error {
  using Error::Error;
};

/// A name that the user gave and nobody knows; what() ends with the nearest known ones.
class UnknownName : public BadArgument {
 public:
  UnknownName(const std::string& kind, const std::string& name,
              const std::vector<std::string>& known);
};

}  // namespace motley
