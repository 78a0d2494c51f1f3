#include "workloads/together/synchronisation.hpp"

#include <thread>

#include "harness/error.hpp"

namespace motley::workloads {
namespace {

struct Named {
  Synchronisation synchronisation;
  const char* name;
};
constexpr Named all[] = {{Synchronisation::finish, "finish"},
                         {Synchronisation::event_wait, "event_wait"},
                         {Synchronisation::event_poll, "event_poll"},
                         {Synchronisation::callback, "callback"},
                         {Synchronisation::mapped_flag, "mapped_flag"}};

constexpr int looks_before_sleep = 4000;  // some ten microseconds
constexpr int looks_of_own_core = 100 * looks_before_sleep;

/// Looks again at once for as long as a short kernel takes, then lets others have the core: a
/// driver's worker may need it.
class Spin {
 public:
  void again() {
    if (++times_ > looks_at_once) std::this_thread::yield();
  }

 private:
  static constexpr int looks_at_once = 200;
  int times_ = 0;
};

std::string svm_of(const Processor& device) {
  std::string text;
  const auto found = device.description().facts.find("svm");
  if (found == device.description().facts.end()) return text;
  if (const auto* one = std::get_if<std::string>(&found->second)) text = *one;
  if (const auto* list = std::get_if<std::vector<std::string>>(&found->second)) {
    for (const std::string& name : *list) text += name + " ";
  }
  return text;
}

}  // namespace

std::string to_string(Synchronisation synchronisation) {
  for (const Named& one : all) {
    if (one.synchronisation == synchronisation) return one.name;
  }
  return "unknown";
}

Synchronisation synchronisation_from(const std::string& name) {
  for (const Named& one : all) {
    if (name == one.name) return one.synchronisation;
  }
  throw UnknownName("synchronisation", name, synchronisation_names());
}

std::vector<std::string> synchronisation_names() {
  std::vector<std::string> names;
  for (const Named& one : all) names.emplace_back(one.name);
  return names;
}

MappedFlag::MappedFlag(Processor& device, Queue& queue) {
  const std::string svm = svm_of(device);
  if (svm.find("fine_buffer") == std::string::npos) {
    throw Unsupported(device.description().id +
                      " has no memory that host and device may touch at once (fine-grained SVM; a "
                      "flag in mapped memory would never be seen). Use event_poll.");
  }
  Kernel kernel;
  kernel.name = "raise_flag";
  kernel.opencl.source =
      "__kernel void raise_flag(__global volatile uint* flag, uint value) {\n"
      "  mem_fence(CLK_GLOBAL_MEM_FENCE);\n"
      "  *flag = value;\n"
      "}\n";
  kernel.opencl.entry = "raise_flag";
  kernel_ = device.load(kernel);
  BufferOptions options;
  options.kind = MemoryKind::shared;
  buffer_ = device.allocate(sizeof(std::uint32_t), options);
  address_ = static_cast<std::uint32_t*>(queue.map(*buffer_, Access::read_write));
  *address_ = 0;
  queue.unmap(*buffer_);  // of fine-grained memory no command: the address holds
  queue.finish();
}

void MappedFlag::raise(Queue& queue, std::uint32_t value) {
  queue.launch(*kernel_, range(1, 1), {buffer_.get(), scalar(value)});
  queue.flush();
}

bool MappedFlag::is(std::uint32_t value) const {
  return std::atomic_ref<std::uint32_t>(*address_).load(std::memory_order_acquire) == value;
}

/// For a queue of another kind of processor, which is held by a fence.
class Signal::AsFence : public Fence {
 public:
  explicit AsFence(Signal& signal) : signal_(signal) {}
  void wait() override { signal_.wait(); }
  bool done() override { return signal_.now_->state.load() == ended; }
  void then(std::function<void()> callback) override { signal_.now_->then(std::move(callback)); }

