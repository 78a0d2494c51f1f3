// Other programs, run to their end: another build of this one, or this one again.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace motley::devices {

struct ProgramEnding {
  int exit_code = -1;  ///< -1 after a signal
  std::string text;    ///< exit code 3; killed by signal 9
  double seconds = 0;  ///< how long it ran
};

/// Waits. What the program prints goes to `output`, a file that is replaced. Ctrl-C reaches the
/// program too, which then ends by itself. `environment`: settings beside this program's own.
/// Throws Error where it cannot be started.
ProgramEnding run_program(const std::filesystem::path& program,
                          const std::vector<std::string>& arguments,
                          const std::filesystem::path& output,
                          const std::map<std::string, std::string>& environment = {});

/// This program's own file.
std::filesystem::path own_program();

}  // namespace motley::devices
