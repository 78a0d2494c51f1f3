#include "harness/visit.hpp"

#include <cmath>
#include <gtest/gtest.h>

#include "harness/sampler.hpp"
#include "harness/search.hpp"
#include "harness/simulated_machine.hpp"
#include "harness/workbench.hpp"

namespace motley {
namespace {

/// A case that adds one to each of 8 floats, with faults to switch on.
struct Adder {
  bool does_nothing = false, does_half = false, breaks_while_timed = false, gives_nan = false;
  double ceiling = 0;
  int runs = 0;

  Case make(VirtualClock& clock) {
    Case result;
    result.name = "test/adder";
    result.axes = {
        axis("n", "floats", {std::int64_t{8}}),
        searched_axis("width", "of a step", {std::int64_t{1}, std::int64_t{2}, std::int64_t{4}})};
    result.prepare = [this, &clock](Workbench& bench) {
      const auto n = static_cast<std::size_t>(bench.integer("n"));
      Buffer& buffer = bench.random_floats(n, 0, 1, 0);
      const auto start = bench.keep(download<float>(bench.queue(), buffer));
      const double cost = 1e-3 / static_cast<double>(bench.integer("width"));
      if (bench.integer("width") == 4) throw Unsupported("no width 4 here (test). Use 2.");
      Trial trial;
      trial.work.flops = static_cast<double>(n);
      trial.ceiling_flops_per_cycle = ceiling;
      trial.reset = [&buffer, start](Queue& queue) {
        queue.write(buffer, start.data(), start.size() * 4, 0);
      };
      trial.run = [this, &buffer, &clock, cost, n](Queue& queue) {
        ++runs;
        clock.advance(cost);
        auto values = download<float>(queue, buffer);
        std::size_t reach = does_nothing ? 0 : does_half ? n / 2 : n;
        if (breaks_while_timed && runs > 12) reach = 0;
        for (std::size_t i = 0; i < reach; ++i) values[i] += gives_nan ? NAN : 1;
        queue.write(buffer, values.data(), n * 4, 0);
      };
      trial.error = [&buffer, start](Queue& queue) {
        const auto values = download<float>(queue, buffer);
        double worst = 0;
        for (std::size_t i = 0; i < values.size(); ++i) {
          const double error = std::abs(double(values[i]) - (double(start[i]) + 1));
          if (!(error <= worst)) worst = error;
        }
        return worst;
      };
      trial.tolerance = 1e-6;
      return trial;
    };
    return result;
  }
};

/// Its thread ends in the middle of the samples.
class BrokenLoad final : public Load {
 public:
  void start() override {}
  void run() override {}
  void begin_window() override {}
  schema::LoadLevel end_window() override {
    schema::LoadLevel level;
    level.load = "io:mbps=1";
    level.reason = "one of its threads ended: the disk is full";
    return level;
  }
  bool broken() override { return true; }
};

class VisitTest : public testing::Test {
 protected:
  schema::Block go(Tier tier = Tier::standard) {
    Loads none("none", machine, clock, "cpu");
    return go(tier, none);
  }
  schema::Block go(Tier tier, Loads& loads) {
    const Case subject = adder.make(clock);
    schema::Key key;
    key.case_name = subject.name;
    key.processor = "cpu";
    key.parameters["n"] = std::int64_t{8};
    VisitOptions options;
    options.tier = tier;
    return visit({machine, clock, instruments, governor}, processor, subject, key, options, loads);
  }

