// What do the GPU's own files say: frequency, share of time busy, temperature? No document fixes
// them: Adreno's kgsl driver, devfreq devices named after a GPU (Documentation/ABI/testing/
// sysfs-class-devfreq: cur_freq in hertz), Arm's kbase driver (misc/mali0) and Samsung's
// /sys/kernel/gpu. Where several tell the same, all are listed: they may disagree.
#include <fmt/format.h>

#include "devices/instruments.hpp"
#include "devices/linux/parse.hpp"

namespace motley::devices {
namespace {

const std::string kgsl_folder = "/sys/class/kgsl";
const std::string devfreq_folder = "/sys/class/devfreq";
const std::string mali_folder = "/sys/class/misc/mali0/device";
const std::string samsung_folder = "/sys/kernel/gpu";

/// Vendors write Hz, kHz or MHz; a GPU runs between 10 MHz and 10 GHz, so the size tells the unit.
Reading hertz_reading(const Files& files, const std::string& path) {
  Reading reading = number_reading(files, path, 1);
  if (reading.state != Reading::State::value) return reading;
  if (reading.value <= 0) return value_reading(0);  // switched off
  const double scale = reading.value >= 1e7 ? 1 : reading.value >= 1e4 ? 1e3 : 1e6;
  return value_reading(reading.value * scale);
}

/// `37 %` or `37`.
Reading share_reading(const Files& files, const std::string& path) {
  const Reading percent = number_reading(files, path, 1e-2);
  if (percent.state != Reading::State::value) return percent;
  if (percent.value < 0 || percent.value > 1) {
    return absent_reading(fmt::format("{}: {} is no share", path, percent.value));
  }
  return percent;
}

/// kgsl's gpubusy: microseconds busy and microseconds in all of the last window; 0 0 while it
/// sleeps.
Reading window_reading(const Files& files, const std::string& path) {
  const FileText file = files.read(path);
  if (!file.has_value()) return failed_reading(file);
  const auto words = split_words(file.text);
  const auto busy = words.size() == 2 ? parse_number(words[0]) : std::nullopt;
  const auto all = words.size() == 2 ? parse_number(words[1]) : std::nullopt;
  if (!busy || !all) return absent_reading(path + ": not two numbers");
  return value_reading(*all > 0 ? *busy / *all : 0);
}

using Read = Reading (*)(const Files&, const std::string&);

/// Adds the instrument if the file is there, readable or not.
void add_if_there(const SharedFiles& files, Instruments& instruments, const std::string& name,
                  const std::string& path, Read read) {
  if (files->read(path).state == Reading::State::absent) return;
  instruments.push_back(
      make_instrument(name, path, Counts::no, [=] { return read(*files, path); }));
}

void add_temperature(const SharedFiles& files, Instruments& instruments, const std::string& name,
                     const std::string& path) {
  if (files->read(path).state == Reading::State::absent) return;
  auto unit = std::make_shared<TemperatureUnit>();
  instruments.push_back(make_instrument(name, path, Counts::no, [=] {
    const Reading raw = number_reading(*files, path, 1);
    return raw.state == Reading::State::value ? unit->celsius(raw.value, path) : raw;
  }));
}

void add_kgsl(const SharedFiles& files, Instruments& instruments) {
  for (const std::string& gpu : files->list(kgsl_folder).names) {
    if (!gpu.starts_with("kgsl-3d")) continue;
    const std::string at = kgsl_folder + "/" + gpu + "/", name = "/gpu:" + gpu;
    const bool clock = files->read(at + "gpuclk").state != Reading::State::absent;
    add_if_there(files, instruments, "frequency_hertz" + name,
                 at + (clock ? "gpuclk" : "devfreq/cur_freq"), hertz_reading);
    const bool percent = files->read(at + "gpu_busy_percentage").has_value();
    add_if_there(files, instruments, "busy_share" + name,
                 at + (percent ? "gpu_busy_percentage" : "gpubusy"),
                 percent ? share_reading : window_reading);
    add_temperature(files, instruments, "temperature_celsius" + name, at + "temp");
  }
}

void add_devfreq(const SharedFiles& files, Instruments& instruments) {
  for (const std::string& device : files->list(devfreq_folder).names) {
    const bool gpu =
        device.find("gpu") != std::string::npos || device.find("mali") != std::string::npos;
    // Adreno's devfreq twin is read through kgsl; its bus votes (gpubw) are no GPU clock.
    if (!gpu || device.find("kgsl") != std::string::npos ||
        device.find("gpubw") != std::string::npos) {
      continue;
    }
    add_if_there(files, instruments, "frequency_hertz/gpu:" + device,
                 devfreq_folder + "/" + device + "/cur_freq", hertz_reading);
  }
}

}  // namespace

void add_gpu(const SharedFiles& files, Instruments& instruments) {
  const std::size_t before = instruments.size();
  add_kgsl(files, instruments);
  add_devfreq(files, instruments);
  const bool current = files->read(mali_folder + "/cur_freq").state != Reading::State::absent;
  add_if_there(files, instruments, "frequency_hertz/gpu:mali0",
               mali_folder + (current ? "/cur_freq" : "/clock"), hertz_reading);
  const bool american = files->read(mali_folder + "/utilization").state != Reading::State::absent;
  add_if_there(files, instruments, "busy_share/gpu:mali0",
               mali_folder + (american ? "/utilization" : "/utilisation"), share_reading);
  add_if_there(files, instruments, "frequency_hertz/gpu:samsung", samsung_folder + "/gpu_clock",
               hertz_reading);
  add_if_there(files, instruments, "busy_share/gpu:samsung", samsung_folder + "/gpu_busy",
               share_reading);
  add_temperature(files, instruments, "temperature_celsius/gpu:samsung",
                  samsung_folder + "/gpu_tmu");
  if (instruments.size() > before) return;
  const std::string where =
      kgsl_folder + ", " + devfreq_folder + ", " + mali_folder + ", " + samsung_folder;
  for (const char* quantity : {"frequency_hertz", "busy_share", "temperature_celsius"}) {
    const Listing kgsl = files->list(kgsl_folder);
    const bool denied = kgsl.state == Reading::State::denied;
    instruments.push_back(make_missing(std::string(quantity) + "/gpu", where,
                                       denied ? Reading::State::denied : Reading::State::absent,
                                       denied ? kgsl.reason : "no GPU's files in " + where));
  }
}

}  // namespace motley::devices
