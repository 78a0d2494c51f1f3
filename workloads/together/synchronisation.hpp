// How does one processor learn that another has finished a step? Five ways, as an axis: what each
// costs is a driver's business (`papers.md` 2.4: up to 1 ms between a device's end and the CPU's
// noticing it).
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "harness/processor.hpp"

namespace motley::workloads {

enum class Synchronisation {
  finish,      ///< the step's queue is emptied, by who needs it where that thread gave the step
  event_wait,  ///< who needs it blocks in the driver until the step's event
  event_poll,  ///< who needs it asks the driver for the event's state again and again
  callback,    ///< the driver calls us; a device that needs it is held by an event of its own
  mapped_flag  ///< the device writes a flag into memory that both see
};
std::string to_string(Synchronisation synchronisation);
/// Throws UnknownName.
Synchronisation synchronisation_from(const std::string& name);
std::vector<std::string> synchronisation_names();

/// A word of memory that a device's kernel writes and the host reads meanwhile.
class MappedFlag {
 public:
  /// Throws Unsupported where the device has no memory that both sides may touch at once.
  MappedFlag(Processor& device, Queue& queue);
  /// Behind what the queue was given so far.
  void raise(Queue& queue, std::uint32_t value);
  bool is(std::uint32_t value) const;

 private:
  std::unique_ptr<LoadedKernel> kernel_;
  std::unique_ptr<Buffer> buffer_;
  std::uint32_t* address_ = nullptr;
};

/// The end of one step, as other places see it; once in each run.
class Signal {
 public:
  /// Whose step it is; once for each who needs it, and whether that is the thread that gives the
  /// step. A CPU's thread tells at once, whatever the way.
  void use(Synchronisation synchronisation, Processor& device, Queue& queue, bool by_own_thread);

  /// How many of the device's commands telling it takes.
  std::size_t commands() const { return flag_ ? 1 : 0; }

  /// Before each run; nobody uses it.
  void reset();
  /// The step has been given to its queue (on a CPU: has ended).
  void given(Queue& queue);
  /// Nobody will: everyone who waits goes on, and throws in wait().
  void fail();

  /// hold() would not block this thread.
  bool holds_at_once() const;
  /// Known to have ended, or failed.
  bool is_over() const { return now_->state.load() >= ended; }
  /// Blocks this thread; one that has a core of its own looks longer before it sleeps, which costs
  /// 50 us. Throws Error where the other place failed.
  void wait(bool own_core = false);
  /// Commands that the queue is given from now on start afterwards; blocks this thread where the
  /// way of telling has no other means.
  void hold(Queue& queue, bool own_core);

 private:
  enum State : std::uint32_t { nothing, is_given, ended, failed };
  /// Of one run. A driver may call back about an earlier one: that run's own is then what changes.
  struct Now {
    std::atomic<std::uint32_t> state{nothing};
    std::mutex mutex;
    std::vector<std::function<void()>> callbacks;
    void reach(State reached);
    void then(std::function<void()> callback);
  };
  class AsFence;
  State wait_past(State least, bool own_core);

  Synchronisation synchronisation_ = Synchronisation::event_wait;
  bool is_used_ = false, on_device_ = false;
  Queue* to_empty_ = nullptr;  ///< where all who need it give steps to it themselves
  std::shared_ptr<Now> now_ = std::make_shared<Now>();
  std::uint32_t run_ = 0;
  std::unique_ptr<Fence> fence_;
  std::unique_ptr<MappedFlag> flag_;
};

}  // namespace motley::workloads
