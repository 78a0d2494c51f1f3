#include "harness/clock.hpp"

#include <chrono>

#include "harness/case.hpp"

namespace motley {
namespace {

class SteadyClock final : public Clock {
 public:
  double seconds() override {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - zero_).count();
  }

 private:
  std::chrono::steady_clock::time_point zero_ = std::chrono::steady_clock::now();
};

SteadyClock the_clock;

}  // namespace

Clock& steady_clock() {
  return the_clock;
}

void Stopwatch::start() {
  started_ = the_clock.seconds();
}
void Stopwatch::stop() {
  seconds_ += the_clock.seconds() - started_;
}

}  // namespace motley
