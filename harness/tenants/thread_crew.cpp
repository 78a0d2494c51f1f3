#include "harness/tenants/thread_crew.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace motley::tenants {

ThreadCrew::ThreadCrew(Clock& clock, std::vector<OpenQueryServer> open) : clock_(clock) {
  // All of them before the first thread, which reads the list.
  for (std::size_t i = 0; i < open.size(); ++i) members_.push_back(std::make_unique<Member>());
  for (std::size_t i = 0; i < open.size(); ++i) {
    Member& member = *members_[i];
    member.thread = std::thread([this, i, one = std::move(open[i])] { body(i, one); });
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return member.ready || trouble_; });
    if (!trouble_) continue;
    lock.unlock();
    end();
    std::rethrow_exception(trouble_);
  }
}

ThreadCrew::~ThreadCrew() {
  end();
}

void ThreadCrew::end() {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& member : members_) {
      member->task = Task::end;
      member->wake.notify_one();
    }
  }
  for (const auto& member : members_) {
    if (member->thread.joinable()) member->thread.join();
  }
}

void ThreadCrew::submit(std::size_t worker, std::size_t tenant) {
  Member& member = *members_[worker];
  const std::lock_guard lock(mutex_);
  member.tenant = tenant;
  member.task = Task::serve;
  member.wake.notify_one();
}

std::vector<Completion> ThreadCrew::wait_until(double seconds) {
  std::unique_lock lock(mutex_);
  const auto some = [&] { return !done_.empty(); };
  if (std::isinf(seconds)) {
    changed_.wait(lock, some);
  } else {
    const std::chrono::duration<double> left(std::max(0.0, seconds - clock_.seconds()));
    changed_.wait_for(lock, left, some);
  }
  std::sort(done_.begin(), done_.end(), [](const Completion& a, const Completion& b) {
    return a.ended_seconds < b.ended_seconds;
  });
  return std::exchange(done_, {});
}

void ThreadCrew::body(std::size_t worker, const OpenQueryServer& open) {
  std::unique_ptr<QueryServer> server;
  try {
    server = open();
    serve_all(worker, *server);
  } catch (...) {  // while it was opened: serve_all catches what serving throws
    const std::lock_guard lock(mutex_);
    trouble_ = std::current_exception();
    changed_.notify_all();
  }
}

void ThreadCrew::serve_all(std::size_t worker, QueryServer& server) {
  Member& member = *members_[worker];
  std::unique_lock lock(mutex_);
  member.ready = true;
  changed_.notify_all();
  while (true) {
    member.wake.wait(lock, [&] { return member.task != Task::none; });
    if (member.task == Task::end) return;
    member.task = Task::none;
    const std::size_t tenant = member.tenant;
    lock.unlock();
    Completion one = served(worker, tenant, server);
    lock.lock();
    done_.push_back(std::move(one));
    changed_.notify_all();
  }
}

Completion ThreadCrew::served(std::size_t worker, std::size_t tenant, QueryServer& server) {
  Completion one{worker, clock_.seconds(), 0, ""};
  try {
    server.serve(tenant);
  } catch (const std::exception& error) {
    one.failure = *error.what() ? error.what() : "an exception without a text";
  } catch (...) {
    one.failure = "an unknown exception";
  }
  one.ended_seconds = clock_.seconds();
  return one;
}

}  // namespace motley::tenants
