#include "devices/linux/process_memory.hpp"

#include <cstdlib>
#include <fstream>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "devices/linux/parse.hpp"

namespace motley::devices {

ProcessMemory read_process_memory(const Files& files) {
  const auto pairs = parse_pairs(files.text("/proc/self/status").value_or(""), ':');
  const auto bytes = [&](const char* key) {
    const auto found = pairs.find(key);
    return found == pairs.end() ? 0 : double(parse_bytes(found->second).value_or(0));
  };
  const double of_files = bytes("RssFile");
  return {bytes("VmRSS") - of_files, bytes("VmHWM") - of_files};
}

bool restart_process_memory() {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
  // 5 resets VmHWM alone (proc(5), since Linux 4.0).
  std::ofstream file("/proc/self/clear_refs");
  file << "5" << std::flush;
  return file.good();
}

}  // namespace motley::devices
