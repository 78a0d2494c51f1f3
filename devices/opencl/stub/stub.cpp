#include "devices/opencl/stub/stub.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <sched.h>
#include <thread>

namespace motley::opencl::stub {
namespace {

struct Plan {
  Action action = Action::none;
  cl_int status = CL_OUT_OF_RESOURCES;
  unsigned long after = 0, calls = 0;
};

struct State {
  std::mutex mutex;
  std::array<Plan, entry_count> plans;
  std::string calls;
  int cores = 0;
};
State& state() {
  static State* const kept = new State;  // drivers' functions are called until the very end
  return *kept;
}

/// Remembers a call; what it shall do instead of its work.
Plan enter(Entry entry) {
  const std::scoped_lock lock(state().mutex);
  state().calls += std::string(" ") + facts_of(entry).name;
  if (entry == Entry::clCreateContext) {
    cpu_set_t mask;
    state().cores = sched_getaffinity(0, sizeof(mask), &mask) == 0 ? CPU_COUNT(&mask) : 0;
  }
  Plan& plan = state().plans[static_cast<std::size_t>(entry)];
  Plan now = plan;
  if (plan.calls++ < plan.after) now.action = Action::none;
  return now;
}

template <Entry entry, class Function>
struct Stub;

template <Entry entry, class Result, class... Arguments>
struct Stub<entry, Result (*)(Arguments...)> {
  static inline Result (*work)(Arguments...) = nullptr;
  static Result call(Arguments... arguments) {
    const Plan plan = enter(entry);
    if (plan.action == Action::crash) std::abort();
    if (plan.action == Action::hang) {
      std::fprintf(stderr, "hangs in %s\n", facts_of(entry).name);
      while (true) std::this_thread::sleep_for(std::chrono::seconds(1));
    }
    if (plan.action == Action::fail) return failed<Result>(plan.status, arguments...);
    return work(arguments...);
  }
};

struct Wrap {
  template <Entry entry, class Function>
  void visit(Function& function) {
    Stub<entry, Function>::work = function;
    function = Stub<entry, Function>::call;
  }
};

struct Find {
  const char* name;
  void* found = nullptr;
  template <Entry entry, class Function>
  void visit(Function& function) {
    if (std::strcmp(name, facts_of(entry).name) == 0) found = reinterpret_cast<void*>(function);
  }
};

void set(Entry entry, Action action, cl_int status, unsigned long after) {
  const std::scoped_lock lock(state().mutex);
  state().plans[static_cast<std::size_t>(entry)] = {action, status, after, 0};
}

void clear() {
  const std::scoped_lock lock(state().mutex);
  state().plans.fill({});
  state().calls.clear();
}

const std::string& calls() {
  return state().calls;
}

int cores() {
  return state().cores;
}

void plan_from_environment() {
  const char* const text = std::getenv("MOTLEY_STUB");
  if (text == nullptr) return;
  const std::string plan = text;
  const std::size_t colon = plan.find(':');
  const std::string action = colon == std::string::npos ? "" : plan.substr(colon + 1);
  for (std::size_t i = 0; i < entry_count; ++i) {
    if (plan.substr(0, colon) != entry_facts[i].name) continue;
    set(static_cast<Entry>(i),
        action == "crash"  ? Action::crash
        : action == "hang" ? Action::hang
                           : Action::fail,
        CL_OUT_OF_RESOURCES, 0);
  }
}

Api& table() {
  static Api api = [] {
    plan_from_environment();
    Api made = behaviour();
    for_each_entry(made, Wrap{});
    return made;
  }();
  return api;
}

}  // namespace

}  // namespace motley::opencl::stub

// NOLINTBEGIN(readability-identifier-naming): names that a phone's library has
extern "C" __attribute__((visibility("default"))) void enableOpenCL() {
  motley::opencl::stub::table();
}

extern "C" __attribute__((visibility("default"))) void* loadOpenCLPointer(const char* name) {
  motley::opencl::stub::Find find{name};
  motley::opencl::for_each_entry(motley::opencl::stub::table(), find);
  return find.found;
}
// NOLINTEND(readability-identifier-naming)

extern "C" {
__attribute__((visibility("default"))) motley::opencl::stub::Control motley_stub{
    motley::opencl::stub::set, motley::opencl::stub::clear, motley::opencl::stub::calls,
    motley::opencl::stub::alive_objects, motley::opencl::stub::cores};
}
