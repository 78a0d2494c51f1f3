#include "harness/loads/paced_load.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "harness/error.hpp"

namespace motley::loads {
namespace {

constexpr double unpaced_seconds = 0.025;
constexpr double alone_seconds = 0.04;
constexpr double longest_sleep = 0.02;  ///< so that a long period does not delay the end

std::string what(const std::exception_ptr& trouble) {
  try {
    std::rethrow_exception(trouble);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "an unknown exception";
  }
}

/// Whole periods, at least five, but none of seconds.
double alone_window(double period) {
  if (period <= 0) return alone_seconds;
  const double least = period < 0.1 ? 5 : 1;
  return period * std::max(least, std::ceil(alone_seconds / period));
}

}  // namespace

PacedLoad::PacedLoad(Machine& machine, Clock& clock, PacedPlan plan,
                     std::vector<LoadThread> threads)
    : machine_(machine), clock_(clock), plan_(std::move(plan)), members_(threads.size()) {
  for (std::size_t i = 0; i < threads.size(); ++i) members_[i].parts = std::move(threads[i]);
}

PacedLoad::~PacedLoad() {
  enter(Mode::end);
  for (Member& member : members_) {
    if (member.thread.joinable()) member.thread.join();
  }
}

void PacedLoad::start() {
  for (Member& member : members_) member.thread = std::thread([&] { body(member); });
  wait_until_resting();
  if (plan_.try_unpaced) {
    tried(Mode::unpaced, unpaced_seconds / 4);  // the first touches caches and clocks warm up
    unpaced_ = rates(plan_.level, tried(Mode::unpaced, unpaced_seconds));
    if (plan_.settle) plan_.settle(plan_, unpaced_);
  }
  constexpr double longest_period_seconds = 1;
  const double period = plan_.level.period_seconds;
  if (period > longest_period_seconds * (1 + 1e-9)) {
    throw BadArgument(
        fmt::format("{}: a piece of its work every {:.3g} s (a measurement hardly meets one). Ask "
                    "for more, or for shorter pieces.",
                    plan_.level.load, period));
  }
  alone_ = tried(Mode::paced, alone_window(plan_.level.period_seconds));
}

Window PacedLoad::tried(Mode mode, double seconds) {
  enter(mode);
  // Half a period on: a whole number of periods then holds as many pieces.
  if (mode == Mode::paced) clock_.wait_until(clock_.seconds() + plan_.level.period_seconds / 2);
  begin_window();
  const double began = window_began_;
  clock_.wait_until(began + seconds);
  const Window done = window(began);
  enter(Mode::rest);
  wait_until_resting();
  return done;
}

void PacedLoad::enter(Mode mode) {
  {
    const std::lock_guard lock(mutex_);
    mode_ = mode;
    ++epoch_;
  }
  condition_.notify_all();
}

void PacedLoad::wait_until_resting() {
  std::unique_lock lock(mutex_);
  condition_.wait(lock, [&] { return trouble_ || resting_ == members_.size(); });
  if (trouble_) std::rethrow_exception(trouble_);
}

void PacedLoad::begin_window() {
  const std::lock_guard lock(mutex_);
  for (Member& member : members_) member.account = {};
  window_began_ = clock_.seconds();
}

Window PacedLoad::window(double begin_seconds) {
  const std::lock_guard lock(mutex_);
  Window result;
  for (const Member& member : members_) result.accounts.push_back(member.account);
  result.seconds = clock_.seconds() - begin_seconds;
  return result;
}

schema::LoadLevel PacedLoad::end_window() {
  schema::LoadLevel result = level(plan_.level, window(window_began_), alone_, unpaced_);
  const std::lock_guard lock(mutex_);
  if (trouble_) result.reason = "one of its threads ended: " + what(trouble_);
  return result;
}

bool PacedLoad::broken() {
  const std::lock_guard lock(mutex_);
  return trouble_ != nullptr;
}

void PacedLoad::body(Member& member) {
  try {
    member.parts.processor->wake();
    machine_.precise_timers();
    machine_.flush_denormals();
    member.parts.work->prepare();
    for (std::uint64_t seen = 0;;) {
      Mode mode;
      {
        std::unique_lock lock(mutex_);
        ++resting_;
        condition_.notify_all();
        condition_.wait(lock, [&] { return epoch_ != seen && mode_ != Mode::rest; });
        --resting_;
        mode = mode_;
        seen = epoch_;
      }
      if (mode == Mode::end) break;
      work(member, mode, seen);
    }
  } catch (...) {
    const std::lock_guard lock(mutex_);
    if (!trouble_) trouble_ = std::current_exception();
    condition_.notify_all();
  }
  member.parts.processor->park();
}

bool PacedLoad::changed(std::uint64_t epoch) {
  const std::lock_guard lock(mutex_);
  return epoch_ != epoch;
}

/// False when the load is to do something else.
bool PacedLoad::wait_for(double release, std::uint64_t epoch) {
  for (double now = clock_.seconds(); !changed(epoch); now = clock_.seconds()) {
    if (now >= release) return true;
    clock_.wait_until(std::min(release, now + longest_sleep));
  }
  return false;
}

void PacedLoad::work(Member& member, Mode mode, std::uint64_t epoch) {
  const double period = mode == Mode::paced ? plan_.level.period_seconds : 0;
  Pace pace(clock_.seconds(), period, plan_.most_behind_seconds);
  ThreadState before = machine_.thread_state();
  while (wait_for(pace.release(), epoch)) {
    Account done;
    const double started = clock_.seconds();
    done.amounts = member.parts.work->piece();
    const double ended = clock_.seconds();
    const ThreadState after = machine_.thread_state();
    done.pieces = 1;
    done.busy_seconds = ended - started;
    done.cpu_seconds = after.cpu_seconds - before.cpu_seconds;
    if (before.waited_seconds && after.waited_seconds) {
      done.waited_seconds = *after.waited_seconds - *before.waited_seconds;
    }
    if (period > 0) {
      done.lateness_seconds = done.worst_lateness_seconds = started - pace.release();
      const bool late = ended > pace.release() + period;
      done.dropped = pace.done(ended);
      done.missed_deadlines = (late ? 1 : 0) + done.dropped;
    }
    before = after;
    const std::lock_guard lock(mutex_);
    member.account.add(done);
  }
}

}  // namespace motley::loads
