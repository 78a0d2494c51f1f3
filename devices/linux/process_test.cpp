// Does the supervisor get away from a worker that does not go when it is killed? This program is
// its own worker: a disabled test that says its process id and sleeps.
#include "devices/linux/process.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

namespace motley::devices {
namespace {

TEST(ProcessWorker, DISABLED_Sleeps) {
  write_worker_line(std::to_string(getpid()) + "\n");
  while (true) pause();
}

std::unique_ptr<WorkerProcess> sleeping_worker(pid_t& process, double patience_seconds) {
  const std::vector<std::string> arguments = {"--gtest_filter=ProcessWorker.DISABLED_Sleeps",
                                              "--gtest_also_run_disabled_tests"};
  auto worker = worker_launcher(patience_seconds)->start(arguments, "", {});
  std::string line;
  EXPECT_EQ(worker->next(20, line), WorkerProcess::Event::line);
  process = std::atoi(line.c_str());
  EXPECT_EQ(worker->next(0.01, line), WorkerProcess::Event::silent);
  return worker;
}

TEST(Process, AKilledWorkerSaysSo) {
  pid_t process = 0;
  const auto worker = sleeping_worker(process, 5);
  worker->kill();
  EXPECT_EQ(worker->exit_code(), -1);
  EXPECT_NE(worker->ending().find("SIGKILL"), std::string::npos) << worker->ending();
  EXPECT_NE(::kill(process, 0), 0) << "it is still there";
}

/// Traces `process`: killed or not, its parent does not see it go before its tracer does
/// (ptrace(2), "Death under ptrace"). Returns the tracer, or 0 where tracing is forbidden.
pid_t trace(pid_t process) {
  int told[2];
  if (pipe(told) != 0) return 0;
  const pid_t tracer = fork();
  if (tracer == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const char done = ptrace(PTRACE_SEIZE, process, nullptr, nullptr) == 0 ? 'y' : 'n';
    if (write(told[1], &done, 1) != 1) _exit(1);
    while (true) pause();
  }
  char done = 'n';
  EXPECT_EQ(read(told[0], &done, 1), 1);
  close(told[0]);
  close(told[1]);
  if (done == 'y') return tracer;
  ::kill(tracer, SIGKILL);
  waitpid(tracer, nullptr, 0);
  return 0;
}

TEST(Process, AWorkerThatCannotBeKilledIsGivenUp) {
  pid_t process = 0;
  const auto worker = sleeping_worker(process, 0.05);
  const pid_t tracer = trace(process);
  if (tracer == 0) GTEST_SKIP() << "this system forbids tracing";
  worker->kill();
  EXPECT_EQ(worker->exit_code(), -1);
  EXPECT_EQ(worker->ending(), "cannot be killed (stuck in the kernel)");
  ::kill(tracer, SIGKILL);
  waitpid(tracer, nullptr, 0);
  waitpid(process, nullptr, 0);
}

}  // namespace
}  // namespace motley::devices
