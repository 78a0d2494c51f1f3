#include "devices/opencl/faults.hpp"

#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <sstream>
#include <thread>

#include "devices/opencl/status.hpp"
#include "harness/error.hpp"

namespace motley::opencl {
namespace {

struct Planned {
  Fault fault;
  std::atomic<unsigned long> calls{0};
};

Planned& planned(Entry entry) {
  static std::array<Planned, entry_count> table;
  return table[static_cast<std::size_t>(entry)];
}

/// Whether this call shall fail; does not return where it shall crash or hang.
bool strikes(Planned& plan) {
  if (plan.calls.fetch_add(1) < plan.fault.after) return false;
  if (plan.fault.action == Fault::Action::crash) std::abort();
  while (plan.fault.action == Fault::Action::hang) {
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
  return true;
}

template <Entry entry, class Function>
struct Faulty;

template <Entry entry, class Result, class... Arguments>
struct Faulty<entry, Result (*)(Arguments...)> {
  static inline Result (*next)(Arguments...) = nullptr;
  static Result call(Arguments... arguments) {
    Planned& plan = planned(entry);
    if (strikes(plan)) return failed<Result>(plan.fault.status, arguments...);
    return next(arguments...);
  }
};

struct Inject {
  const Fault& fault;
  template <Entry entry, class Function>
  void visit(Function& function) {
    if (fault.entry != entry) return;
    planned(entry).fault = fault;
    planned(entry).calls = 0;
    if (function != Faulty<entry, Function>::call) Faulty<entry, Function>::next = function;
    function = Faulty<entry, Function>::call;
  }
};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

[[noreturn]] void refuse(const std::string& what) {
  throw Error("MOTLEY_FAULT: " + what +
              " (failures cannot be injected). Write ENTRY:fail=CL_STATUS, ENTRY:crash or "
              "ENTRY:hang, each with :after=N if wanted, separated by commas.");
}

unsigned long parse_count(const std::string& text) {
  unsigned long count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc() || rest != end) refuse("'" + text + "' is no count");
  return count;
}

Fault parse_fault(const std::string& text) {
  const std::vector<std::string> parts = split(text, ':');
  if (parts.size() < 2) refuse("'" + text + "' has no action");
  Fault fault;
  const auto entry = entry_of_name(parts[0]);
  if (!entry) refuse("'" + parts[0] + "' is no OpenCL function that Motley calls");
  fault.entry = *entry;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::string& part = parts[i];
    if (part == "crash") {
      fault.action = Fault::Action::crash;
    } else if (part == "hang") {
      fault.action = Fault::Action::hang;
    } else if (part == "fail") {
      fault.action = Fault::Action::fail;
    } else if (part.starts_with("fail=")) {
      const auto status = status_of_name(part.substr(5));
      if (!status || *status == CL_SUCCESS) refuse("'" + part.substr(5) + "' is no OpenCL error");
      fault.status = *status;
    } else if (part.starts_with("after=")) {
      fault.after = parse_count(part.substr(6));
    } else {
      refuse("'" + part + "' is neither fail, crash, hang nor after");
    }
  }
  return fault;
}

}  // namespace

std::vector<Fault> parse_faults(const std::string& text) {
  std::vector<Fault> faults;
  for (const std::string& part : split(text, ',')) faults.push_back(parse_fault(part));
  return faults;
}

Api with_faults(Api api, const std::vector<Fault>& faults) {
  for (const Fault& fault : faults) for_each_entry(api, Inject{fault});
  if (!faults.empty()) api.emulated = true;
  return api;
}

}  // namespace motley::opencl
