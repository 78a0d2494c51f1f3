// At which frequency does each core run, as the system says? scaling_cur_freq where cpufreq exists,
// else "cpu MHz" of /proc/cpuinfo, which in a virtual machine is the nominal frequency and says so
// in its source. Neither is evidence of a clock: clock/* measures that.
#include <fmt/format.h>

#include "devices/instruments.hpp"
#include "devices/linux/parse.hpp"
#include "devices/topology.hpp"

namespace motley::devices {
namespace {

Reading cpuinfo_hertz(const Files& files, int core) {
  const FileText cpuinfo = files.read("/proc/cpuinfo");
  if (!cpuinfo.has_value()) return failed_reading(cpuinfo);
  bool this_core = false;
  for (const std::string& line : split_lines(cpuinfo.text)) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::string_view key = trimmed(std::string_view(line).substr(0, colon));
    const std::string_view value = trimmed(std::string_view(line).substr(colon + 1));
    if (key == "processor") this_core = parse_integer(value) == core;
    if (this_core && key == "cpu MHz") {
      if (const auto megahertz = parse_number(value)) return value_reading(*megahertz * 1e6);
    }
  }
  return absent_reading(fmt::format("/proc/cpuinfo: no 'cpu MHz' of core {}", core));
}

}  // namespace

void add_frequencies(const SharedFiles& files, Instruments& instruments) {
  for (const int core : online_cores(*files)) {
    const std::string name = fmt::format("frequency_hertz/cpu{}", core);
    const std::string path =
        fmt::format("/sys/devices/system/cpu/cpu{}/cpufreq/scaling_cur_freq", core);
    const bool cpufreq = files->read(path).state != Reading::State::absent;
    if (cpufreq) {
      instruments.push_back(make_instrument(
          name, path, Counts::no, [files, path] { return number_reading(*files, path, 1e3); }));
      continue;
    }
    if (cpuinfo_hertz(*files, core).state == Reading::State::value) {
      instruments.push_back(
          make_instrument(name, "/proc/cpuinfo (cpu MHz: nominal in a virtual machine)", Counts::no,
                          [files, core] { return cpuinfo_hertz(*files, core); }));
      continue;
    }
    instruments.push_back(
        make_missing(name, path, Reading::State::absent,
                     files->read(path).reason + "; no 'cpu MHz' in /proc/cpuinfo"));
  }
}

}  // namespace motley::devices
