// Do the conditions of a run say what may have changed since the last, and nothing private?
#include <gtest/gtest.h>

#include "devices/instruments.hpp"
#include "devices/machine.hpp"
#include "devices/testdata/trees.hpp"

namespace motley::devices {
namespace {

schema::Facts conditions_of(const std::shared_ptr<ChangedFiles>& files) {
  return read_conditions(*files, all_instruments(files));
}

TEST(Conditions, TellGovernorFrequencyTemperatureAndCharge) {
  const auto files = std::make_shared<ChangedFiles>(tree("snapdragon_865"));
  schema::Facts facts = conditions_of(files);
  EXPECT_EQ(facts["governor/policy7"], schema::Fact(std::string("schedutil")));
  EXPECT_EQ(facts["frequency_hertz/policy4"], schema::Fact(710.4e6));
  EXPECT_EQ(facts["maximum_frequency_hertz/policy7"], schema::Fact(2.8416e9));
  EXPECT_EQ(facts["temperature_celsius/zone4:gpuss-0-usr"], schema::Fact(27.3));
  EXPECT_EQ(facts["battery_status/battery"], schema::Fact(std::string("Discharging")));
  EXPECT_EQ(facts["battery_share/battery"], schema::Fact(0.72));
  EXPECT_EQ(facts["load_average_1m"], schema::Fact(2.1));
  EXPECT_FALSE(facts.contains("temperature_celsius/zone9:soc")) << "no temperature";
  EXPECT_FALSE(facts.contains("minor_faults/self")) << "a counter is no condition";
}

TEST(Conditions, BoostSwitchesOfBothSenses) {
  const auto files = std::make_shared<ChangedFiles>(tree("x86_vm"));
  EXPECT_FALSE(conditions_of(files).contains("boost"));
  files->changed["/sys/devices/system/cpu/intel_pstate/no_turbo"] = "1";
  EXPECT_EQ(conditions_of(files)["boost"], schema::Fact(false));
  files->changed["/sys/devices/system/cpu/intel_pstate/no_turbo"] = "0";
  EXPECT_EQ(conditions_of(files)["boost"], schema::Fact(true));
}

TEST(Conditions, AreEmptyWhereNothingMayBeRead) {
  const auto files = std::make_shared<ChangedFiles>(tree("snapdragon_865"));
  files->denied = {"/proc/", "/sys/"};
  EXPECT_TRUE(conditions_of(files).empty());
}

}  // namespace
}  // namespace motley::devices
