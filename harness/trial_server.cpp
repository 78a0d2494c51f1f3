#include "harness/trial_server.hpp"

#include <algorithm>

#include "harness/error.hpp"

namespace motley {

TrialServer::TrialServer(const Stage& stage, const Trial& trial)
    : queue_(stage.queue), trial_(trial), asynchronous_(stage.processor.members() == 0) {
  if (trial.time) {
    throw Unsupported(
        "the case times itself, so that no scenario can schedule it. Use --scenario latency");
  }
}

void TrialServer::start(std::int64_t samples) {
  if (!outstanding_.empty()) {  // a point between the queries; alone, finish() is the cheaper wait
    outstanding_.back() = queue_.fence();
    alone_ = false;
  }
  for (std::int64_t i = 0; i < samples; ++i) trial_.run(queue_);
  outstanding_.emplace_back();
  if (asynchronous_) queue_.flush();
}

void TrialServer::wait() {
  if (const auto& oldest = outstanding_.front()) {
    oldest->wait();
  } else {
    queue_.finish();
  }
  outstanding_.pop_front();
  if (!outstanding_.empty() || !asynchronous_) return;
  const std::vector<DeviceInterval> intervals = queue_.take_intervals();
  if (alone_ && !intervals.empty()) {
    double begin = intervals.front().started_seconds, end = begin;
    for (const DeviceInterval& one : intervals) {
      begin = std::min(begin, one.started_seconds);
      end = std::max(end, one.ended_seconds);
    }
    device_seconds_.push_back(end - begin);
  }
  alone_ = true;
}

std::int64_t TrialServer::most_outstanding() const {
  constexpr std::int64_t most = 64;  // more than any device works on at once
  return asynchronous_ ? most : 1;
}

}  // namespace motley
