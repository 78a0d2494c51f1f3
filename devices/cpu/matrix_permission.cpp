#include "devices/cpu/matrix_permission.hpp"

#if defined(__x86_64__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace motley::devices {

bool request_matrix_tiles() {
#if defined(__x86_64__)
  // Documentation/arch/x86/xstate.rst of the Linux kernel.
  constexpr long get_permitted = 0x1022, request_permission = 0x1023;
  constexpr unsigned long tile_data = 18;
  if (syscall(SYS_arch_prctl, request_permission, tile_data) != 0) return false;
  unsigned long permitted = 0;
  return syscall(SYS_arch_prctl, get_permitted, &permitted) == 0 &&
         (permitted >> tile_data & 1) != 0;
#else
  return false;
#endif
}

}  // namespace motley::devices
