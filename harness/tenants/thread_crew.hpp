// Workers that are threads: each opens what it serves with on its own thread, which that pins, and
// closes it there. They are opened one after another, so that none is disturbed while another one
// chooses implementations by measurement.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "harness/clock.hpp"
#include "harness/tenants/crew.hpp"

namespace motley::tenants {

/// Made, used and destroyed on one thread.
class QueryServer {
 public:
  virtual ~QueryServer() = default;
  virtual void serve(std::size_t tenant) = 0;  ///< one query; returns when it is answered
};
using OpenQueryServer = std::function<std::unique_ptr<QueryServer>()>;

class ThreadCrew final : public Crew {
 public:
  /// Throws what opening one of them throws; then no thread is left.
  ThreadCrew(Clock& clock, std::vector<OpenQueryServer> open);
  /// Waits for what is served now; no more is.
  ~ThreadCrew() override;
  ThreadCrew(const ThreadCrew&) = delete;
  ThreadCrew& operator=(const ThreadCrew&) = delete;

  std::size_t workers() const override { return members_.size(); }
  void submit(std::size_t worker, std::size_t tenant) override;
  std::vector<Completion> wait_until(double seconds) override;

 private:
  enum class Task { none, serve, end };
  struct Member {
    std::thread thread;
    std::condition_variable wake;
    Task task = Task::none;
    std::size_t tenant = 0;
    bool ready = false;
  };
  void body(std::size_t worker, const OpenQueryServer& open);
  void serve_all(std::size_t worker, QueryServer& server);
  Completion served(std::size_t worker, std::size_t tenant, QueryServer& server);
  void end();

  Clock& clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Member>> members_;
  std::vector<Completion> done_;
  std::exception_ptr trouble_;  ///< while one was opened
};

}  // namespace motley::tenants
