// Processes, signals and terminals of the system the program runs on.
#pragma once

#include <memory>
#include <string_view>

#include "harness/worker_process.hpp"

namespace motley::devices {

/// File descriptor on which a worker writes its lines: drivers print to the first three.
inline constexpr int worker_lines_descriptor = 3;

/// Starts workers from this program's own file. A worker dies with its supervisor.
std::unique_ptr<WorkerLauncher> worker_launcher();

/// From now on SIGINT, SIGTERM and SIGHUP set a flag instead of ending the program.
void catch_interrupts();
bool interrupted();
/// A worker leaves Ctrl-C to its supervisor.
void ignore_interrupts();

/// Writes all of `text` to the worker's line descriptor. Throws Error when the supervisor is gone.
void write_worker_line(std::string_view text);

bool error_output_is_terminal();
int terminal_columns();  ///< of standard error; 80 where unknown

}  // namespace motley::devices
