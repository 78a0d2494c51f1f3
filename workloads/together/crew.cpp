#include "workloads/together/crew.hpp"

#include <algorithm>

#include "workloads/graph/device_times.hpp"

namespace motley::workloads {
namespace {

constexpr int looks_before_sleep = 4000;  // some ten microseconds

}  // namespace

Crew::Crew(Execution& execution, Synchronisation synchronisation) : execution_(execution) {
  const std::vector<PlanStep>& steps = execution.plan().steps;
  places_ = std::vector<Place>(execution.plan().memory_of.size());
  signals_.resize(steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    places_[steps[i].place].steps.push_back(i);
    for (const std::size_t other : steps[i].waits) {
      if (signals_[other]) continue;
      const std::size_t place = steps[other].place;
      signals_[other] = std::make_unique<Signal>();
      signals_[other]->use(synchronisation, execution.processor(place), execution.queue(place));
    }
  }
  execution.finish();
  for (std::size_t place = 0; place < places_.size() && !callers_; ++place) {
    if (execution.on_device(place)) callers_ = place;
  }
  busy_ = std::uint32_t(places_.size() - (callers_ ? 1 : 0));  // until each has woken its own
  for (std::size_t place = 0; place < places_.size(); ++place) {
    if (place != callers_) places_[place].thread = std::thread([this, place] { work(place); });
  }
  for (auto busy = busy_.load(); busy != 0; busy = busy_.load()) busy_.wait(busy);
  if (!trouble_) return;
  end();
  rethrow();
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
  go(scalars, nullptr, nullptr);
}

CrewRun Crew::run_timed(const RunScalars& scalars, Clock& clock) {
  CrewRun times;
  times.steps.resize(execution_.plan().steps.size());
  times.finishes.resize(places_.size());
  for (std::size_t place = 0; place < places_.size(); ++place) {
    execution_.queue(place).take_intervals();
  }
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
  busy_ = std::uint32_t(places_.size() - (callers_ ? 1 : 0));
  if (times) times->started = clock->seconds();
  const std::size_t given = callers_ ? give_first_steps(*callers_) : 0;
  epoch_.fetch_add(1);
  epoch_.notify_all();
  if (callers_) run_place(*callers_, given);
  for (auto busy = busy_.load(); busy != 0; busy = busy_.load()) busy_.wait(busy);
  if (times) times->ended = clock->seconds();
  rethrow();
}

/// A run follows another at once where a stream of them is computed: it is looked for a while
/// before the thread sleeps, no longer, since others may need the core.
std::uint32_t Crew::await_change(std::uint32_t seen) const {
  for (int i = 0; i < looks_before_sleep; ++i) {
    if (epoch_.load(std::memory_order_acquire) != seen) break;
  }
  while (epoch_.load(std::memory_order_acquire) == seen) epoch_.wait(seen);
  return epoch_.load();
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
    seen = await_change(seen);
    if (ending_) break;
    run_place(place, 0);
    done();
  }
  processor.park();
}

/// Those that wait for nobody: a device has work before the others are woken.
std::size_t Crew::give_first_steps(std::size_t place) {
  const std::vector<std::size_t>& steps = places_[place].steps;
  const auto waits = [&](std::size_t step) { return !execution_.plan().steps[step].waits.empty(); };
  const auto first = std::size_t(std::find_if(steps.begin(), steps.end(), waits) - steps.begin());
  try {
    give_steps(place, 0, first);
  } catch (...) {
    note_trouble();
    give_up();
    return steps.size();
  }
  return first;
}

void Crew::run_place(std::size_t place, std::size_t first) {
  try {
    give_steps(place, first, places_[place].steps.size());
    finish_place(place);
  } catch (...) {
    note_trouble();
    give_up();
    try {
      execution_.queue(place).finish();
    } catch (const std::exception&) {  // the device is lost: nothing runs any more
    }
  }
}

void Crew::give_steps(std::size_t place, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    const std::size_t step = places_[place].steps[i];
    if (times_) {
      give_step_timed(step);
    } else {
      give_step(step);
    }
  }
}

void Crew::give_step(std::size_t step) {
  const PlanStep& one = execution_.plan().steps[step];
  Queue& queue = execution_.queue(one.place);
  for (const std::size_t other : one.waits)
    signals_[other]->hold(queue, !execution_.on_device(one.place));
  execution_.give(step, *scalars_);
  if (signals_[step]) signals_[step]->given(queue);
}

void Crew::give_step_timed(std::size_t step) {
  const PlanStep& one = execution_.plan().steps[step];
  Queue& queue = execution_.queue(one.place);
  CrewStep& times = times_->steps[step];
  times.ran = true;
  times.wait_started = clock_->seconds();
  for (const std::size_t other : one.waits)
    signals_[other]->hold(queue, !execution_.on_device(one.place));
  times.wait_ended = times.host_started = clock_->seconds();
  execution_.give(step, *scalars_);
  times.host_ended = clock_->seconds();
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
