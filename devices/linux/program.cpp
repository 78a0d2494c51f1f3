#include "devices/linux/program.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "devices/linux/process.hpp"
#include "harness/error.hpp"

namespace motley::devices {
namespace {

/// Where the program's first three descriptors lead.
class Redirection {
 public:
  explicit Redirection(const std::filesystem::path& output) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, output.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0644);
    posix_spawn_file_actions_adddup2(&actions_, STDOUT_FILENO, STDERR_FILENO);
  }
  ~Redirection() { posix_spawn_file_actions_destroy(&actions_); }
  Redirection(const Redirection&) = delete;
  Redirection& operator=(const Redirection&) = delete;
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

ProgramEnding ending_of(int status) {
  if (WIFEXITED(status)) {
    return {WEXITSTATUS(status), fmt::format("exit code {}", WEXITSTATUS(status)), 0};
  }
  return {-1, fmt::format("killed by signal {}", WTERMSIG(status)), 0};
}

}  // namespace

ProgramEnding run_program(const std::filesystem::path& program,
                          const std::vector<std::string>& arguments,
                          const std::filesystem::path& output,
                          const std::map<std::string, std::string>& environment) {
  std::vector<std::string> texts = arguments, settings;
  texts.insert(texts.begin(), program.string());
  for (char** entry = environ; *entry; ++entry) {
    const std::string setting = *entry;
    if (!environment.contains(setting.substr(0, setting.find('=')))) settings.push_back(setting);
  }
  for (const auto& [name, value] : environment) settings.push_back(name + "=" + value);
  const std::vector<char*> words = pointers(texts), variables = pointers(settings);
  const Redirection redirection(output);
  const auto begin = std::chrono::steady_clock::now();
  pid_t process = 0;
  const int error = posix_spawn(&process, program.c_str(), redirection.get(), nullptr, words.data(),
                                variables.data());
  if (error != 0) {
    throw Error(fmt::format("{} cannot be started ({}). Name a program that runs here.",
                            program.string(), std::strerror(error)));
  }
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
    if (interrupted()) kill(process, SIGINT);  // one that only we got; it ends by itself
  }
  ProgramEnding ending = ending_of(status);
  ending.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return ending;
}

std::filesystem::path own_program() {
  return std::filesystem::read_symlink("/proc/self/exe");
}

}  // namespace motley::devices
