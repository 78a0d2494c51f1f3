#include "devices/linux/awake.hpp"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <future>
#include <sched.h>
#include <system_error>

#include "devices/cpu/team.hpp"
#include "harness/error.hpp"

namespace motley::devices {
namespace {

/// Gives why the system refused, or nothing.
std::string give_way_on(int core) {
  try {
    pin_this_thread({core});
  } catch (const DeviceError& error) {
    return error.what();
  }
  const sched_param parameter{};
  if (::sched_setscheduler(0, SCHED_IDLE, &parameter) == 0) return "";
  return fmt::format("sched_setscheduler(SCHED_IDLE): {}", std::strerror(errno));
}

}  // namespace

AwakeCores::AwakeCores(const std::vector<int>& cores) {
  std::vector<std::future<std::string>> answers;
  for (const int core : cores) {
    std::promise<std::string> answer;
    std::future<std::string> future = answer.get_future();
    const auto spin = [this, core](std::promise<std::string> told) {
      const std::string refused = give_way_on(core);
      told.set_value(refused);
      while (refused.empty() && !ending_.load(std::memory_order_relaxed)) {
      }
    };
    try {
      threads_.emplace_back(spin, std::move(answer));
      answers.push_back(std::move(future));
    } catch (const std::system_error& error) {
      refused_ = fmt::format("no thread for core {}: {}", core, error.what());
      break;
    }
  }
  for (auto& answer : answers) {
    const std::string refused = answer.get();
    granted_ += refused.empty();
    if (!refused.empty()) refused_ = refused;
  }
}

AwakeCores::~AwakeCores() {
  ending_ = true;
  for (std::thread& thread : threads_) thread.join();
}

}  // namespace motley::devices
