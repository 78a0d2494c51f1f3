// Does every instrument answer value, denied or absent, in SI units, on every tree and whatever
// happens to its file between two reads?
#include "devices/instruments.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <set>

#include "devices/testdata/trees.hpp"

namespace motley::devices {
namespace {

using State = Reading::State;

struct Bench {
  explicit Bench(const std::string& name) : files(std::make_shared<ChangedFiles>(tree(name))) {}

  void take() { instruments = all_instruments(files); }
  Instrument* find(const std::string& name) const {
    for (const auto& instrument : instruments) {
      if (instrument->name() == name) return instrument.get();
    }
    return nullptr;
  }
  Reading read(const std::string& name) const {
    Instrument* instrument = find(name);
    if (instrument == nullptr) return {State::absent, 0, "no instrument " + name};
    return instrument->read();
  }

  std::shared_ptr<ChangedFiles> files;
  Instruments instruments;
};

::testing::AssertionResult says(const Reading& reading, double value) {
  if (reading.state != State::value) return ::testing::AssertionFailure() << reading.reason;
  if (std::abs(reading.value - value) <= 1e-9 * std::max(1.0, std::abs(value))) {
    return ::testing::AssertionSuccess();
  }
  return ::testing::AssertionFailure() << reading.value << " instead of " << value;
}

::testing::AssertionResult is(const Reading& reading, State state, const std::string& reason) {
  if (reading.state == state && reading.reason.find(reason) != std::string::npos) {
    return ::testing::AssertionSuccess();
  }
  return ::testing::AssertionFailure()
         << static_cast<int>(reading.state) << " " << reading.value << " " << reading.reason;
}

TEST(Instruments, OfTheVirtualMachine) {
  Bench bench("x86_vm");
  bench.take();
  EXPECT_TRUE(says(bench.read("frequency_hertz/cpu0"), 2.6e9));
  EXPECT_NE(bench.find("frequency_hertz/cpu0")->source().find("nominal"), std::string::npos);
  EXPECT_TRUE(is(bench.read("temperature_celsius/none"), State::absent, "no thermal zone"));
  EXPECT_TRUE(is(bench.read("energy_joules/rapl"), State::absent, "No such file"));
  EXPECT_TRUE(is(bench.read("power_watts/battery"), State::absent, "no battery"));
  EXPECT_TRUE(is(bench.read("frequency_hertz/gpu"), State::absent, "no GPU"));
  EXPECT_TRUE(says(bench.read("waited_seconds/thread"), 617675e-9));
  EXPECT_TRUE(says(bench.read("involuntary_switches/thread"), 6));
  EXPECT_TRUE(says(bench.read("voluntary_switches/thread"), 98));
  EXPECT_TRUE(says(bench.read("minor_faults/self"), 2851)) << "the command's name holds blanks";
  EXPECT_TRUE(says(bench.read("major_faults/self"), 15));
  bench.files->changed["/proc/stat"] = "cpu  4019 0 2541 770563 583 0 90 250 0 0";
  EXPECT_TRUE(says(bench.read("steal_seconds/all"), 2.5));
  bench.files->changed["/proc/pressure/io"] =
      "some avg10=12.50 avg60=0.11 avg300=0.10 total=5043474\nfull avg10=1.00 total=7";
  EXPECT_TRUE(says(bench.read("pressure_share/io"), 0.125));
  EXPECT_TRUE(says(bench.read("pressure_seconds/io"), 5.043474));
  bench.files->changed["/proc/self/status"] = "VmHWM:\t   13536 kB\nVmRSS:\t 13000 kB\n";
  EXPECT_TRUE(says(bench.read("memory_high_water_bytes/self"), 13536 * 1024));
}

TEST(Instruments, OfTheAdrenoPhone) {
  Bench bench("snapdragon_865");
  bench.take();
  EXPECT_TRUE(says(bench.read("frequency_hertz/cpu7"), 844.8e6));
  EXPECT_TRUE(says(bench.read("frequency_hertz/gpu:kgsl-3d0"), 305e6));
  EXPECT_TRUE(says(bench.read("busy_share/gpu:kgsl-3d0"), 0.37));
  EXPECT_TRUE(says(bench.read("temperature_celsius/gpu:kgsl-3d0"), 27.3));
  EXPECT_TRUE(says(bench.read("temperature_celsius/zone4:gpuss-0-usr"), 27.3));
  EXPECT_TRUE(says(bench.read("power_watts/battery"), 0.463379 * 3.986));
  // A battery's state of charge, currents and voltages are no temperatures, nor is a dead sensor.
  EXPECT_TRUE(is(bench.read("temperature_celsius/zone9:soc"), State::absent, "state of charge"));
  EXPECT_TRUE(is(bench.read("temperature_celsius/zone7:pm8150b-ibat-lvl0"), State::absent, "mA"));
  EXPECT_TRUE(is(bench.read("temperature_celsius/zone12:camera-therm-usr"), State::absent,
                 "-40000 is no temperature"));
  EXPECT_EQ(bench.find("frequency_hertz/gpu:3d00000.qcom,kgsl-3d0"), nullptr);
  EXPECT_EQ(bench.find("frequency_hertz/gpu:soc:qcom,gpubw"), nullptr);
}

TEST(Instruments, OfTheMaliPhone) {
  Bench bench("kirin_980");
  bench.take();
  EXPECT_TRUE(says(bench.read("frequency_hertz/gpu:gpufreq"), 260e6));
  EXPECT_EQ(bench.find("frequency_hertz/gpu:ddrfreq"), nullptr);
  EXPECT_TRUE(says(bench.read("busy_share/gpu:mali0"), 0.12));
  EXPECT_TRUE(says(bench.read("temperature_celsius/zone0:soc_thermal"), 38));
  EXPECT_TRUE(says(bench.read("temperature_celsius/zone2:gpu"), 37)) << "degrees";
  EXPECT_TRUE(says(bench.read("temperature_celsius/zone3:Battery"), 31.2)) << "tenths";
  EXPECT_TRUE(is(bench.read("power_watts/Battery"), State::absent, "may be in uA or in mA"));
  bench.files->changed["/sys/class/power_supply/Battery/charge_full_design"] = "4200";
  EXPECT_TRUE(says(bench.read("power_watts/Battery"), -0.9 * 4.1)) << "charging, milliamperes";
  EXPECT_EQ(bench.find("power_watts/Mouse"), nullptr);
}

TEST(Instruments, HaveUniqueNamesAndEveryKindOnEveryTree) {
  for (const char* name : {"x86_vm", "snapdragon_865", "kirin_980", "no such tree"}) {
    Bench bench(name);
    bench.take();
    std::set<std::string> names, quantities;
    for (const auto& instrument : bench.instruments) {
      EXPECT_TRUE(names.insert(instrument->name()).second) << instrument->name();
      quantities.insert(instrument->name().substr(0, instrument->name().find('/')));
      const Reading reading = instrument->read();
      EXPECT_EQ(reading.reason.empty(), reading.state == State::value) << instrument->name();
    }
    for (const char* quantity :
         {"temperature_celsius", "energy_joules", "power_watts", "memory_high_water_bytes",
          "pressure_share", "minor_faults", "major_faults", "waited_seconds", "steal_seconds",
          "involuntary_switches", "voluntary_switches", "frequency_hertz", "busy_share"}) {
      EXPECT_TRUE(quantities.contains(quantity)) << quantity << " on " << name;
    }
  }
}

TEST(Temperature, UnitIsToldByTheSize) {
  const auto celsius = [](double raw) { return TemperatureUnit().celsius(raw, "file"); };
  EXPECT_TRUE(says(celsius(45000), 45));
  EXPECT_TRUE(says(celsius(45), 45));
  EXPECT_TRUE(says(celsius(450), 45));
  EXPECT_TRUE(says(celsius(115), 115)) << "degrees, not 11.5 C";
  for (const double raw : {0.0, -274000.0, -40000.0, 5000.0, 125.5e6, 8.0, 200000.0}) {
    EXPECT_TRUE(is(celsius(raw), State::absent, "is no temperature")) << raw;
  }
}

TEST(Temperature, FirstBelievableReadingFixesTheUnit) {
  TemperatureUnit unit;
  EXPECT_TRUE(is(unit.celsius(0, "file"), State::absent, "no temperature"));
  EXPECT_TRUE(says(unit.celsius(45000, "file"), 45));
  EXPECT_TRUE(is(unit.celsius(45, "file"), State::absent, "no temperature")) << "a glitch";
  EXPECT_TRUE(says(unit.celsius(46000, "file"), 46));
}

TEST(Mutation, EveryFileDeniedGivesDeniedAndEveryFileGoneGivesAbsent) {
  for (const char* name : {"x86_vm", "snapdragon_865", "kirin_980"}) {
    for (const State state : {State::denied, State::absent}) {
      Bench bench(name);
      bench.take();
      std::set<std::string> values;
      for (const auto& instrument : bench.instruments) {
        if (instrument->read().state == State::value) values.insert(instrument->name());
      }
      ASSERT_FALSE(values.empty());
      auto& rules = state == State::denied ? bench.files->denied : bench.files->removed;
      rules = {"/proc/", "/sys/"};
      for (const std::string& value : values) {
        EXPECT_TRUE(is(bench.read(value), state,
                       state == State::denied ? "Permission denied" : "No such file"))
            << value;
      }
    }
  }
}

TEST(Mutation, GarbageIsAbsent) {
  for (const char* garbage : {"", "garbage", "-", "nan", "99999999999999999999999 x", "\n\n"}) {
    Bench bench("snapdragon_865");
    bench.take();
    for (const auto& instrument : bench.instruments) {
      const std::string& source = instrument->source();
      bench.files->changed[source.substr(0, source.find(' '))] = garbage;
    }
    for (const auto& instrument : bench.instruments) {
      const Reading reading = instrument->read();
      if (reading.state == State::value) {
        EXPECT_TRUE(std::isfinite(reading.value)) << instrument->name() << " " << garbage;
      } else {
        EXPECT_FALSE(reading.reason.empty()) << instrument->name();
      }
    }
    EXPECT_EQ(bench.read("temperature_celsius/zone0:aoss0-usr").state, State::absent);
  }
}

TEST(Mutation, AZoneThatVanishesBetweenTwoReads) {
  Bench bench("snapdragon_865");
  bench.take();
  const std::string path = "/sys/class/thermal/thermal_zone4/temp";
  bench.files->reads.clear();
  bench.files->vanish_after[path] = 1;
  EXPECT_TRUE(says(bench.read("temperature_celsius/zone4:gpuss-0-usr"), 27.3));
  EXPECT_TRUE(is(bench.read("temperature_celsius/zone4:gpuss-0-usr"), State::absent, path));
  bench.files->vanish_after.clear();
  EXPECT_TRUE(says(bench.read("temperature_celsius/zone4:gpuss-0-usr"), 27.3)) << "it is back";
}

TEST(Mutation, FilesThatAreDeniedFromTheStartAreListedAsDenied) {
  Bench bench("snapdragon_865");
  bench.files->denied = {"/sys/class/kgsl/", "/sys/class/thermal/", "/sys/class/power_supply/",
                         "/sys/class/devfreq/"};
  bench.take();
  EXPECT_TRUE(is(bench.read("temperature_celsius/none"), State::denied, "Permission denied"));
  EXPECT_TRUE(is(bench.read("frequency_hertz/gpu"), State::denied, "Permission denied"));
  EXPECT_TRUE(is(bench.read("power_watts/battery"), State::denied, "Permission denied"));
}

TEST(Mutation, OneDeniedFileOfAnOpenFolder) {
  Bench bench("snapdragon_865");
  bench.files->denied = {"/sys/class/thermal/thermal_zone0/temp",
                         "/sys/class/kgsl/kgsl-3d0/gpu_busy_percentage",
                         "/sys/devices/system/cpu/cpu7/cpufreq/scaling_cur_freq"};
  bench.take();
  EXPECT_TRUE(is(bench.read("temperature_celsius/zone0:aoss0-usr"), State::denied, "denied"));
  EXPECT_TRUE(is(bench.read("frequency_hertz/cpu7"), State::denied, "denied"));
  EXPECT_TRUE(says(bench.read("busy_share/gpu:kgsl-3d0"), 370512.0 / 1000033)) << "gpubusy instead";
}

TEST(Power, RaplCountsOnOverItsRange) {
  Bench bench("x86_vm");
  const std::string root = "/sys/class/powercap";
  const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / "rapl_tree";
  for (const char* zone : {"intel-rapl", "intel-rapl:0", "intel-rapl:0:0", "intel-rapl-mmio:0"}) {
    std::filesystem::create_directories(folder / "sys/class/powercap" / zone);
  }
  auto files = std::make_shared<ChangedFiles>(folder);
  files->changed[root + "/intel-rapl:0/name"] = "package-0";
  files->changed[root + "/intel-rapl:0:0/name"] = "core";
  files->changed[root + "/intel-rapl:0/max_energy_range_uj"] = "1000000";
  files->changed[root + "/intel-rapl:0/energy_uj"] = "900000";
  files->denied = {root + "/intel-rapl:0:0/energy_uj"};
  bench.files = files;
  bench.take();
  EXPECT_TRUE(bench.find("energy_joules/rapl:package-0")->counts());
  EXPECT_TRUE(says(bench.read("energy_joules/rapl:package-0"), 0.9));
  files->changed[root + "/intel-rapl:0/energy_uj"] = "100000";
  EXPECT_TRUE(says(bench.read("energy_joules/rapl:package-0"), 1.1));
  files->changed[root + "/intel-rapl:0/energy_uj"] = "50000";
  EXPECT_TRUE(says(bench.read("energy_joules/rapl:package-0"), 2.05));
  EXPECT_TRUE(is(bench.read("energy_joules/rapl:package-0:core"), State::denied, "denied"))
      << "only root may read energy since Linux 5.10";
  EXPECT_EQ(bench.find("energy_joules/rapl:intel-rapl-mmio:0"), nullptr);
  std::filesystem::remove_all(folder);
}

TEST(Power, BatteryUnitsAndSigns) {
  Bench bench("snapdragon_865");
  bench.take();
  const std::string at = "/sys/class/power_supply/battery/";
  const auto watts = [&](const char* status, const char* current, const char* voltage) {
    bench.files->changed[at + "status"] = status;
    bench.files->changed[at + "current_now"] = current;
    bench.files->changed[at + "voltage_now"] = voltage;
    return bench.read("power_watts/battery");
  };
  EXPECT_TRUE(says(watts("Discharging", "-500000", "4000000"), 2)) << "the ABI's sign";
  EXPECT_TRUE(says(watts("Discharging", "500000", "4000000"), 2)) << "the opposite sign";
  EXPECT_TRUE(says(watts("Discharging", "-500", "4000"), 0.002)) << "microamperes, millivolts";
  EXPECT_TRUE(says(watts("Charging", "-500000", "4000000"), -2));
  EXPECT_TRUE(says(watts("Full", "-500000", "4000000"), 2));
  EXPECT_TRUE(says(watts("Not charging", "500000", "4000000"), -2));
  EXPECT_TRUE(is(watts("Discharging", "n/a", "4000000"), State::absent, "is no number"));
}

TEST(Power, OneSmallCurrentDoesNotSayItsUnit) {
  const std::string at = "/sys/class/power_supply/battery/";
  const auto watts = [&](Bench& bench, const char* current) {
    bench.files->changed[at + "current_now"] = current;
    return bench.read("power_watts/battery");
  };
  Bench charged("snapdragon_865");
  charged.take();
  EXPECT_TRUE(is(watts(charged, "500"), State::absent, "may be in uA or in mA"));
  EXPECT_TRUE(says(watts(charged, "10000"), 0.01 * 3.986)) << "never 10 A";
  EXPECT_TRUE(says(watts(charged, "9999"), 0.009999 * 3.986)) << "nor 10 A the next moment";
  for (const auto& [full, amperes] : {std::pair("4500000", 500e-6), std::pair("4500", 0.5)}) {
    Bench bench("snapdragon_865");
    bench.files->changed[at + "charge_full_design"] = full;
    bench.take();
    EXPECT_TRUE(says(watts(bench, "500"), amperes * 3.986)) << full;
  }
}

}  // namespace
}  // namespace motley::devices
