// Does a team that cannot be pinned or started leave everything as it was, and never hang? This
// program's sched_setaffinity stands before the system's, so that tests can make it fail.
#include "devices/cpu/team.hpp"

#include <atomic>
#include <cerrno>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

#include "harness/error.hpp"

namespace {
std::atomic<bool> refuses_masks{false};
}

extern "C" int sched_setaffinity(pid_t thread, size_t bytes, const cpu_set_t* mask) noexcept {
  if (refuses_masks) {
    errno = EPERM;
    return -1;
  }
  return static_cast<int>(syscall(SYS_sched_setaffinity, thread, bytes, mask));
}

namespace motley::devices {
namespace {

using Cores = std::vector<int>;

TEST(Team, ThatCannotBePinnedIsNotAwake) {
  const Cores before = cores_of_this_thread();
  Team team({before.back(), 1000});
  for (int trial = 0; trial < 2; ++trial) {
    EXPECT_THROW(team.wake(), DeviceError) << "trial " << trial;
    EXPECT_FALSE(team.awake());
    EXPECT_EQ(cores_of_this_thread(), before);
  }
}

TEST(Team, IsPinnedAgainWheneverItWakes) {
  const Cores before = cores_of_this_thread();
  Team team({before.front(), before.back()});
  const auto unpin = [&](unsigned) { pin_this_thread(before); };
  std::vector<Cores> seen(2);
  for (int round = 0; round < 2; ++round) {
    team.wake();
    team.run(2, [&](unsigned member) { seen[member] = cores_of_this_thread(); });
    EXPECT_EQ(seen, (std::vector<Cores>{{before.front()}, {before.back()}})) << "round " << round;
    team.run(2, unpin);
    team.park();
  }
}

TEST(Team, ParksAlsoWhereTheOldCoresAreRefused) {
  const Cores before = cores_of_this_thread();
  {
    Team team({before.front()});
    team.wake();
    refuses_masks = true;
  }  // the destructor parks: an exception would end the program
  refuses_masks = false;
  EXPECT_EQ(cores_of_this_thread(), Cores{before.front()});
  pin_this_thread(before);
}

TEST(Team, DoesAllSharesBeforeItWakes) {
  Team team({0, 1, 2});
  std::vector<int> runs(3);
  team.run(3, [&](unsigned member) { ++runs[member]; });
  EXPECT_EQ(runs, (std::vector<int>{1, 1, 1}));
}

/// Starts a team of five where the third thread is refused, and uses what there is of it.
[[noreturn]] void start_with_too_few_threads() {
  alarm(20);  // ends a hang
  const int core = cores_of_this_thread().front();
  if (geteuid() == 0 && setuid(65534) != 0) _exit(2);  // the limit does not hold for root
  const rlimit limit{3, 3};
  if (setrlimit(RLIMIT_NPROC, &limit) != 0) _exit(3);
  Team team({core, core, core, core, core});
  try {
    team.wake();
    _exit(4);
  } catch (const std::system_error&) {
    if (team.awake()) _exit(5);
  }
  std::atomic<int> runs{0};
  team.run(5, [&](unsigned) { ++runs; });
  team.run(2, [&](unsigned) { ++runs; });
  _exit(runs == 7 ? 0 : 6);
}

TEST(TeamDeathTest, IsWholeOrNotAwake) {
  EXPECT_EXIT(start_with_too_few_threads(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace motley::devices
