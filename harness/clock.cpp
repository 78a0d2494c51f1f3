#include "harness/clock.hpp"

#include <chrono>
#include <thread>

#include "harness/case.hpp"

namespace motley {
namespace {

class SteadyClock final : public Clock {
 public:
  double seconds() override {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - zero_).count();
  }
  void wait_until(double seconds) override {
    // An absolute time: what is left is counted again after each early return.
    std::this_thread::sleep_until(zero_ + std::chrono::duration_cast<Steady::duration>(
                                              std::chrono::duration<double>(seconds)));
  }

 private:
  using Steady = std::chrono::steady_clock;
  Steady::time_point zero_ = Steady::now();
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
