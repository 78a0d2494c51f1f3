#include "devices/linux/process.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "harness/error.hpp"

namespace motley::devices {
namespace {

volatile sig_atomic_t interrupt_seen = 0;

void note_interrupt(int) {
  interrupt_seen = 1;
}

[[noreturn]] void fail(const char* call) {
  throw DeviceError(call, std::strerror(errno),
                    "The system refuses another process: close some programs.");
}

struct Pipe {
  int read_end = -1, write_end = -1;
  Pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) fail("pipe2");
    read_end = ends[0];
    write_end = ends[1];
  }
};

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

class LinuxWorker final : public WorkerProcess {
 public:
  LinuxWorker(pid_t process, int lines, int input, std::string text, double patience_seconds)
      : process_(process),
        lines_(lines),
        input_(input),
        text_(std::move(text)),
        patience_seconds_(patience_seconds) {
    fcntl(input_, F_SETFL, O_NONBLOCK);
    fcntl(lines_, F_SETFL, O_NONBLOCK);
  }
  ~LinuxWorker() override {
    kill();
    if (input_ >= 0) close(input_);
    if (lines_ >= 0) close(lines_);
  }

  Event next(double timeout_seconds, std::string& line) override {
    const double end = now_seconds() + timeout_seconds;
    while (true) {
      if (take_line(line)) return Event::line;
      if (interrupted()) return Event::interrupted;
      if (lines_ < 0) {
        if (process_ > 0 && !goes()) kill();
        process_ = -1;
        return Event::ended;
      }
      const double left = end - now_seconds();
      if (left <= 0) return Event::silent;
      wait_for_pipes(left);
    }
  }

  void kill() override {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    stuck_ = !goes();
    process_ = -1;
  }
  int exit_code() const override {
    return !stuck_ && WIFEXITED(status_) ? WEXITSTATUS(status_) : -1;
  }
  std::string ending() const override {
    if (stuck_) return "cannot be killed (stuck in the kernel)";
    if (WIFEXITED(status_)) return fmt::format("exit code {}", WEXITSTATUS(status_));
    const int signal = WTERMSIG(status_);
    const char* name = sigabbrev(signal);
    return fmt::format("killed by SIG{}", name ? name : std::to_string(signal).c_str());
  }

 private:
  static const char* sigabbrev(int signal) {
    switch (signal) {
      case SIGSEGV:
        return "SEGV (a crash)";
      case SIGBUS:
        return "BUS (a crash)";
      case SIGILL:
        return "ILL (an instruction that this core lacks)";
      case SIGFPE:
        return "FPE (a crash)";
      case SIGABRT:
        return "ABRT (an abort)";
      case SIGKILL:
        return "KILL (by the system, often for lack of memory, or by hand)";
      case SIGTERM:
        return "TERM (by hand)";
      default:
        return nullptr;
    }
  }

  bool take_line(std::string& line) {
    const std::size_t newline = pending_.find('\n');
    if (newline == std::string::npos) return false;
    line = pending_.substr(0, newline);
    pending_.erase(0, newline + 1);
    return true;
  }

  void wait_for_pipes(double seconds) {
    pollfd polled[2] = {{lines_, POLLIN, 0}, {text_.empty() ? -1 : input_, POLLOUT, 0}};
    const int milliseconds = static_cast<int>(std::min(seconds, 1.0) * 1000) + 1;
    if (::poll(polled, 2, milliseconds) < 0) return;  // EINTR: the caller looks at the flag
    if (polled[1].revents != 0) feed();
    if (polled[0].revents != 0) drain();
  }

  void feed() {
    const ssize_t count = ::write(input_, text_.data(), text_.size());
    if (count > 0) text_.erase(0, static_cast<std::size_t>(count));
    if (count < 0 && errno != EAGAIN && errno != EINTR)
      text_.clear();  // it does not listen any more
    if (text_.empty()) {
      close(input_);
      input_ = -1;
    }
  }