 private:
  Signal& signal_;
};

void Signal::use(Synchronisation synchronisation, Processor& device, Queue& queue,
                 bool by_own_thread) {
  const bool is_first = !is_used_;
  is_used_ = true;
  if (!by_own_thread) {
    to_empty_ = nullptr;
  } else if (is_first) {
    to_empty_ = &queue;
  }
  if (!is_first) return;
  synchronisation_ = synchronisation;
  on_device_ = device.members() == 0;
  if (on_device_ && synchronisation == Synchronisation::mapped_flag) {
    flag_ = std::make_unique<MappedFlag>(device, queue);
  }
}

void Signal::reset() {
  ++run_;
  fence_.reset();
  if (now_.use_count() == 1) {
    now_->state.store(nothing);
    now_->callbacks.clear();
  } else {
    now_ = std::make_shared<Now>();
  }
}

/// Who waits may destroy the signal as soon as it sees the state: nothing of it is touched behind.
void Signal::Now::reach(State reached) {
  std::vector<std::function<void()>> all;
  {
    const std::lock_guard lock(mutex);
    if (state.load() >= ended) return;
    if (reached >= ended) all.swap(callbacks);
    state.store(reached);
  }
  state.notify_all();
  for (const auto& callback : all) callback();
}

void Signal::given(Queue& queue) {
  const std::shared_ptr<Now> now = now_;
  const auto reach = [&](State state) { now->reach(state); };
  if (!on_device_) return reach(ended);
  switch (synchronisation_) {
    case Synchronisation::finish:
      if (to_empty_) return reach(is_given);
      queue.finish();
      return reach(ended);
    case Synchronisation::mapped_flag:
      flag_->raise(queue, run_);
      return reach(is_given);
    case Synchronisation::callback:
      fence_ = queue.fence();
      fence_->then([now] { now->reach(ended); });
      return;
    default:
      fence_ = queue.fence();
      return reach(is_given);
  }
}

void Signal::fail() {
  const std::shared_ptr<Now> now = now_;
  now->reach(failed);
}

void Signal::Now::then(std::function<void()> callback) {
  {
    const std::lock_guard lock(mutex);
    if (state.load() < ended) {
      callbacks.push_back(std::move(callback));
      return;
    }
  }
  callback();
}

Signal::State Signal::wait_past(State least, bool own_core) {
  // A device that is a CPU may need the core for what is waited for.
  const int looks = own_core && !on_device_ ? looks_of_own_core : looks_before_sleep;
  for (int i = 0; i < looks; ++i) {
    if (now_->state.load(std::memory_order_acquire) >= least) break;
  }
  for (auto now = now_->state.load(); now < least; now = now_->state.load()) now_->state.wait(now);
  const auto state = static_cast<State>(now_->state.load(std::memory_order_acquire));
  if (state == failed) {
    throw Error("the other processor failed (what it should have computed will not come).");
  }
  return state;
}

void Signal::wait(bool own_core) {
  const bool needs_end = !on_device_ || synchronisation_ == Synchronisation::callback;
  if (wait_past(needs_end ? ended : is_given, own_core) == ended) return;
  Spin spin;
  switch (synchronisation_) {
    case Synchronisation::finish:
      to_empty_->finish();
      return now_->reach(ended);
    case Synchronisation::event_poll:
      while (!fence_->done()) spin.again();
      return;
    case Synchronisation::mapped_flag:
      while (!flag_->is(run_)) {
        if (now_->state.load() == failed) wait_past(ended, own_core);  // throws
        spin.again();
      }
      return;
    default:
      fence_->wait();
  }
}

bool Signal::holds_at_once() const {
  return synchronisation_ == Synchronisation::callback || is_over();
}

void Signal::hold(Queue& queue, bool own_core) {
  if (own_core || synchronisation_ != Synchronisation::callback) return wait(own_core);
  AsFence fence(*this);
  queue.wait_for(fence);
}

}  // namespace motley::workloads
