// Processes, signals and terminals of the system the program runs on.
#pragma once

#include <memory>
#include <string_view>

#include "harness/worker_process.hpp"

namespace motley::devices {

/// File descriptor on which a worker writes its lines: drivers print to the first three.
inline constexpr int worker_lines_descriptor = 3;

/// Starts workers from this program's own file. A worker dies with its supervisor. One that has not
/// gone so long after it was killed, or after it closed its lines, is given up: a driver can hold a
/// process in the kernel for ever, where no signal reaches it.
std::unique_ptr<WorkerLauncher> worker_launcher(double patience_seconds = 5);

/// From now on SIGINT, SIGTERM and SIGHUP set a flag instead of ending the program.
void catch_interrupts();
bool interrupted();
/// The system's way again, for what comes behind a run.
void let_interrupts_end_the_program();
/// A worker leaves Ctrl-C to its supervisor.
void ignore_interrupts();

/// Writes all of `text` to the worker's line descriptor. Throws Error when the supervisor is gone.
void write_worker_line(std::string_view text);

bool error_output_is_terminal();
int terminal_columns();  ///< of standard error; 80 where unknown

}  // namespace motley::devices
