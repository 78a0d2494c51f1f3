#include "harness/monitor.hpp"

#include <algorithm>
#include <chrono>

namespace motley {
namespace {

constexpr double least_period_seconds = 0.1;
const std::string prefix = "monitor/";

}  // namespace

Monitor::Monitor(Machine& machine, Clock& clock, double period_seconds)
    : machine_(machine),
      clock_(clock),
      period_seconds_(std::max(period_seconds, least_period_seconds)),
      instruments_(machine.instruments()),
      thread_([this] { work(); }) {}

Monitor::~Monitor() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    running_ = false;
  }
  condition_.notify_all();
  thread_.join();
}

void Monitor::start() {
  {
    const std::lock_guard lock(mutex_);
    seconds_.clear();
    values_.assign(instruments_.size(), {});
    cpu_seconds_ = 0;
    running_ = true;
    resting_ = false;
  }
  condition_.notify_all();
}

void Monitor::read_once() {
  seconds_.push_back(clock_.seconds());
  for (std::size_t i = 0; i < instruments_.size(); ++i) {
    const Reading reading = instruments_[i]->read();
    if (reading.state == Reading::State::value) values_[i].push_back(reading.value);
  }
}

void Monitor::work() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    // A stop that came before this woke up still gets its readings.
    condition_.wait(lock, [&] { return !resting_ || ending_; });
    const double before = machine_.thread_cpu_seconds();
    while (running_) {
      read_once();  // nobody waits for the lock meanwhile but who wants this to end
      condition_.wait_for(lock, std::chrono::duration<double>(period_seconds_),
                          [&] { return !running_; });
    }
    if (ending_) return;
    read_once();  // the end of the window
    cpu_seconds_ = machine_.thread_cpu_seconds() - before;
    resting_ = true;
    condition_.notify_all();
  }
}

void Monitor::stop(schema::Block& block) {
  {
    std::unique_lock lock(mutex_);
    running_ = false;
    condition_.notify_all();
    condition_.wait(lock, [&] { return resting_; });
  }
  block.series["monitor_seconds"] = seconds_;
  for (std::size_t i = 0; i < instruments_.size(); ++i) {
    if (values_[i].size() == seconds_.size()) {
      block.series[prefix + instruments_[i]->name()] = std::move(values_[i]);
    }
  }
  const double lasted = seconds_.back() - seconds_.front();
  block.figures["monitor_cpu_share"] = lasted > 0 ? cpu_seconds_ / lasted : 0;
  const Energy energy = energy_of(block);
  if (energy.source.empty()) {
    block.details["energy"] = std::string("n/a: no sensor tells power or energy");
    return;
  }
  block.details["energy"] = energy.source;
  block.figures["energy_joules"] = energy.joules;
  const auto queries = static_cast<double>(block.samples.host_seconds.size());
  if (queries > 0) block.figures["energy_joules_per_query"] = energy.joules / queries;
}

Energy energy_of(const schema::Block& block) {
  const auto seconds = block.series.find("monitor_seconds");
  if (seconds == block.series.end() || seconds->second.size() < 2) return {};
  for (const auto& [name, values] : block.series) {
    if (name.starts_with(prefix + "energy_joules/")) {
      return {values.back() - values.front(), name.substr(prefix.size())};
    }
  }
  for (const auto& [name, values] : block.series) {
    if (!name.starts_with(prefix + "power_watts/")) continue;
    Energy energy{0, name.substr(prefix.size())};
    for (std::size_t i = 1; i < values.size(); ++i) {
      energy.joules +=
          (seconds->second[i] - seconds->second[i - 1]) * (values[i] + values[i - 1]) / 2;
    }
    return energy;
  }
  return {};
}

}  // namespace motley
