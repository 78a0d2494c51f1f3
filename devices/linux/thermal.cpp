// How warm is it? Thermal zones (Documentation/ABI/testing/sysfs-class-thermal: millidegrees) and
// hwmon temperatures (Documentation/ABI/testing/sysfs-class-hwmon: millidegrees). Vendors' zones
// use other units too, and some are no thermometers at all: see TemperatureUnit and
// profiles/thermal_zones.json.
#include <fmt/format.h>

#include "devices/instruments.hpp"
#include "devices/linux/parse.hpp"
#include "devices/profile.hpp"

namespace motley::devices {
namespace {

const std::string zones_folder = "/sys/class/thermal";
const std::string monitors_folder = "/sys/class/hwmon";

std::unique_ptr<Instrument> thermometer(const SharedFiles& files, std::string name,
                                        const std::string& path) {
  auto unit = std::make_shared<TemperatureUnit>();
  return make_instrument(std::move(name), path, Counts::no, [=] {
    const Reading raw = number_reading(*files, path, 1);
    return raw.state == Reading::State::value ? unit->celsius(raw.value, path) : raw;
  });
}

void add_zones(const SharedFiles& files, Instruments& instruments) {
  constexpr std::string_view prefix = "thermal_zone";
  for (const std::string& zone : files->numbered(zones_folder, std::string(prefix))) {
    const std::string folder = zones_folder + "/" + zone;
    const std::string type = files->text(folder + "/type").value_or("unknown");
    const std::string name =
        fmt::format("temperature_celsius/zone{}:{}", zone.substr(prefix.size()), type);
    const std::string other = not_a_temperature(type);
    if (!other.empty()) {
      instruments.push_back(make_missing(name, folder + "/temp", Reading::State::absent,
                                         "not a temperature: " + other));
      continue;
    }
    instruments.push_back(thermometer(files, name, folder + "/temp"));
  }
}

void add_monitors(const SharedFiles& files, Instruments& instruments) {
  for (const std::string& monitor : files->numbered(monitors_folder, "hwmon")) {
    const std::string folder = monitors_folder + "/" + monitor;
    const std::string chip = files->text(folder + "/name").value_or("unknown");
    for (const std::string& file : files->list(folder).names) {
      if (!file.starts_with("temp") || !file.ends_with("_input")) continue;
      const std::string sensor = file.substr(0, file.size() - std::string("_input").size());
      const std::string label = files->text(folder + "/" + sensor + "_label").value_or(sensor);
      instruments.push_back(
          thermometer(files, fmt::format("temperature_celsius/{}:{}:{}", monitor, chip, label),
                      folder + "/" + file));
    }
  }
}

}  // namespace

void add_thermal(const SharedFiles& files, Instruments& instruments) {
  const std::size_t before = instruments.size();
  add_zones(files, instruments);
  add_monitors(files, instruments);
  if (instruments.size() > before) return;
  const Listing zones = files->list(zones_folder);
  const bool listed = zones.state == Reading::State::value;
  instruments.push_back(make_missing("temperature_celsius/none", zones_folder,
                                     listed ? Reading::State::absent : zones.state,
                                     listed ? zones_folder + ": no thermal zone" : zones.reason));
}

}  // namespace motley::devices
