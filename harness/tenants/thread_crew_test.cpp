#include "harness/tenants/thread_crew.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <limits>

#include "harness/tenants/mix.hpp"

namespace motley::tenants {
namespace {

constexpr double forever = std::numeric_limits<double>::infinity();

/// Notes whether it is used and destroyed by the thread that made it.
class Server final : public QueryServer {
 public:
  Server(std::atomic<int>& alive, std::atomic<int>& strangers, int fails_at)
      : alive_(alive), strangers_(strangers), fails_at_(fails_at) {
    ++alive_;
  }
  ~Server() override {
    check();
    --alive_;
  }
  void serve(std::size_t) override {
    check();
    if (++served_ == fails_at_) throw std::runtime_error("the driver gave up");
  }

 private:
  void check() { strangers_ += std::this_thread::get_id() != own_; }
  std::atomic<int>&alive_, &strangers_;
  int fails_at_, served_ = 0;
  std::thread::id own_ = std::this_thread::get_id();
};

struct Servers {
  std::atomic<int> alive{0}, strangers{0};
  OpenQueryServer one(int fails_at = -1) {
    return [this, fails_at] { return std::make_unique<Server>(alive, strangers, fails_at); };
  }
};

Tenant stream() {
  return {};
}

TEST(ThreadCrew, ServesEachOnAThreadOfItsOwn) {
  Servers servers;
  {
    ThreadCrew crew(steady_clock(), {servers.one(), servers.one()});
    EXPECT_EQ(crew.workers(), 2u);
    EXPECT_EQ(servers.alive, 2);
    EXPECT_TRUE(crew.wait_until(steady_clock().seconds() + 0.002).empty());
    crew.submit(1, 0);
    const auto done = crew.wait_until(forever);
    ASSERT_EQ(done.size(), 1u);
    EXPECT_EQ(done[0].worker, 1u);
    EXPECT_GE(done[0].ended_seconds, done[0].started_seconds);
    EXPECT_EQ(done[0].failure, "");
    crew.submit(0, 0);  // and is gone with it
  }
  EXPECT_EQ(servers.alive, 0);
  EXPECT_EQ(servers.strangers, 0);
}

TEST(ThreadCrew, SaysWhatCouldNotBeOpened) {
  Servers servers;
  const OpenQueryServer bad = []() -> std::unique_ptr<QueryServer> {
    throw std::runtime_error("no such device");
  };
  EXPECT_THROW(ThreadCrew(steady_clock(), {servers.one(), bad, servers.one()}), std::runtime_error);
  EXPECT_EQ(servers.alive, 0);
}

TEST(ThreadCrew, GoesOnWithoutAWorkerThatThrows) {
  Servers servers;
  ThreadCrew crew(steady_clock(), {servers.one(), servers.one(20)});
  const auto scheduler = make_scheduler(scheduler_spec("round_robin"), 2, 2);
  MixLimits limits;
  limits.seconds = 0.05;
  const std::vector<Tenant> tenants{stream(), stream()};
  const MixRun run = run_mix({crew, steady_clock(), *scheduler, {}}, limits, tenants,
                             {{1e-6, 1e-6}, {1e-6, 1e-6}});
  EXPECT_EQ(run.stopped_by, "budget");
  EXPECT_EQ(run.workers[1].failure, "the driver gave up");
  EXPECT_EQ(run.workers[1].queries, 19);
  EXPECT_GT(run.workers[0].queries, 20);
  EXPECT_EQ(run.tenants[0].failed + run.tenants[1].failed, 1);
}

TEST(ThreadCrew, IsInterrupted) {
  Servers servers;
  std::atomic<int> asked{0};
  {
    ThreadCrew crew(steady_clock(), {servers.one(), servers.one()});
    const auto scheduler = make_scheduler(scheduler_spec("least_slack"), 1, 2);
    const std::vector<Tenant> tenants{stream()};
    MixLimits limits;
    limits.seconds = 1000;
    const MixRun run = run_mix({crew, steady_clock(), *scheduler, [&] { return ++asked < 50; }},
                               limits, tenants, {{1e-6}, {1e-6}});
    EXPECT_EQ(run.stopped_by, "interrupt");
  }
  EXPECT_EQ(servers.alive, 0);
}

}  // namespace
}  // namespace motley::tenants
