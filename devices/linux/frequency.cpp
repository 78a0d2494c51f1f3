// At which frequency does each core run, as the system says? scaling_cur_freq where cpufreq exists,
// else "cpu MHz" of /proc/cpuinfo, which in a virtual machine is the nominal frequency and says so
// in its source. Neither is evidence of a clock: clock/* measures that.
#include <fmt/format.h>
#include <map>
#include <optional>
#include <set>

#include "devices/instruments.hpp"
#include "devices/linux/parse.hpp"
#include "devices/topology.hpp"

namespace motley::devices {
namespace {

/// One text for all cores, read again when a core asks a second time: the kernel asks every core
/// for its frequency while it writes this file, so that reading it once a core costs a square.
class CpuinfoFrequencies {
 public:
  explicit CpuinfoFrequencies(SharedFiles files) : files_(std::move(files)) {}

  Reading read(int core) {
    if (!hertz_.contains(core) || !asked_.insert(core).second) {
      const FileText cpuinfo = files_->read("/proc/cpuinfo");
      asked_ = {core};
      hertz_.clear();
      if (!cpuinfo.has_value()) return failed_reading(cpuinfo);
      parse(cpuinfo.text);
    }
    const auto found = hertz_.find(core);
    if (found != hertz_.end()) return value_reading(found->second);
    return absent_reading(fmt::format("/proc/cpuinfo: no 'cpu MHz' of core {}", core));
  }

 private:
  void parse(const std::string& text) {
    std::optional<std::int64_t> core;
    for (const std::string& line : split_lines(text)) {
      const std::size_t colon = line.find(':');
      if (colon == std::string::npos) continue;
      const std::string_view key = trimmed(std::string_view(line).substr(0, colon));
      const std::string_view value = trimmed(std::string_view(line).substr(colon + 1));
      if (key == "processor") core = parse_integer(value);
      if (key != "cpu MHz" || !core) continue;
      if (const auto megahertz = parse_number(value)) hertz_[*core] = *megahertz * 1e6;
    }
  }

  SharedFiles files_;
  std::map<std::int64_t, double> hertz_;
  std::set<int> asked_;  ///< since the text was read
};

}  // namespace

void add_frequencies(const SharedFiles& files, Instruments& instruments) {
  const auto cpuinfo = std::make_shared<CpuinfoFrequencies>(files);
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
    if (cpuinfo->read(core).state == Reading::State::value) {
      instruments.push_back(
          make_instrument(name, "/proc/cpuinfo (cpu MHz: nominal in a virtual machine)", Counts::no,
                          [cpuinfo, core] { return cpuinfo->read(core); }));
      continue;
    }
    instruments.push_back(
        make_missing(name, path, Reading::State::absent,
                     files->read(path).reason + "; no 'cpu MHz' in /proc/cpuinfo"));
  }
}

}  // namespace motley::devices
