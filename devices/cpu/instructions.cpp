#include "devices/cpu/instructions.hpp"

#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

namespace motley::devices {

std::vector<std::string> instructions_of_this_process() {
  std::vector<std::string> names;
#if defined(__aarch64__)
  // Bits of arch/arm64/include/uapi/asm/hwcap.h of the Linux kernel.
  struct Bit {
    unsigned long vector, bit;
    const char* name;
  };
  constexpr Bit bits[] = {{AT_HWCAP, 1, "asimd"},    {AT_HWCAP, 10, "asimdhp"},
                          {AT_HWCAP, 20, "asimddp"}, {AT_HWCAP, 22, "sve"},
                          {AT_HWCAP2, 1, "sve2"},    {AT_HWCAP2, 13, "i8mm"},
                          {AT_HWCAP2, 14, "bf16"},   {AT_HWCAP2, 23, "sme"}};
  for (const Bit& one : bits) {
    if (getauxval(one.vector) >> one.bit & 1) names.push_back(one.name);
  }
#endif
  return names;
}

}  // namespace motley::devices
