// Under which conditions does a run start and end? What makes two runs of one machine differ.
#include "devices/instruments.hpp"
#include "devices/linux/parse.hpp"
#include "devices/machine.hpp"

namespace motley::devices {
namespace {

const std::string policies_folder = "/sys/devices/system/cpu/cpufreq";

void add_policies(const Files& files, schema::Facts& facts) {
  for (const std::string& policy : files.numbered(policies_folder, "policy")) {
    const std::string at = policies_folder + "/" + policy + "/";
    if (const auto governor = files.text(at + "scaling_governor")) {
      facts["governor/" + policy] = *governor;
    }
    if (const auto preference = files.text(at + "energy_performance_preference")) {
      facts["energy_preference/" + policy] = *preference;
    }
    for (const auto& [file, name] : {std::pair("scaling_min_freq", "minimum_frequency_hertz/"),
                                     std::pair("scaling_max_freq", "maximum_frequency_hertz/"),
                                     std::pair("scaling_cur_freq", "frequency_hertz/")}) {
      if (const auto kilohertz = files.integer(at + file)) {
        facts[name + policy] = static_cast<double>(*kilohertz) * 1e3;
      }
    }
  }
}

/// cpufreq's switch counts up (1: boost on), intel_pstate's down (1: turbo off).
void add_boost(const Files& files, schema::Facts& facts) {
  if (const auto boost = files.integer(policies_folder + "/boost")) facts["boost"] = *boost != 0;
  if (const auto off = files.integer("/sys/devices/system/cpu/intel_pstate/no_turbo")) {
    facts["boost"] = *off == 0;
  }
}

void add_load(const Files& files, schema::Facts& facts) {
  const auto words = split_words(files.text("/proc/loadavg").value_or(""));
  const char* const names[] = {"load_average_1m", "load_average_5m", "load_average_15m"};
  for (std::size_t i = 0; i < 3 && i < words.size(); ++i) {
    if (const auto load = parse_number(words[i])) facts[names[i]] = *load;
  }
}

/// Whether energy figures mean anything: a device on a charger draws from there.
void add_supplies(const Files& files, schema::Facts& facts) {
  const std::string folder = "/sys/class/power_supply";
  for (const std::string& supply : files.list(folder).names) {
    const std::string at = folder + "/" + supply + "/";
    if (const auto online = files.integer(at + "online")) facts["online/" + supply] = *online != 0;
    if (const auto status = files.text(at + "status")) facts["battery_status/" + supply] = *status;
    if (const auto share = files.integer(at + "capacity")) {
      facts["battery_share/" + supply] = static_cast<double>(*share) * 1e-2;
    }
  }
}

}  // namespace

schema::Facts read_conditions(const Files& files, const Instruments& instruments) {
  schema::Facts facts;
  add_policies(files, facts);
  add_boost(files, facts);
  add_load(files, facts);
  add_supplies(files, facts);
  for (const auto& instrument : instruments) {
    if (instrument->counts()) continue;
    const Reading reading = instrument->read();
    if (reading.state == Reading::State::value) facts[instrument->name()] = reading.value;
  }
  return facts;
}

}  // namespace motley::devices
