// For tests of the whole program: a folder of the test's own, and the program started through a
// shell.
#pragma once

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "results_schema/json_lines.hpp"
#include "results_schema/validate.hpp"

namespace motley {

namespace fs = std::filesystem;

struct Outcome {
  int code = -1;
  std::string output;  ///< standard output and error together
};

/// Runs the program through the shell; `before` holds environment settings or commands before it.
inline Outcome motley(const std::string& arguments, const std::string& before = "") {
  const std::string command = before + " \"" MOTLEY_PROGRAM "\" " + arguments + " 2>&1";
  Outcome outcome;
  FILE* pipe = popen(command.c_str(), "r");
  std::array<char, 4096> buffer;
  while (const std::size_t count = fread(buffer.data(), 1, buffer.size(), pipe)) {
    outcome.output.append(buffer.data(), count);
  }
  const int status = pclose(pipe);
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The folder is emptied first and gone afterwards. `file` is for the records of one command.
class Workplace {
 public:
  explicit Workplace(const fs::path& own) : folder(own), file(own / "out.jsonl") {
    fs::remove_all(folder);
    fs::create_directories(folder);
  }
  ~Workplace() { fs::remove_all(folder); }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;

  std::string out() const { return " --out '" + file.string() + "'"; }
  schema::Log log() const { return schema::read_log(file, schema::CutLine::pass_over); }
  std::string first_defect() const {
    const auto validation = schema::validate_file(file);
    return validation.defects.empty() ? "" : validation.defects.front();
  }
  std::size_t count(schema::Status status) const {
    std::size_t n = 0;
    for (const auto& block : log().blocks) n += block.status == status;
    return n;
  }

  const fs::path folder, file;
};

}  // namespace motley
