// The workers as a port: each serves one query at a time while the others go on. In tests time is
// virtual and the times of service are given; in the program each is a thread.
#pragma once

#include <string>
#include <vector>

namespace motley::tenants {

struct Completion {
  std::size_t worker = 0;
  double started_seconds = 0, ended_seconds = 0;
  std::string failure;  ///< what was thrown; empty: it is answered. The worker serves no more
};

class Crew {
 public:
  virtual ~Crew() = default;
  virtual std::size_t workers() const = 0;
  /// To a worker that serves nothing now.
  virtual void submit(std::size_t worker, std::size_t tenant) = 0;
  /// Until then (which may be infinite), or until something is answered: all that is, in order.
  virtual std::vector<Completion> wait_until(double seconds) = 0;
};

}  // namespace motley::tenants
