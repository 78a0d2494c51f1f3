// Between two stages: who gives waits while it is full, who takes while it is empty.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

namespace motley::workloads {

template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t most) : most_(most) {}

  /// False where it was closed: nobody will take it.
  bool give(T one) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || all_.size() < most_; });
    if (closed_) return false;
    all_.push_back(std::move(one));
    changed_.notify_all();
    return true;
  }
  /// None where it was closed and is empty.
  std::optional<T> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || !all_.empty(); });
    if (all_.empty()) return std::nullopt;
    T one = std::move(all_.front());
    all_.pop_front();
    changed_.notify_all();
    return one;
  }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> all_;
  std::size_t most_;
  bool closed_ = false;
};

}  // namespace motley::workloads
