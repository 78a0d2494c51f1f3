// How much power does it draw? Energy counters of RAPL (Documentation/power/powercap/powercap.rst),
// batteries (Documentation/ABI/testing/sysfs-class-power) and hwmon power sensors. Battery power is
// positive while the device draws it, negative while it charges. A battery's gauge is updated every
// few seconds at best: only energies over half a minute or more mean anything.
#include <cmath>
#include <fmt/format.h>
#include <optional>

#include "devices/instruments.hpp"
#include "devices/linux/parse.hpp"

namespace motley::devices {
namespace {

const std::string powercap_folder = "/sys/class/powercap";
const std::string supply_folder = "/sys/class/power_supply";
const std::string monitors_folder = "/sys/class/hwmon";

/// A counter in microjoules that starts again at 0 behind max_energy_range_uj. Two wraps between
/// two reads are not seen: at 200 W a 262 kJ range lasts 20 minutes.
class RaplCounter {
 public:
  RaplCounter(SharedFiles files, std::string folder)
      : files_(std::move(files)), folder_(std::move(folder)) {}

  Reading read() {
    const Reading now = number_reading(*files_, folder_ + "/energy_uj", 1);
    if (now.state != Reading::State::value) return now;
    if (now.value < last_) {
      const Reading range = number_reading(*files_, folder_ + "/max_energy_range_uj", 1);
      if (range.state != Reading::State::value) return range;
      wrapped_ += range.value;
    }
    last_ = now.value;
    return value_reading((wrapped_ + now.value) * 1e-6);
  }

 private:
  SharedFiles files_;
  std::string folder_;
  double last_ = 0, wrapped_ = 0;
};

/// intel-rapl:0 is package-0; its part intel-rapl:0:1 is package-0:core.
std::string rapl_name(const Files& files, const std::string& zone) {
  const std::string own = files.text(powercap_folder + "/" + zone + "/name").value_or(zone);
  const std::size_t colon = zone.rfind(':');
  if (colon == zone.find(':')) return own;
  return rapl_name(files, zone.substr(0, colon)) + ":" + own;
}

void add_rapl(const SharedFiles& files, Instruments& instruments) {
  const Listing zones = files->list(powercap_folder);
  bool any = false;
  for (const std::string& zone : zones.names) {
    // The -mmio twins count the same packages through another register.
    if (zone.find(':') == std::string::npos || zone.find("-rapl-mmio") != std::string::npos)
      continue;
    if (zone.find("rapl") == std::string::npos) continue;
    const std::string folder = powercap_folder + "/" + zone;
    auto counter = std::make_shared<RaplCounter>(files, folder);
    instruments.push_back(make_instrument("energy_joules/rapl:" + rapl_name(*files, zone),
                                          folder + "/energy_uj", Counts::yes,
                                          [counter] { return counter->read(); }));
    any = true;
  }
  if (any) return;
  const bool listed = zones.state == Reading::State::value;
  instruments.push_back(make_missing("energy_joules/rapl", powercap_folder,
                                     listed ? Reading::State::absent : zones.state,
                                     listed ? powercap_folder + ": no RAPL zone" : zones.reason));
}

/// The ABI says microamperes; some gauges answer in milli. 10 A is more than a phone draws, but a
/// charged one at the mains may stay below 10 mA, so one small reading tells nothing: the unit is
/// decided once, by a reading of 10000 or more or by the cell's capacity in the same base (uAh or
/// mAh; the smallest cells hold 100 mAh, the largest packs less than 100 Ah).
class CurrentUnit {
 public:
  Reading amperes(double raw, std::optional<std::int64_t> full_design, const std::string& path) {
    if (scale_ == 0 && std::fabs(raw) >= 10e3) scale_ = 1e-6;
    if (scale_ == 0 && full_design.value_or(0) > 0) scale_ = *full_design >= 100'000 ? 1e-6 : 1e-3;
    if (scale_ != 0) return value_reading(raw * scale_);
    return absent_reading(fmt::format("{}: {:g} may be in uA or in mA", path, raw));
  }

