// The recorded and composed trees, and files that a test changes, denies or removes on top of one.
#pragma once

#include <map>
#include <set>
#include <string>

#include "devices/linux/files.hpp"

namespace motley::devices {

inline std::filesystem::path tree(const std::string& name) {
  return std::filesystem::path(MOTLEY_SOURCE_FOLDER) / "devices/testdata" / name;
}

/// A tree with changes that are seen from the next read on. Root may read every file, so denial is
/// played here and not by permissions.
class ChangedFiles : public Files {
 public:
  using Files::Files;

  std::map<std::string, std::string> changed;  ///< path to its new text
  std::set<std::string> denied, removed;       ///< paths, or prefixes of paths that end in /
  mutable std::map<std::string, int> reads;    ///< how often each path was asked for
  std::map<std::string, int> vanish_after;     ///< path to the reads after which it is gone

  FileText read(const std::string& path) const override {
    const int before = reads[path]++;
    const auto vanish = vanish_after.find(path);
    if (holds(removed, path) || (vanish != vanish_after.end() && before >= vanish->second)) {
      return {Reading::State::absent, {}, path + ": No such file or directory"};
    }
    if (holds(denied, path)) return {Reading::State::denied, {}, path + ": Permission denied"};
    const auto found = changed.find(path);
    if (found != changed.end()) return {Reading::State::value, found->second, {}};
    return Files::read(path);
  }
  Listing list(const std::string& directory) const override {
    if (holds(removed, directory + "/")) {
      return {Reading::State::absent, {}, directory + ": No such file or directory"};
    }
    if (holds(denied, directory + "/")) {
      return {Reading::State::denied, {}, directory + ": Permission denied"};
    }
    return Files::list(directory);
  }

 private:
  static bool holds(const std::set<std::string>& rules, const std::string& path) {
    for (const std::string& rule : rules) {
      if (rule.ends_with('/') ? path.starts_with(rule) : path == rule) return true;
    }
    return false;
  }
};

}  // namespace motley::devices
