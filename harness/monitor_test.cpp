// Sampling instruments for minutes, and waiting until they are back.
#include "harness/monitor.hpp"

#include <cmath>
#include <functional>
#include <gtest/gtest.h>

#include "harness/cool_down.hpp"
#include "harness/simulated_machine.hpp"

namespace motley {
namespace {

class Scripted final : public Instrument {
 public:
  Scripted(std::string name, std::function<double()> value)
      : name_(std::move(name)), value_(std::move(value)) {}
  const std::string& name() const override { return name_; }
  const std::string& source() const override { return name_; }
  bool counts() const override { return false; }
  Reading read() override { return {Reading::State::value, value_(), ""}; }

 private:
  std::string name_;
  std::function<double()> value_;
};

class Instrumented final : public Machine {
 public:
  explicit Instrumented(VirtualClock& clock) : plain(clock) {}
  schema::Device device() override { return plain.device(); }
  std::vector<std::string> processor_ids() override { return plain.processor_ids(); }
  std::vector<std::string> default_processor_ids() override { return processor_ids(); }
  std::unique_ptr<Processor> open(const std::string& id) override { return plain.open(id); }
  Instruments instruments() override {
    Instruments all;
    all.push_back(std::make_unique<Scripted>("energy_joules/package", [this] { return ++joules; }));
    return all;
  }
  schema::Facts conditions() override { return {}; }
  ThreadState thread_state() override { return plain.thread_state(); }
  double boot_seconds() override { return plain.boot_seconds(); }
  bool flush_denormals() override { return true; }

  SimulatedMachine plain;
  double joules = 0;
};

TEST(Monitor, ReadsFromStartToStopAndRestsInBetween) {
  VirtualClock clock;
  Instrumented machine(clock);
  Monitor monitor(machine, clock, 60);
  for (int run = 0; run < 2; ++run) {
    schema::Block block;
    block.samples.host_seconds = {1, 1};
    monitor.start();
    monitor.stop(block);
    const auto& seconds = block.series.at("monitor_seconds");
    ASSERT_GE(seconds.size(), 1u);
    EXPECT_EQ(block.series.at("monitor/energy_joules/package").size(), seconds.size());
  }
}

TEST(Monitor, EndsWithoutHavingStarted) {
  VirtualClock clock;
  Instrumented machine(clock);
  const Monitor monitor(machine, clock, 60);
}

schema::Block monitored(const std::string& name, std::vector<double> values) {
  schema::Block block;
  block.series = {{"monitor_seconds", {0, 1, 3}}, {"monitor/" + name, std::move(values)}};
  return block;
}

TEST(Monitor, EnergyIsACountersDifferenceOrTheIntegralOfPower) {
  EXPECT_EQ(energy_of(monitored("energy_joules/package", {10, 15, 40})).joules, 30);
  EXPECT_EQ(energy_of(monitored("power_watts/battery", {2, 4, 6})).joules, 3 + 10);
  EXPECT_EQ(energy_of(monitored("temperature_celsius/zone0", {2, 4, 6})).source, "");
  schema::Block one = monitored("power_watts/battery", {2});
  one.series["monitor_seconds"] = {0};
  EXPECT_EQ(energy_of(one).source, "");
}

class CoolDownTest : public testing::Test {
 protected:
  CoolDownTest() {
    instruments.push_back(
        std::make_unique<Scripted>("temperature_celsius/zone0", [this] { return celsius(); }));
  }
  /// Newton's law from `hot` at second 0.
  double celsius() { return 40 + (hot - 40) * std::exp2(-clock.seconds() / 60); }

  void wait(CoolDown& cool) {
    cool.wait(
        "cpu", [this] { return hertz; }, {}, [] { return true; }, block);
  }

  VirtualClock clock;
  Instruments instruments;
  double hot = 40, hertz = 2e9;
  schema::Block block;
};

TEST_F(CoolDownTest, WaitsUntilTheTemperatureIsBack) {
  CoolDown cool(instruments, clock);
  cool.remember("cpu", hertz);
  hot = 80;
  wait(cool);
  // 40 degrees above halve each minute: 2 above after log2(20) minutes, then two more polls.
  EXPECT_NEAR(std::get<double>(block.details.at("cool_down_seconds")), 60 * std::log2(20.0) + 2, 2);
  EXPECT_TRUE(block.findings.empty());
}

TEST_F(CoolDownTest, CoolAlreadyTakesThreePolls) {
  CoolDown cool(instruments, clock);
  cool.remember("cpu", hertz);
  wait(cool);
  EXPECT_NEAR(std::get<double>(block.details.at("cool_down_seconds")), 2, 0.1);
}

TEST_F(CoolDownTest, AClockThatStaysLowIsAWarmStart) {
  CoolDown cool(instruments, clock);
  cool.remember("cpu", hertz);
  hertz = 1.5e9;
  wait(cool);
  EXPECT_NEAR(std::get<double>(block.details.at("cool_down_seconds")), 600, 2);
  ASSERT_EQ(block.findings.size(), 1u);
  EXPECT_EQ(block.findings[0].kind, "warm_start");
}

TEST_F(CoolDownTest, EndsEarlyWhenAsked) {
  CoolDown cool(instruments, clock);
  cool.remember("cpu", hertz);
  hot = 80;
  cool.wait(
      "cpu", [this] { return hertz; }, {}, [] { return false; }, block);
  EXPECT_LT(std::get<double>(block.details.at("cool_down_seconds")), 1);
}

}  // namespace
}  // namespace motley
