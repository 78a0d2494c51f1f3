// How much memory does the process hold, how much is left, and is the system short of anything?
// VmHWM and VmRSS of the process, MemAvailable, page faults, and pressure stall information
// (Documentation/accounting/psi.rst): the share of time in which some task waited for a resource.
#include <fmt/format.h>

#include "devices/instruments.hpp"
#include "devices/linux/parse.hpp"

namespace motley::devices {
namespace {

Reading bytes_reading(const Files& files, const std::string& path, const std::string& key) {
  const FileText file = files.read(path);
  if (!file.has_value()) return failed_reading(file);
  const auto pairs = parse_pairs(file.text, ':');
  const auto found = pairs.find(key);
  const auto bytes = found == pairs.end() ? std::nullopt : parse_bytes(found->second);
  if (!bytes) return absent_reading(path + ": no " + key);
  return value_reading(static_cast<double>(*bytes));
}

/// `some avg10=0.02 avg60=0.11 avg300=0.10 total=5043474`
Reading pressure_reading(const Files& files, const std::string& path, const std::string& field,
                         double scale) {
  const FileText file = files.read(path);
  if (!file.has_value()) return failed_reading(file);
  for (const std::string& line : split_lines(file.text)) {
    if (!line.starts_with("some")) continue;
    for (const std::string& word : split_words(line)) {
      if (!word.starts_with(field + "=")) continue;
      if (const auto number = parse_number(word.substr(field.size() + 1))) {
        return value_reading(*number * scale);
      }
    }
  }
  return absent_reading(path + ": no " + field + " of 'some'");
}

/// Fields behind the command's name, which may itself hold blanks and brackets (proc(5)): field 10
/// is minflt, 12 majflt, counted from 1 over the whole line.
Reading stat_reading(const Files& files, std::size_t field) {
  const std::string path = "/proc/self/stat";
  const FileText file = files.read(path);
  if (!file.has_value()) return failed_reading(file);
  const std::size_t close = file.text.rfind(')');
  if (close == std::string::npos) return absent_reading(path + ": no command name");
  const auto words = split_words(std::string_view(file.text).substr(close + 1));
  if (words.size() < field - 2) return absent_reading(path + ": too short");
  const auto number = parse_number(words[field - 3]);
  return number ? value_reading(*number) : absent_reading(path + ": no number");
}

void add_bytes(const SharedFiles& files, Instruments& instruments, const std::string& name,
               const std::string& path, const std::string& key) {
  instruments.push_back(make_instrument(name, path + " " + key, Counts::no,
                                        [=] { return bytes_reading(*files, path, key); }));
}

}  // namespace

void add_memory(const SharedFiles& files, Instruments& instruments) {
  add_bytes(files, instruments, "memory_high_water_bytes/self", "/proc/self/status", "VmHWM");
  add_bytes(files, instruments, "memory_resident_bytes/self", "/proc/self/status", "VmRSS");
  add_bytes(files, instruments, "memory_available_bytes/all", "/proc/meminfo", "MemAvailable");
  for (const std::string resource : {"cpu", "memory", "io"}) {
    const std::string path = "/proc/pressure/" + resource;
    instruments.push_back(
        make_instrument("pressure_share/" + resource, path + " some avg10", Counts::no,
                        [=] { return pressure_reading(*files, path, "avg10", 1e-2); }));
    instruments.push_back(
        make_instrument("pressure_seconds/" + resource, path + " some total", Counts::yes,
                        [=] { return pressure_reading(*files, path, "total", 1e-6); }));
  }
  for (const auto& [name, field] : {std::pair("minor_faults/self", std::size_t{10}),
                                    std::pair("major_faults/self", std::size_t{12})}) {
    instruments.push_back(make_instrument(name, "/proc/self/stat", Counts::yes,
                                          [files, f = field] { return stat_reading(*files, f); }));
  }
}

}  // namespace motley::devices
