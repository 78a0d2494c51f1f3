#include "devices/cpu/queue.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>

#include "devices/cpu/memory.hpp"
#include "devices/denormals.hpp"
#include "harness/error.hpp"

namespace motley {

void* CpuTask::pointer(std::size_t i) const {
  return std::get<Buffer*>(arguments_[i])->host_address();
}

namespace devices {
namespace {

/// What has happened up to a point of a queue; shared by the fence and the queue that reaches it.
class Point {
 public:
  void reach() {
    std::vector<std::function<void()>> callbacks;
    {
      const std::lock_guard lock(mutex_);
      reached_ = true;
      callbacks.swap(callbacks_);
    }
    condition_.notify_all();
    for (const auto& callback : callbacks) callback();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    condition_.wait(lock, [&] { return reached_; });
  }
  bool reached() {
    const std::lock_guard lock(mutex_);
    return reached_;
  }
  void then(std::function<void()> callback) {
    {
      const std::lock_guard lock(mutex_);
      if (!reached_) {
        callbacks_.push_back(std::move(callback));
        return;
      }
    }
    callback();
  }

 private:
  std::mutex mutex_;
  std::condition_variable condition_;
  bool reached_ = false;
  std::vector<std::function<void()>> callbacks_;
};

class CpuFence final : public Fence {
 public:
  explicit CpuFence(std::shared_ptr<Point> point) : point_(std::move(point)) {}
  void wait() override { point_->wait(); }
  bool done() override { return point_->reached(); }
  void then(std::function<void()> callback) override { point_->then(std::move(callback)); }
  const std::shared_ptr<Point>& point() const { return point_; }

 private:
  std::shared_ptr<Point> point_;
};

const CpuKernel& own(LoadedKernel& kernel) {
  const auto* own = dynamic_cast<const CpuKernel*>(&kernel);
  if (!own) throw Error("a CPU queue was given a kernel of another processor. Load it here.");
  return *own;
}

void launch_on(Team& team, const CpuKernel& kernel, std::span<const Argument> arguments) {
  std::atomic<std::int64_t> next{0};
  const unsigned most = kernel.most_members();
  const unsigned members = most == 0 ? team.size() : std::min(most, team.size());
  const auto work = [&](unsigned member) {
    kernel.form()(CpuTask(member, members, arguments, next));
  };
  team.run(members, std::cref(work));  // a copy of it would be allocated
}

void check_buffers(std::span<const Argument> arguments) {
  for (const Argument& argument : arguments) {
    const auto* const* buffer = std::get_if<Buffer*>(&argument);
    if (buffer && (*buffer)->host_address() == nullptr) cpu_buffer(**buffer);  // says why not
  }
}

/// One pattern, then copies of what is there already, each twice as long: at the speed of memcpy.
void fill_bytes(CpuBuffer& to, std::uint32_t pattern) {
  std::byte* data = to.data();
  std::size_t filled = std::min(sizeof pattern, to.bytes());
  std::memcpy(data, &pattern, filled);
  constexpr std::size_t longest_copy = 1 << 16;  // stays in the nearest cache
  while (filled < to.bytes()) {
    const std::size_t next = std::min({filled, longest_copy, to.bytes() - filled});
    std::memcpy(data + filled, data, next);
    filled += next;
  }
}

class ImmediateQueue final : public Queue {
 public:
  ImmediateQueue(Processor& home, Team& team) : home_(home), team_(team) {}
  Processor& home() const override { return home_; }
  void launch(LoadedKernel& kernel, const Range&, std::span<const Argument> arguments) override {
    check_buffers(arguments);
    launch_on(team_, own(kernel), arguments);
  }
  void write(Buffer& to, const void* from, std::size_t bytes, std::size_t offset) override {
    std::memcpy(cpu_buffer(to, bytes, offset).data() + offset, from, bytes);
  }
  void read(const Buffer& from, void* to, std::size_t bytes, std::size_t offset) override {
    std::memcpy(to, cpu_buffer(from, bytes, offset).data() + offset, bytes);
  }
  void copy(const Buffer& from, Buffer& to, std::size_t bytes) override {
    std::memcpy(cpu_buffer(to, bytes).data(), cpu_buffer(from, bytes).data(), bytes);
  }
  void fill(Buffer& to, std::uint32_t pattern) override { fill_bytes(cpu_buffer(to), pattern); }
  void* map(Buffer& buffer, Access) override {
    cpu_buffer(buffer).set_owner(Owner::host);
    return cpu_buffer(buffer).data();
  }
  void unmap(Buffer& buffer) override { cpu_buffer(buffer).set_owner(Owner::processor); }
  std::unique_ptr<Fence> fence() override {
    auto point = std::make_shared<Point>();
    point->reach();
    return std::make_unique<CpuFence>(std::move(point));
  }
  void wait_for(Fence& fence) override { fence.wait(); }
  void flush() override {}
  void finish() override {}
  std::vector<DeviceInterval> take_intervals() override { return {}; }

