#include "devices/opencl/workers.hpp"

#include <algorithm>
#include <chrono>
#include <sched.h>
#include <thread>

#include "devices/linux/files.hpp"
#include "devices/linux/parse.hpp"

namespace motley::opencl {
namespace {

std::vector<int> cores_of(int thread) {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cores;
  if (sched_getaffinity(thread, sizeof(set), &set) != 0) return cores;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(static_cast<unsigned>(core), &set)) cores.push_back(core);
  }
  return cores;
}

}  // namespace

std::set<int> thread_ids() {
  std::set<int> ids;
  for (const std::string& name : devices::Files().list("/proc/self/task").names) {
    if (const auto id = devices::parse_integer(name)) ids.insert(static_cast<int>(*id));
  }
  return ids;
}

std::vector<std::string> new_threads_cores(const std::set<int>& before) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
  while (true) {
    std::vector<std::vector<int>> threads;
    for (const int id : thread_ids()) {
      if (!before.contains(id)) threads.push_back(cores_of(id));
    }
    const bool pinned = std::all_of(threads.begin(), threads.end(),
                                    [](const auto& cores) { return cores.size() == 1; });
    if (pinned || std::chrono::steady_clock::now() > give_up) {
      std::sort(threads.begin(), threads.end());
      std::vector<std::string> texts;
      for (const auto& cores : threads) texts.push_back(devices::format_cpu_list(cores));
      return texts;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace motley::opencl
