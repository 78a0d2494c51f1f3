#include "devices/denormals.hpp"

#include <cstdint>

#if defined(__SSE__) || defined(_M_X64)
#include <xmmintrin.h>
#endif

namespace motley::devices {

#if defined(__SSE__) || defined(_M_X64)

bool flush_denormals_on_this_thread() {
  // MXCSR: bit 15 flush to zero (results), bit 6 denormals are zero (operands); Intel SDM 1, 10.2.3
  constexpr unsigned both = 1u << 15 | 1u << 6;
  _mm_setcsr(_mm_getcsr() | both);
  return (_mm_getcsr() & both) == both;
}

#elif defined(__aarch64__)

bool flush_denormals_on_this_thread() {
  // FPCR: bit 24 FZ (single and double), bit 19 FZ16 (half; reads as zero where there is no half
  // precision arithmetic); Arm ARM, C5.2.8
  constexpr std::uint64_t fz = std::uint64_t{1} << 24, fz16 = std::uint64_t{1} << 19;
  std::uint64_t control = 0;
  asm volatile("mrs %0, fpcr" : "=r"(control));
  control |= fz | fz16;
  asm volatile("msr fpcr, %0" : : "r"(control));
  asm volatile("mrs %0, fpcr" : "=r"(control));
  return (control & fz) == fz;
}

#elif defined(__arm__) && defined(__ARM_FP)

bool flush_denormals_on_this_thread() {
  constexpr std::uint32_t fz = std::uint32_t{1} << 24;  // FPSCR; Arm ARM (A-profile v7), B4.1.58
  std::uint32_t control = 0;
  asm volatile("vmrs %0, fpscr" : "=r"(control));
  control |= fz;
  asm volatile("vmsr fpscr, %0" : : "r"(control));
  asm volatile("vmrs %0, fpscr" : "=r"(control));
  return (control & fz) == fz;
}

#else

bool flush_denormals_on_this_thread() {
  return false;
}

#endif

}  // namespace motley::devices
