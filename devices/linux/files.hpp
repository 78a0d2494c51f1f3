// What does a small file of sysfs or procfs say, and if nothing, why? Every read answers value,
// denied or absent, with errno's text and the path, and never throws: such files come and go while
// the system runs. All paths are absolute and looked up under a root, so that a recorded tree
// answers like a machine. Tests derive from Files to deny or remove files, as root may read all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/instrument.hpp"

namespace motley::devices {

struct FileText {
  Reading::State state = Reading::State::absent;
  std::string text;    ///< without white space and NULs at its end
  std::string reason;  ///< errno's text and the path where there is no text
  bool has_value() const { return state == Reading::State::value; }
};

struct Listing {
  Reading::State state = Reading::State::absent;
  std::vector<std::string> names;  ///< in natural order: cpu2 before cpu10
  std::string reason;
};

class Files {
 public:
  explicit Files(std::filesystem::path root = "/") : root_(std::move(root)) {}
  virtual ~Files() = default;
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  const std::filesystem::path& root() const { return root_; }
  virtual FileText read(const std::string& path) const;
  virtual Listing list(const std::string& directory) const;
  /// To a file that exists. Gives errno's text and the path where that fails, else nothing.
  virtual std::string write(const std::string& path, const std::string& text) const;

  /// The text, or nothing where it is denied, absent or empty.
  std::optional<std::string> text(const std::string& path) const;
  /// The file's first word as a decimal or 0x number.
  std::optional<std::int64_t> integer(const std::string& path) const;
  /// Names in `directory` that start with `prefix` and a digit behind it: cpu0, cpu1 ...
  std::vector<std::string> numbered(const std::string& directory, const std::string& prefix) const;

 private:
  std::filesystem::path under_root(const std::string& path) const;
  std::filesystem::path root_;
};
using SharedFiles = std::shared_ptr<const Files>;

}  // namespace motley::devices