  Adder adder;
  VirtualClock clock;
  SimulatedMachine machine{clock};
  SimulatedProcessor processor{"cpu"};
  Instruments instruments;
  std::string governor;
};

TEST_F(VisitTest, MeasuresWhatIsRightAndNamesWhatItChose) {
  const schema::Block block = go();
  EXPECT_EQ(block.status, schema::Status::ok) << block.reason;
  EXPECT_EQ(block.key.parameters.at("width"), schema::Value(std::int64_t{2}));
  EXPECT_EQ(block.selected_by, "search");
  EXPECT_EQ(block.search.size(), 3u);
  EXPECT_EQ(block.search.back().status, "unsupported");
  EXPECT_LE(block.check->error, 1e-6);
  EXPECT_NEAR(block.samples.host_seconds.at(0) / double(block.runs_per_sample), 0.5e-3, 1e-5);
  EXPECT_EQ(block.repro,
            "motley run --filter '^test/adder$' --on cpu --set n=8 --set width=2 --scenario "
            "throughput --tier standard --seed 0 --processes 1 --rounds 1");
}

TEST_F(VisitTest, SmokeTakesTheFirstGuessWithoutSearching) {
  const schema::Block block = go(Tier::smoke);
  EXPECT_EQ(block.key.parameters.at("width"), schema::Value(std::int64_t{1}));
  EXPECT_EQ(block.selected_by, "guess");
  EXPECT_TRUE(block.search.empty());
}

// Three faults that benchmarks have reported speeds for: nothing done, half done, broken under
// load.
TEST_F(VisitTest, AKernelThatDoesNothingHasNoSpeed) {
  adder.does_nothing = true;
  const schema::Block block = go(Tier::smoke);
  EXPECT_EQ(block.status, schema::Status::wrong);
  EXPECT_TRUE(block.samples.host_seconds.empty());
  EXPECT_NE(block.reason.find("before timing"), std::string::npos);
}

TEST_F(VisitTest, AKernelThatDoesHalfHasNoSpeed) {
  adder.does_half = true;
  EXPECT_EQ(go(Tier::smoke).status, schema::Status::wrong);
}

TEST_F(VisitTest, AKernelThatBreaksWhileItIsTimedIsWrong) {
  adder.breaks_while_timed = true;
  const schema::Block block = go(Tier::smoke);
  EXPECT_EQ(block.status, schema::Status::wrong);
  EXPECT_NE(block.reason.find("after timing"), std::string::npos);
}

TEST_F(VisitTest, NotANumberIsWrong) {
  adder.gives_nan = true;
  EXPECT_EQ(go(Tier::smoke).status, schema::Status::wrong);
}

TEST_F(VisitTest, AWrongCandidateNeverWinsASearch) {
  adder.does_half = true;
  const schema::Block block = go();
  EXPECT_EQ(block.status, schema::Status::failed);
  EXPECT_NE(block.reason.find("correct result"), std::string::npos);
}

TEST_F(VisitTest, AbovePeakIsSuspect) {
  adder.ceiling =
      1e-6;  // flops per cycle: 2 kflop/s at 2 GHz, and the trial does 8 in a millisecond
  const schema::Block block = go(Tier::smoke);
  EXPECT_EQ(block.status, schema::Status::suspect);
  EXPECT_FALSE(block.samples.host_seconds.empty());
  EXPECT_EQ(block.ceiling_flops_per_second, 2e3);
}

TEST_F(VisitTest, BesideALoadThatBrokeItIsSuspect) {
  std::vector<std::unique_ptr<Load>> broken;
  broken.push_back(std::make_unique<BrokenLoad>());
  Loads loads(std::move(broken));
  const schema::Block block = go(Tier::smoke, loads);
  EXPECT_EQ(block.status, schema::Status::suspect);
  EXPECT_EQ(block.reason, "io:mbps=1 did not last: one of its threads ended: the disk is full");
  EXPECT_FALSE(block.samples.host_seconds.empty());
  EXPECT_EQ(block.loads.at(0).load, "io:mbps=1");
}

TEST_F(VisitTest, AnEngineThatTimesByItselfIsJudgedAlike) {
  adder.ceiling = 1e-6;
  const Case subject = adder.make(clock);
  schema::Block block;
  block.key.parameters = {{"n", std::int64_t{8}}, {"width", std::int64_t{2}}};
  Observed observed;
  const Surroundings surroundings{machine, clock, instruments, "schedutil"};
  PreparedTrial prepared(surroundings, processor, subject, {}, block, observed);
  ASSERT_EQ(block.status, schema::Status::ok) << block.reason;
  EXPECT_TRUE(block.search.empty()) << "nothing was left open";
  for (int i = 0; i < 3; ++i) {
    prepared.take_clock();
    block.samples.host_seconds.push_back(run_sample(prepared.stage(), prepared.trial(), 1));
  }
  EXPECT_TRUE(prepared.correct());
  prepared.judge();
  EXPECT_EQ(block.clock_hertz, 2e9);
  EXPECT_EQ(block.status, schema::Status::suspect);
  ASSERT_FALSE(block.findings.empty());
  EXPECT_EQ(block.findings.back().kind, "governor_not_fixed");
}

/// A counter that grows by three with each reading.
class Steal final : public Instrument {
 public:
  const std::string& name() const override { return name_; }
  const std::string& source() const override { return name_; }
  bool counts() const override { return true; }
  Reading read() override { return {Reading::State::value, seconds_ += 3, ""}; }

 private:
  std::string name_ = "steal_seconds/all";
  double seconds_ = 0;
};

TEST_F(VisitTest, ReadingsGoFromTheFirstToTheLastAndCountersAddUp) {
  instruments.push_back(std::make_unique<Steal>());
  const Case subject = adder.make(clock);
  schema::Block block;
  block.key.parameters = {{"n", std::int64_t{8}}, {"width", std::int64_t{2}}};
  Observed observed;
  const Surroundings surroundings{machine, clock, instruments, ""};
  PreparedTrial(surroundings, processor, subject, {}, block, observed).take_readings();
  // Another trial was measured in between: what was stolen then (the reading 9) is not ours.
  PreparedTrial prepared(surroundings, processor, subject, {}, block, observed);
  prepared.take_readings();
  prepared.take_readings();
  EXPECT_EQ(block.readings.at("steal_seconds/all"), (std::vector<double>{3, 15}));
  EXPECT_EQ(block.steal_seconds, 9);
}

TEST_F(VisitTest, AVaryingGovernorIsFound) {
  governor = "schedutil";
  const schema::Block block = go(Tier::smoke);
  ASSERT_EQ(block.findings.size(), 1u);
  EXPECT_EQ(block.findings[0].kind, "governor_not_fixed");
}

TEST_F(VisitTest, ErrorsBecomeStatusAndReason) {
  Case subject;
  subject.name = "test/broken";
  schema::Key key{"test/broken", 1, "cpu", {}};
  const auto status_of = [&](std::function<void()> trouble) {
    subject.prepare = [trouble](Workbench&) -> Trial {
      trouble();
      return {};
    };
    Loads none("none", machine, clock, "cpu");
    const auto block = visit({machine, clock, instruments, ""}, processor, subject, key, {}, none);
    EXPECT_TRUE(block.status == schema::Status::ok || !block.reason.empty());
    return block.status;
  };
  EXPECT_EQ(status_of([] { throw Unsupported("no fp16"); }), schema::Status::unsupported);
  EXPECT_EQ(
      status_of([] { throw DeviceError("clBuildProgram", "CL_BUILD_PROGRAM_FAILURE", "", "log"); }),
      schema::Status::failed);
  EXPECT_EQ(status_of([] { throw std::bad_alloc(); }), schema::Status::failed);
  EXPECT_EQ(status_of([] {}), schema::Status::failed) << "a case without a check must not be timed";
}

}  // namespace
}  // namespace motley