 private:
  double scale_ = 0;
};

/// Microvolts, or milli: a cell has 2 to 5 V, a pack up to 25 V.
double volts(double raw) {
  return std::fabs(raw) < 100e3 ? raw * 1e-3 : raw * 1e-6;
}

/// Drivers do not agree on the sign of current_now, so that the status decides where it can; else
/// the ABI's convention does (negative while discharging).
double drawn(double watts, const std::string& status) {
  if (status == "Discharging") return std::fabs(watts);
  if (status == "Charging") return -std::fabs(watts);
  return -watts;
}

Reading battery_watts(const Files& files, const std::string& folder, CurrentUnit& unit) {
  const std::string status = files.text(folder + "/status").value_or("Unknown");
  const Reading power = number_reading(files, folder + "/power_now", 1e-6);
  if (power.state == Reading::State::value) return value_reading(drawn(power.value, status));
  const std::string path = folder + "/current_now";
  const Reading raw = number_reading(files, path, 1);
  if (raw.state != Reading::State::value) return raw;
  const Reading current =
      unit.amperes(raw.value, files.integer(folder + "/charge_full_design"), path);
  if (current.state != Reading::State::value) return current;
  const Reading voltage = number_reading(files, folder + "/voltage_now", 1);
  if (voltage.state != Reading::State::value) return voltage;
  return value_reading(drawn(current.value * volts(voltage.value), status));
}

void add_batteries(const SharedFiles& files, Instruments& instruments) {
  const Listing supplies = files->list(supply_folder);
  bool any = false;
  for (const std::string& supply : supplies.names) {
    const std::string folder = supply_folder + "/" + supply;
    if (files->text(folder + "/type") != "Battery") continue;
    if (files->text(folder + "/scope") == "Device") continue;  // the battery of a mouse or pen
    const bool current = files->read(folder + "/current_now").state != Reading::State::absent;
    const bool power = files->read(folder + "/power_now").state != Reading::State::absent;
    if (!current && !power) continue;  // Qualcomm's bms is a second view without a current
    instruments.push_back(
        make_instrument("power_watts/" + supply,
                        folder + (power ? "/power_now" : "/current_now x voltage_now") +
                            ", positive while discharging",
                        Counts::no, [files, folder, unit = std::make_shared<CurrentUnit>()] {
                          return battery_watts(*files, folder, *unit);
                        }));
    any = true;
  }
  if (any) return;
  const bool listed = supplies.state == Reading::State::value;
  instruments.push_back(make_missing("power_watts/battery", supply_folder,
                                     listed ? Reading::State::absent : supplies.state,
                                     listed ? supply_folder + ": no battery" : supplies.reason));
}

void add_monitors(const SharedFiles& files, Instruments& instruments) {
  bool any = false;
  for (const std::string& monitor : files->numbered(monitors_folder, "hwmon")) {
    const std::string folder = monitors_folder + "/" + monitor;
    const std::string chip = files->text(folder + "/name").value_or("unknown");
    for (const std::string& file : files->list(folder).names) {
      // A sensor has power1_input, power1_average or both: the instant value is preferred.
      const bool input = file.ends_with("_input"), average = file.ends_with("_average");
      if (!file.starts_with("power") || (!input && !average)) continue;
      const std::string sensor = file.substr(0, file.find('_'));
      if (average && files->read(folder + "/" + sensor + "_input").has_value()) continue;
      const std::string label = files->text(folder + "/" + sensor + "_label").value_or(sensor);
      const std::string path = folder + "/" + file;
      instruments.push_back(make_instrument(
          fmt::format("power_watts/{}:{}:{}", monitor, chip, label), path, Counts::no,
          [files, path] { return number_reading(*files, path, 1e-6); }));
      any = true;
    }
  }
  if (any) return;
  instruments.push_back(make_missing("power_watts/hwmon", monitors_folder, Reading::State::absent,
                                     monitors_folder + ": no power sensor"));
}

}  // namespace

void add_power(const SharedFiles& files, Instruments& instruments) {
  add_rapl(files, instruments);
  add_batteries(files, instruments);
  add_monitors(files, instruments);
}

}  // namespace motley::devices
