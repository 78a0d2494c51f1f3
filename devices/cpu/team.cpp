#include "devices/cpu/team.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <sched.h>
#include <utility>

#include "devices/denormals.hpp"
#include "harness/error.hpp"

namespace motley::devices {
namespace {

/// Longer than the time between two launches, shorter than anything that others notice.
constexpr std::chrono::microseconds longest_spin{50};
/// A pause takes 1 cycle on some cores and 140 on others: the clock says when to sleep.
constexpr int pauses_between_looks = 64;

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

void wait_until_not(const std::atomic<std::uint32_t>& value, std::uint32_t old) {
  std::optional<std::chrono::steady_clock::time_point> end;
  do {
    for (int i = 0; i < pauses_between_looks; ++i) {
      if (value.load(std::memory_order_acquire) != old) return;
      pause();
    }
    if (!end) end = std::chrono::steady_clock::now() + longest_spin;
  } while (std::chrono::steady_clock::now() < *end);
  value.wait(old, std::memory_order_acquire);
}

cpu_set_t mask_of(const std::vector<int>& cores) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  for (const int core : cores) {
    if (core >= 0 && core < CPU_SETSIZE) CPU_SET(static_cast<std::size_t>(core), &mask);
  }
  return mask;
}

}  // namespace

void pin_this_thread(const std::vector<int>& cores) {
  const cpu_set_t wanted = mask_of(cores);
  const auto refuse = [](const char* why) {
    throw DeviceError("sched_setaffinity", why,
                      "These cores are not allowed to this process: look at its cpuset.");
  };
  if (sched_setaffinity(0, sizeof wanted, &wanted) != 0) refuse(std::strerror(errno));
  // Some systems accept a mask and do not apply it: read it back.
  if (cores_of_this_thread() != cores) refuse("a mask that was accepted but not applied");
}

void try_to_pin_this_thread(const std::vector<int>& cores) noexcept {
  const cpu_set_t wanted = mask_of(cores);
  sched_setaffinity(0, sizeof wanted, &wanted);
}

std::vector<int> cores_of_this_thread() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  sched_getaffinity(0, sizeof mask, &mask);
  std::vector<int> cores;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &mask)) cores.push_back(core);
  }
  return cores;
}

std::int64_t pauses_before_sleep() {
  constexpr int pauses = 256;
  auto fastest = std::chrono::nanoseconds::max();
  for (int attempt = 0; attempt < 5; ++attempt) {  // one may be interrupted
    const auto started = std::chrono::steady_clock::now();
    for (int i = 0; i < pauses; ++i) pause();
    fastest =
        std::min<std::chrono::nanoseconds>(fastest, std::chrono::steady_clock::now() - started);
  }
  return pauses * std::chrono::nanoseconds(longest_spin).count() /
         std::max<std::int64_t>(1, fastest.count());
}

Team::Team(std::vector<int> cores) : cores_(std::move(cores)) {}

Team::~Team() {
  park();
  ending_ = true;
  epoch_.fetch_add(1, std::memory_order_release);
  epoch_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Team::wake() {
  if (awake_) return;
  callers_cores_ = cores_of_this_thread();
  try {
    while (threads_.size() + 1 < size()) {
      const auto member = static_cast<unsigned>(threads_.size() + 1);
      // A new thread has not seen any run: one that ended before it came is none of its own.
      threads_.emplace_back([this, member, seen = epoch_.load()] { member_loop(member, seen); });
    }
    run(size(), [this](unsigned member) { pin_this_thread({cores_[member]}); });
  } catch (...) {
    try_to_pin_this_thread(callers_cores_);
    throw;
  }
  awake_ = true;
}

void Team::park() noexcept {
  if (!awake_) return;
  awake_ = false;
  // The members go to sleep by themselves within their bounded spin.
  try_to_pin_this_thread(callers_cores_);
}

void Team::pin_as_first_member() const {
  pin_this_thread({cores_.front()});
}

void Team::run(unsigned members, const std::function<void(unsigned)>& work) {
  if (members <= 1 || members > threads_.size() + 1) {
    for (unsigned member = 0; member < members; ++member) work(member);
    return;
  }
  work_ = &work;
  working_members_ = members;
  busy_.store(static_cast<std::uint32_t>(threads_.size()), std::memory_order_relaxed);
  epoch_.fetch_add(1, std::memory_order_release);
  epoch_.notify_all();
  work_as(0);
  for (std::uint32_t busy = busy_.load(std::memory_order_acquire); busy != 0;
       busy = busy_.load(std::memory_order_acquire)) {
    wait_until_not(busy_, busy);
  }
  if (trouble_) std::rethrow_exception(std::exchange(trouble_, nullptr));
}

void Team::work_as(unsigned member) {
  if (member >= working_members_) return;
  try {
    (*work_)(member);
  } catch (...) {
    const std::lock_guard lock(trouble_mutex_);
    if (!trouble_) trouble_ = std::current_exception();
  }
}

void Team::member_loop(unsigned member, std::uint32_t seen) {
  flush_denormals_on_this_thread();
  while (true) {
    wait_until_not(epoch_, seen);
    const std::uint32_t now = epoch_.load(std::memory_order_acquire);
    if (now == seen) continue;
    seen = now;
    if (ending_) return;
    work_as(member);
    if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_.notify_all();
  }
}

}  // namespace motley::devices