 private:
  Processor& home_;
  Team& team_;
};

class AsynchronousQueue final : public Queue {
 public:
  AsynchronousQueue(Processor& home, Team& team)
      : home_(home), team_(team), thread_([this] { work(); }) {}
  ~AsynchronousQueue() override {
    give({});
    thread_.join();
  }
  Processor& home() const override { return home_; }
  void launch(LoadedKernel& kernel, const Range&, std::span<const Argument> arguments) override {
    check_buffers(arguments);
    const CpuKernel* known = &own(kernel);
    give([this, known, kept = std::vector<Argument>(arguments.begin(), arguments.end())] {
      launch_on(team_, *known, kept);
    });
  }
  void write(Buffer& to, const void* from, std::size_t bytes, std::size_t offset) override {
    give([data = cpu_buffer(to, bytes, offset).data() + offset, from, bytes] {
      std::memcpy(data, from, bytes);
    });
  }
  void read(const Buffer& from, void* to, std::size_t bytes, std::size_t offset) override {
    give([data = cpu_buffer(from, bytes, offset).data() + offset, to, bytes] {
      std::memcpy(to, data, bytes);
    });
  }
  void copy(const Buffer& from, Buffer& to, std::size_t bytes) override {
    give([target = cpu_buffer(to, bytes).data(), source = cpu_buffer(from, bytes).data(), bytes] {
      std::memcpy(target, source, bytes);
    });
  }
  void fill(Buffer& to, std::uint32_t pattern) override {
    give([buffer = &cpu_buffer(to), pattern] { fill_bytes(*buffer, pattern); });
  }
  void* map(Buffer& buffer, Access) override {
    finish();
    cpu_buffer(buffer).set_owner(Owner::host);
    return cpu_buffer(buffer).data();
  }
  void unmap(Buffer& buffer) override { cpu_buffer(buffer).set_owner(Owner::processor); }
  std::unique_ptr<Fence> fence() override {
    auto point = std::make_shared<Point>();
    give([point] { point->reach(); });
    return std::make_unique<CpuFence>(std::move(point));
  }
  void wait_for(Fence& fence) override {
    if (const auto* same = dynamic_cast<const CpuFence*>(&fence)) {
      give([point = same->point()] { point->wait(); });
    } else {
      fence.wait();  // of another kind of processor: its driver may not be entered from our thread
    }
  }
  void flush() override {}
  void finish() override {
    auto point = std::make_shared<Point>();
    give([point] { point->reach(); });
    point->wait();
    const std::lock_guard lock(mutex_);
    if (trouble_) std::rethrow_exception(std::exchange(trouble_, nullptr));
  }
  std::vector<DeviceInterval> take_intervals() override { return {}; }

 private:
  void give(std::function<void()> command) {
    {
      const std::lock_guard lock(mutex_);
      commands_.push_back(std::move(command));
    }
    condition_.notify_one();
  }
  /// An empty command ends the thread.
  void work() {
    flush_denormals_on_this_thread();
    try {
      team_.pin_as_first_member();
    } catch (...) {
      trouble_ = std::current_exception();
    }
    while (true) {
      std::unique_lock lock(mutex_);
      condition_.wait(lock, [&] { return !commands_.empty(); });
      const std::function<void()> command = std::move(commands_.front());
      commands_.pop_front();
      lock.unlock();
      if (!command) return;
      try {
        command();
      } catch (...) {
        lock.lock();
        if (!trouble_) trouble_ = std::current_exception();
      }
    }
  }

  Processor& home_;
  Team& team_;
  std::mutex mutex_;
  std::condition_variable condition_;
  std::deque<std::function<void()>> commands_;
  std::exception_ptr trouble_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Queue> immediate_queue(Processor& home, Team& team) {
  return std::make_unique<ImmediateQueue>(home, team);
}

std::unique_ptr<Queue> asynchronous_queue(Processor& home, Team& team) {
  return std::make_unique<AsynchronousQueue>(home, team);
}

}  // namespace devices
}  // namespace motley
