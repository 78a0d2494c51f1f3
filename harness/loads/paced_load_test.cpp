#include "harness/loads/paced_load.hpp"

#include <atomic>
#include <gtest/gtest.h>

#include "harness/error.hpp"
#include "harness/simulated_machine.hpp"

namespace motley::loads {
namespace {

/// Each piece does 10; after `most` pieces the disk is full.
class CountedWork final : public Work {
 public:
  CountedWork(std::atomic<int>& pieces, int most) : pieces_(pieces), most_(most) {}
  void prepare() override {
    if (most_ < 0) throw DeviceError("prepare", "ENOMEM", "Give it less.");
  }
  std::array<double, 2> piece() override {
    if (pieces_ == most_) throw DeviceError("write", "No space left on device", "Make some.");
    ++pieces_;
    return {10, 0};
  }

 private:
  std::atomic<int>& pieces_;
  int most_;
};

class PacedLoadTest : public testing::Test {
 protected:
  std::unique_ptr<PacedLoad> load(std::vector<int> most, PacedPlan plan = {}) {
    plan.level.load = "counted";
    plan.level.quantities = {"writes_per_second"};
    plan.level.asked["writes_per_second"] = 10.0 * 1000 * static_cast<double>(most.size());
    plan.level.period_seconds = period_seconds;
    std::vector<LoadThread> threads;
    for (const int one : most) {
      threads.push_back({std::make_unique<SimulatedProcessor>("cpu"),
                         std::make_unique<CountedWork>(pieces, one)});
    }
    return std::make_unique<PacedLoad>(machine, steady_clock(), std::move(plan),
                                       std::move(threads));
  }

  VirtualClock unused;
  SimulatedMachine machine{unused};
  std::atomic<int> pieces{0};
  double period_seconds = 0.001;
};

constexpr int never = 1 << 30;

TEST_F(PacedLoadTest, RestsBetweenStartAndRun) {
  const auto two = load({never, never});
  two->start();
  const int before = pieces;
  EXPECT_GT(before, 0) << "alone";
  two->begin_window();
  EXPECT_EQ(two->end_window().achieved.at("writes_per_second"), 0);
  two->run();
  two->begin_window();
  const double give_up = steady_clock().seconds() + 5;
  while (pieces < before + 10 && steady_clock().seconds() < give_up) std::this_thread::yield();
  const schema::LoadLevel level = two->end_window();
  EXPECT_GT(level.achieved.at("writes_per_second"), 0);
  EXPECT_EQ(std::get<std::int64_t>(level.details.at("threads")), 2);
}

TEST_F(PacedLoadTest, SettlesOnAShareOfWhatItReachesAlone) {
  PacedPlan plan;
  plan.try_unpaced = true;
  double most = 0;
  plan.settle = [&](PacedPlan& settled, const auto& unpaced) {
    most = unpaced.at("writes_per_second");
    settled.level.asked["writes_per_second"] = most / 2;
  };
  const auto one = load({never}, plan);
  one->start();
  one->begin_window();
  const schema::LoadLevel level = one->end_window();
  EXPECT_GT(most, 0);
  EXPECT_EQ(level.asked.at("writes_per_second"), most / 2);
  EXPECT_EQ(std::get<double>(level.details.at("unpaced_alone_writes_per_second")), most);
}

TEST_F(PacedLoadTest, ThrowsWhatHindersItsStart) {
  const auto broken = load({never, -1});
  EXPECT_THROW(broken->start(), DeviceError);
}

TEST_F(PacedLoadTest, RefusesAPieceThatNobodyWouldMeet) {
  period_seconds = 1000;
  EXPECT_THROW(load({never})->start(), BadArgument);
}

TEST_F(PacedLoadTest, AThreadThatEndsIsTheReason) {
  const auto full = load({1000000});
  full->start();
  EXPECT_FALSE(full->broken());
  pieces = 1000000 - 3;
  full->run();
  full->begin_window();
  const double give_up = steady_clock().seconds() + 5;
  while (!full->broken() && steady_clock().seconds() < give_up) std::this_thread::yield();
  EXPECT_TRUE(full->broken());
  const std::string reason = full->end_window().reason;
  EXPECT_NE(reason.find("one of its threads ended: "), std::string::npos) << reason;
  EXPECT_NE(reason.find("No space left"), std::string::npos) << reason;
}

}  // namespace
}  // namespace motley::loads
