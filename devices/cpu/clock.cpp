#include "devices/cpu/clock.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace motley::devices {
namespace {

// Register plus register: recent x86 cores fold chains of add-immediate away, which then read 8-10
// GHz.
#if defined(__x86_64__)
#define MOTLEY_ADD "add %[step], %[sum]\n"
#define MOTLEY_CLOBBERED "cc"
#elif defined(__aarch64__)
#define MOTLEY_ADD "add %[sum], %[sum], %[step]\n"
#define MOTLEY_CLOBBERED
#endif

#ifdef MOTLEY_ADD
#define MOTLEY_ADD_8 \
  MOTLEY_ADD MOTLEY_ADD MOTLEY_ADD MOTLEY_ADD MOTLEY_ADD MOTLEY_ADD MOTLEY_ADD MOTLEY_ADD
#define MOTLEY_ADD_64                                                                        \
  MOTLEY_ADD_8 MOTLEY_ADD_8 MOTLEY_ADD_8 MOTLEY_ADD_8 MOTLEY_ADD_8 MOTLEY_ADD_8 MOTLEY_ADD_8 \
      MOTLEY_ADD_8

double slice_hertz(int iterations) {
  std::uint64_t sum = 1, step = 3;
  asm volatile("" : [sum] "+r"(sum), [step] "+r"(step));
  const auto started = std::chrono::steady_clock::now();
  for (int i = 0; i < iterations; ++i) {
    asm volatile(MOTLEY_ADD_64 : [sum] "+r"(sum) : [step] "r"(step) : MOTLEY_CLOBBERED);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  return 64.0 * iterations / took.count();
}
#endif

}  // namespace

double clock_hertz_of_this_core() {
#ifdef MOTLEY_ADD
  constexpr int slices = 3, iterations = 4000;  // 0.1 ms at 2.5 GHz
  double fastest = 0;
  for (int i = 0; i < slices; ++i) fastest = std::max(fastest, slice_hertz(iterations));
  return fastest;
#else
  return 0;
#endif
}

}  // namespace motley::devices
