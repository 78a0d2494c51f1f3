#include "workloads/together/crew.hpp"

#include <algorithm>
#include <span>

#include "workloads/graph/device_times.hpp"
#include "workloads/together/awake.hpp"

namespace motley::workloads {
namespace {

constexpr int looks_before_sleep = 4000;  // some ten microseconds: others may need the core

/// Waits until the value is another than `old`.
void wait_until_not(const std::atomic<std::uint32_t>& value, std::uint32_t old) {
  for (int i = 0; i < looks_before_sleep; ++i) {
    if (value.load(std::memory_order_acquire) != old) return;
  }
  value.wait(old);
}

}  // namespace

Processor* Crew::callers_processor() const {
  return callers_cpu_ ? &execution_.processor(*callers_cpu_) : nullptr;
}

/// Steps of one place that are still to be given.
struct Crew::Rest {
  std::span<const std::size_t> steps = {};
  double since = 0;  ///< when the first of them could have begun, but for others
  bool empty() const { return steps.empty(); }
  std::size_t next() const { return steps.front(); }
};

Crew::Crew(Execution& execution, Synchronisation synchronisation)
    : execution_(execution), places_(execution.plan().memory_of.size()) {
  choose_callers();
  const std::vector<PlanStep>& steps = execution.plan().steps;
  signals_.resize(steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    places_[steps[i].place].steps.push_back(i);
    for (const std::size_t other : steps[i].waits) {
      if (!signals_[other]) signals_[other] = std::make_unique<Signal>();
      const std::size_t place = steps[other].place;
      signals_[other]->use(synchronisation, execution.processor(place), execution.queue(place),
                           is_callers(place) && is_callers(steps[i].place));
    }
  }
  execution.finish();
  busy_ = std::uint32_t(places_.size() - callers_.size());  // until each has woken its own
  start_threads();
  await_places();
  if (!trouble_) return;
  end();
  rethrow();
}

void Crew::start_threads() {
  try {
    for (std::size_t place = 0; place < places_.size(); ++place) {
      if (!is_callers(place)) places_[place].thread = std::thread([this, place] { work(place); });
    }
  } catch (...) {
    end();
    throw;
  }
}

void Crew::choose_callers() {
  std::optional<std::size_t> device;
  for (std::size_t place = places_.size(); place-- > 0;) {
    (execution_.on_device(place) ? device : callers_cpu_) = place;
  }
  if (device) callers_.push_back(*device);
  if (callers_cpu_) callers_.push_back(*callers_cpu_);
}

bool Crew::is_callers(std::size_t place) const {
  return std::find(callers_.begin(), callers_.end(), place) != callers_.end();
}

Crew::~Crew() {
  end();
}

void Crew::end() {
  ending_ = true;
  epoch_.fetch_add(1);
  epoch_.notify_all();
  for (Place& place : places_) {
    if (place.thread.joinable()) place.thread.join();
  }
}

void Crew::rethrow() {
  if (trouble_) std::rethrow_exception(std::exchange(trouble_, nullptr));
}

/// The first is the cause: the others fail because that place did.
void Crew::note_trouble() {
  const std::lock_guard lock(mutex_);
  if (!trouble_) trouble_ = std::current_exception();
}

void Crew::run(const RunScalars& scalars) {
  const Awake awake(callers_processor());
  go(scalars, nullptr, nullptr);
}

void Crew::repeat(const RunScalars& scalars, Clock& clock,
                  const std::function<bool(double)>& again) {
  const Awake awake(callers_processor());
  double seconds = 0;
  do {
    const double started = clock.seconds();
    go(scalars, nullptr, nullptr);
    seconds = clock.seconds() - started;
  } while (again(seconds));
}

CrewRun Crew::run_timed(const RunScalars& scalars, Clock& clock) {
  CrewRun times;
  times.steps.resize(execution_.plan().steps.size());
  times.finishes.resize(places_.size());
  for (std::size_t place = 0; place < places_.size(); ++place) {
    execution_.queue(place).take_intervals();
  }
  const Awake awake(callers_processor());
  go(scalars, &clock, &times);
  return times;
}

void Crew::go(const RunScalars& scalars, Clock* clock, CrewRun* times) {
  scalars_ = &scalars;
  clock_ = clock;
  times_ = times;
  for (const auto& signal : signals_) {
    if (signal) signal->reset();
  }
  busy_ = std::uint32_t(places_.size() - callers_.size());
  if (times) times->started = clock->seconds();
  epoch_.fetch_add(1);
  epoch_.notify_all();
  run_places(callers_);
  await_places();
  if (times) times->ended = clock->seconds();
  rethrow();
}

void Crew::await_places() {
  for (auto busy = busy_.load(); busy != 0; busy = busy_.load()) wait_until_not(busy_, busy);
}

void Crew::work(std::size_t place) {
  Processor& processor = execution_.processor(place);
  const auto done = [&] {
    if (busy_.fetch_sub(1) == 1) busy_.notify_all();
  };
  try {
    processor.wake();
  } catch (...) {
    note_trouble();
  }
  std::uint32_t seen = epoch_.load();
  done();
  while (true) {
    wait_until_not(epoch_, seen);  // a run follows another at once where a stream is computed
    seen = epoch_.load();
    if (ending_) break;
    run_places({place});
    done();
  }
  processor.park();
}

void Crew::run_places(const std::vector<std::size_t>& places) {
  try {
    Rest device, cpu;
    for (const std::size_t place : places) {
      (execution_.on_device(place) ? device : cpu) = {places_[place].steps,
                                                      clock_ ? clock_->seconds() : 0};
    }
    give_in_turn(device, cpu);
    for (const std::size_t place : places) finish_place(place);
  } catch (...) {
    note_trouble();
    give_up();
    for (const std::size_t place : places) {
      try {
        execution_.queue(place).finish();
      } catch (const std::exception&) {  // the device is lost: nothing runs any more
      }
    }
  }
}

/// The device gets what it can begin before the CPU's next step, and what comes before that step
/// where it would have to wait: this thread then blocks only at a step that comes behind all that
/// it has not given, so that no two threads can wait for each other.
void Crew::give_in_turn(Rest device, Rest cpu) {
  const auto device_first = [&] {
    if (cpu.empty()) return true;
    if (all_of_waits(device.next(), &Signal::holds_at_once)) return true;
    return device.next() < cpu.next() && !all_of_waits(cpu.next(), &Signal::is_over);
  };
  while (!device.empty() || !cpu.empty()) {
    const bool is_devices = !device.empty() && device_first();
    give_next(is_devices ? device : cpu);
    if (is_devices && clock_) cpu.since = clock_->seconds();  // until now it gave commands
  }
}

void Crew::give_next(Rest& rest) {
  if (times_) {
    give_step_timed(rest.next(), rest.since);
    rest.since = clock_->seconds();
  } else {
    give_step(rest.next());
  }
  rest.steps = rest.steps.subspan(1);
}

bool Crew::all_of_waits(std::size_t step, bool (Signal::*is)() const) const {
  const std::vector<std::size_t>& waits = execution_.plan().steps[step].waits;
  return std::all_of(waits.begin(), waits.end(),
                     [&](std::size_t other) { return (signals_[other].get()->*is)(); });
}

void Crew::give_step(std::size_t step) {
  const PlanStep& one = execution_.plan().steps[step];
  Queue& queue = execution_.queue(one.place);
  for (const std::size_t other : one.waits)
    signals_[other]->hold(queue, !execution_.on_device(one.place));
  execution_.give(step, *scalars_);
  if (signals_[step]) signals_[step]->given(queue);
}

void Crew::give_step_timed(std::size_t step, double wait_started) {
  const PlanStep& one = execution_.plan().steps[step];
  Queue& queue = execution_.queue(one.place);
  CrewStep& times = times_->steps[step];
  times.ran = true;
  times.wait_started = one.waits.empty() ? clock_->seconds() : wait_started;
  for (const std::size_t other : one.waits)
    signals_[other]->hold(queue, !execution_.on_device(one.place));
  times.wait_ended = times.host_started = clock_->seconds();
  execution_.give(step, *scalars_);
  times.host_ended = clock_->seconds();
  times.copied = execution_.copies(one);
  if (signals_[step]) signals_[step]->given(queue);
}

/// Every place's commands, and the callbacks that will be called about them, are over behind it.
void Crew::finish_place(std::size_t place) {
  Queue& queue = execution_.queue(place);
  const double started = times_ ? clock_->seconds() : 0;
  queue.finish();
  DeviceTimes device;
  std::vector<StepTime> taken(times_ ? 2 * signals_.size() : 0);
  for (const std::size_t step : places_[place].steps) {
    if (signals_[step]) signals_[step]->wait();
    if (!times_) continue;
    const PlanStep& one = execution_.plan().steps[step];
    taken[step] = times_->steps[step];
    device.given(step, one, execution_.commands(one));
    if (!signals_[step] || signals_[step]->commands() == 0) continue;
    taken[signals_.size() + step] = times_->steps[step];
    taken[signals_.size() + step].host_ended = started;
    device.given(signals_.size() + step, one, signals_[step]->commands());
  }
  if (!times_) return;
  times_->finishes[place].host_started = started;
  times_->finishes[place].host_ended = clock_->seconds();
  device.take(queue, taken);
  for (const std::size_t step : places_[place].steps) {
    times_->steps[step].commands = std::move(taken[step].commands);
  }
}

void Crew::give_up() {
  for (const auto& signal : signals_) {
    if (signal) signal->fail();
  }
}

}  // namespace motley::workloads
