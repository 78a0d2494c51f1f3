// Arrival times from a file. A record tells a trace by its name and content, wherever it lies: the
// file is read when the command line is, once, and its times are kept for who asks by its key.
#pragma once

#include <string>
#include <vector>

#include "harness/error.hpp"
#include "harness/scenarios/arrivals.hpp"
#include "harness/spec.hpp"

namespace motley {

/// A file that cannot be replayed: one line that says where and why.
class BadTrace : public Error {
  using Error::Error;
};

/// `arrivals.txt#5f2a...`: its name without folders and the begin of its SHA-256. A key of this
/// program is its own. Throws BadTrace, and BadArgument for no name.
std::string trace_key(const std::string& file);
/// Of a key: in order, one at least.
const std::vector<double>& trace_times(const std::string& key);
/// Those read so far, as they were named.
std::vector<std::string> trace_files();
/// `scenario` for a command line: with files in place of their keys.
std::string with_trace_files(std::string scenario);
/// What a scenario or tenant takes: its text is the key.
SpecParameter trace_parameter();
/// From the first on, so many times as fast. The segment: which tenth of the trace.
Arrivals replay(std::vector<double> times, double speed);

}  // namespace motley