  void drain() {
    char buffer[1 << 16];
    const ssize_t count = ::read(lines_, buffer, sizeof buffer);
    if (count > 0) {
      pending_.append(buffer, static_cast<std::size_t>(count));
    } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
      close(lines_);
      lines_ = -1;
    }
  }

  /// Waits until the process is gone, but not for ever: false where it stays.
  bool goes() {
    const double end = now_seconds() + patience_seconds_;
    while (true) {
      const pid_t answer = waitpid(process_, &status_, WNOHANG);
      if (answer == process_ || (answer < 0 && errno != EINTR)) return true;
      if (now_seconds() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  pid_t process_;
  int lines_, input_;
  std::string text_, pending_;
  double patience_seconds_;
  int status_ = 0;
  bool stuck_ = false;
};

/// Between fork and exec: only calls that are safe there.
[[noreturn]] void become_worker(pid_t parent, int input, int lines, char* const* arguments,
                                char* const* environment) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // the supervisor died in between
  dup2(input, STDIN_FILENO);
  if (lines == worker_lines_descriptor) {
    fcntl(lines, F_SETFD, 0);
  } else {
    dup2(lines, worker_lines_descriptor);
  }
  execve("/proc/self/exe", arguments, environment);
  _exit(127);
}

class LinuxLauncher final : public WorkerLauncher {
 public:
  explicit LinuxLauncher(double patience_seconds) : patience_seconds_(patience_seconds) {}

  std::unique_ptr<WorkerProcess> start(
      const std::vector<std::string>& arguments, const std::string& input,
      const std::map<std::string, std::string>& environment) override {
    std::vector<std::string> texts = arguments;
    texts.insert(texts.begin(), "motley");
    std::vector<std::string> settings;
    for (char** entry = environ; *entry; ++entry) {
      const std::string setting = *entry;
      if (!environment.contains(setting.substr(0, setting.find('=')))) settings.push_back(setting);
    }
    for (const auto& [name, value] : environment) settings.push_back(name + "=" + value);

    const Pipe to_worker, from_worker;
    const pid_t parent = getpid();
    const std::vector<char*> argument_pointers = pointers(texts);
    const std::vector<char*> setting_pointers = pointers(settings);
    const pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) {
      become_worker(parent, to_worker.read_end, from_worker.write_end, argument_pointers.data(),
                    setting_pointers.data());
    }
    close(to_worker.read_end);
    close(from_worker.write_end);
    if (input.empty()) close(to_worker.write_end);
    return std::make_unique<LinuxWorker>(child, from_worker.read_end,
                                         input.empty() ? -1 : to_worker.write_end, input,
                                         patience_seconds_);
  }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (std::string& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
  }

  double patience_seconds_;
};

}  // namespace

std::unique_ptr<WorkerLauncher> worker_launcher(double patience_seconds) {
  signal(SIGPIPE, SIG_IGN);  // a worker that died is seen by its closed pipe
  return std::make_unique<LinuxLauncher>(patience_seconds);
}

void catch_interrupts() {
  struct sigaction action = {};
  action.sa_handler = note_interrupt;  // without SA_RESTART: poll returns at once
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaction(number, &action, nullptr);
  signal(SIGXFSZ, SIG_IGN);  // a write beyond the limit fails instead, and is told
}

bool interrupted() {
  return interrupt_seen != 0;
}

void let_interrupts_end_the_program() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) signal(number, SIG_DFL);
}

void ignore_interrupts() {
  for (const int number : {SIGINT, SIGHUP}) signal(number, SIG_IGN);
}

void write_worker_line(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(worker_lines_descriptor, text.data(), text.size());
    if (count > 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      throw DeviceError("write", std::strerror(errno), "The supervisor is gone; start a new run.");
    }
  }
}

bool error_output_is_terminal() {
  return isatty(STDERR_FILENO) == 1;
}

int terminal_columns() {
  winsize size = {};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace motley::devices
