#include "devices/linux/thread.hpp"

#include <array>
#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "devices/linux/parse.hpp"

namespace motley::devices {
namespace {

/// A thread's own open schedstat file; a second open of /proc/thread-self would cost 10 us.
class SchedstatFile {
 public:
  ~SchedstatFile() { close(); }

  /// Nanoseconds that the thread waited on a run queue: the second of three numbers.
  std::optional<double> waited_seconds(const std::string& path) {
    // A forked child inherits the parent's file: the number is of another thread there.
    if (path != path_ || ::getpid() != process_) open(path);
    if (file_ < 0) return std::nullopt;
    std::array<char, 96> text;
    ssize_t got = -1;
    do {
      got = ::pread(file_, text.data(), text.size(), 0);
    } while (got < 0 && errno == EINTR);
    if (got <= 0) return std::nullopt;
    const std::string_view line(text.data(), static_cast<std::size_t>(got));
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos) return std::nullopt;
    const auto nanoseconds = parse_integer(line.substr(blank + 1));
    if (!nanoseconds) return std::nullopt;
    return static_cast<double>(*nanoseconds) * 1e-9;
  }

 private:
  void open(const std::string& path) {
    close();
    path_ = path;
    process_ = ::getpid();
    file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  }
  void close() {
    if (file_ >= 0) ::close(file_);
    file_ = -1;
  }

  std::string path_;
  int file_ = -1;
  pid_t process_ = -1;
};

double seconds_of(clockid_t clock) {
  timespec time{};
  if (::clock_gettime(clock, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace

ThreadState read_thread_state(const std::string& schedstat) {
  static thread_local SchedstatFile file;
  ThreadState state;
  state.cpu_seconds = seconds_of(CLOCK_THREAD_CPUTIME_ID);  // first: what follows costs some of it
  state.waited_seconds = file.waited_seconds(schedstat);
  rusage usage{};
  if (::getrusage(RUSAGE_THREAD, &usage) == 0) state.involuntary_switches = usage.ru_nivcsw;
  state.core = ::sched_getcpu();
  return state;
}

double read_thread_cpu_seconds() {
  return seconds_of(CLOCK_THREAD_CPUTIME_ID);
}

void set_precise_timers() {
  ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);  // 0 would mean the default again
}

double read_boot_seconds() {
  return seconds_of(CLOCK_BOOTTIME);
}

}  // namespace motley::devices
