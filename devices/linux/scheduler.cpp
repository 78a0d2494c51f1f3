// Who took the processor away? Run-queue delay and context switches of the calling thread, and the
// time that a hypervisor stole from all cores (Documentation/scheduler/sched-stats.rst: second
// field of schedstat, nanoseconds; proc(5): eighth value of /proc/stat's first line, in clock
// ticks).
#include <unistd.h>

#include "devices/instruments.hpp"
#include "devices/linux/parse.hpp"

namespace motley::devices {
namespace {

Reading word_reading(const Files& files, const std::string& path, std::size_t word, double scale) {
  const FileText file = files.read(path);
  if (!file.has_value()) return failed_reading(file);
  const auto words = split_words(split_lines(file.text).front());
  const auto number = words.size() > word ? parse_number(words[word]) : std::nullopt;
  if (!number) return absent_reading(path + ": too short");
  return value_reading(*number * scale);
}

Reading status_reading(const Files& files, const std::string& path, const std::string& key) {
  const FileText file = files.read(path);
  if (!file.has_value()) return failed_reading(file);
  const auto pairs = parse_pairs(file.text, ':');
  const auto found = pairs.find(key);
  const auto number = found == pairs.end() ? std::nullopt : parse_number(found->second);
  return number ? value_reading(*number) : absent_reading(path + ": no " + key);
}

}  // namespace

void add_scheduler(const SharedFiles& files, Instruments& instruments) {
  const long ticks = ::sysconf(_SC_CLK_TCK);
  const double tick_seconds = 1.0 / static_cast<double>(ticks > 0 ? ticks : 100);
  instruments.push_back(make_instrument(
      "waited_seconds/thread", "/proc/thread-self/schedstat", Counts::yes,
      [files] { return word_reading(*files, "/proc/thread-self/schedstat", 1, 1e-9); }));
  instruments.push_back(make_instrument(
      "steal_seconds/all", "/proc/stat", Counts::yes,
      [files, tick_seconds] { return word_reading(*files, "/proc/stat", 8, tick_seconds); }));
  for (const auto& [name, key] :
       {std::pair("voluntary_switches/thread", "voluntary_ctxt_switches"),
        std::pair("involuntary_switches/thread", "nonvoluntary_ctxt_switches")}) {
    instruments.push_back(make_instrument(
        name, "/proc/thread-self/status", Counts::yes, [files, k = std::string(key)] {
          return status_reading(*files, "/proc/thread-self/status", k);
        }));
  }
}

}  // namespace motley::devices
