// The arrows between folders are design, not taste: a case that sees a driver cannot be compared
// between devices, and a record reader that needs OpenCL does not build on a laptop without it.
// Tests may use the devices that they test with; everything else holds for them too.
#include "scripts/architecture.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace motley::architecture {
namespace {

using Names = std::set<std::string>;

struct Folder {
  Names includes;   ///< folders of ours
  Names libraries;  ///< first part of <library/header>
  bool system_headers = false;
  bool portable = false;  ///< may not name a vendor, driver or operating system
};

constexpr int longest_file_lines = 450;

const std::map<std::string, Folder>& folders() {
  static const std::map<std::string, Folder> table = {
      {"results_schema", {{}, {"nlohmann", "simdjson.h", "valijson", "fmt"}, false, true}},
      {"harness", {{"results_schema"}, {"benchmark", "boost", "fmt", "hwy"}, false, true}},
      {"harness/cli",
       {{"results_schema", "harness", "devices", "microbench", "workloads", "analysis"},
        {"benchmark", "fmt", "CLI", "nlohmann"}}},
      {"devices", {{"results_schema", "harness"}, {"nlohmann", "fmt", "hwy"}, true}},
      {"devices/opencl", {{"results_schema", "harness", "devices"}, {"CL", "fmt"}, true}},
      {"devices/onednn", {{"results_schema", "harness", "devices"}, {"oneapi", "fmt"}, true}},
      {"devices/clblast", {{"results_schema", "harness", "devices"}, {"clblast_c.h", "fmt"}, true}},
      {"microbench", {{"results_schema", "harness"}, {"hwy", "fmt"}, false, true}},
      {"workloads",
       {{"results_schema", "harness"}, {"hwy", "fmt", "nlohmann", "zlib.h"}, false, true}},
      {"analysis", {{"results_schema"}, {"boost", "nlohmann", "fmt", "sqlite3.h"}}},
      {"scripts", {{}, {}}},
  };
  return table;
}

/// Questions about one interface, and other people's kernels, cannot be asked through the ports:
/// the files that begin so may include that one header.
struct Door {
  std::string files, header;
};

const std::vector<Door>& doors() {
  static const std::vector<Door> table = {
      {"microbench/opencl_", "devices/opencl/api.hpp"},
      {"workloads/ops/onednn/", "devices/onednn/api.hpp"},
      {"workloads/ops/matmul/clblast/", "devices/clblast/api.hpp"},
  };
  return table;
}

/// The longest entry of the table that `path` lies in; empty if none.
std::string folder_of(const std::string& path) {
  std::string best;
  for (const auto& [name, folder] : folders()) {
    if (path.starts_with(name + "/") && name.size() > best.size()) {
      best = name;
    }
  }
  return best;
}

bool ends_with_test(const std::string& path) {
  return path.ends_with("_test.cpp");
}

/// Comments may cite vendors and systems as sources; code may not depend on them.
std::string without_comments(const std::string& text) {
  static const std::regex line(R"(//[^\n]*)");
  std::string result = std::regex_replace(text, line, "");
  for (auto begin = result.find("/*"); begin != std::string::npos; begin = result.find("/*")) {
    const auto end = result.find("*/", begin + 2);
    result.erase(begin, end == std::string::npos ? end : end + 2 - begin);
  }
  return result;
}

bool may_include(const std::string& path, const std::string& from, const std::string& included) {
  const std::string to = folder_of(included);
  const std::string family = from.substr(0, from.find('/'));
  if (to == from || (to.starts_with(family + "/") && from != "harness")) {
    return true;
  }
  if (std::any_of(doors().begin(), doors().end(), [&](const Door& door) {
        return path.starts_with(door.files) && included == door.header;
      })) {
    return true;
  }
  const bool runs_on_devices = from == "microbench" || from == "workloads";
  if (ends_with_test(path) && runs_on_devices && to.starts_with("devices")) {
    return true;
  }
  const Names& allowed = folders().at(from).includes;
  return allowed.contains(to) ||
         (to != "harness/cli" && allowed.contains(to.substr(0, to.find('/'))));
}

void check_quoted(const std::string& path, const std::string& from, const std::string& included,
                  std::vector<std::string>& found) {
  if (included.starts_with("hwy/")) {
    if (!folders().at(from).libraries.contains("hwy")) {
      found.push_back(path + ": " + from + "/ may not use hwy");
    }
    return;
  }
  if (folder_of(included).empty()) {
    found.push_back(path + ": \"" + included + "\" is not a path from the root of this project");
  } else if (!may_include(path, from, included)) {
    found.push_back(path + ": " + from + "/ may not include " + included);
  }
}

/// <vector>, <csignal>: C++ alone. <immintrin.h>: an instruction set, the same on every system.
bool is_language(const std::string& header) {
  static const std::regex standard("[a-z_]+[0-9]*");
  static const Names instruction_sets = {"immintrin.h", "arm_neon.h", "arm_sve.h", "arm_acle.h"};
  return std::regex_match(header, standard) || instruction_sets.contains(header);
}

void check_angled(const std::string& path, const std::string& from, const std::string& header,
                  std::vector<std::string>& found) {
  static const Names known = {"nlohmann", "valijson",  "fmt",       "benchmark", "CLI",
                              "CL",       "hwy",       "zlib.h",    "oneapi",    "clblast_c.h",
                              "boost",    "sqlite3.h", "simdjson.h"};
  if (is_language(header)) {
    return;
  }
  const std::string library = header.substr(0, header.find('/'));
  const Folder& folder = folders().at(from);
  if (library == "gtest" && !ends_with_test(path)) {
    found.push_back(path + ": <" + header + "> belongs into *_test.cpp");
  } else if ((library == "nlohmann" || library == "simdjson.h") && !path.ends_with(".cpp")) {
    found.push_back(path + ": <" + header + "> belongs into .cpp files (it is slow to compile)");
  } else if (known.contains(library)) {
    const bool test_reads_json = library == "nlohmann" && ends_with_test(path);
    if (!folder.libraries.contains(library) && !test_reads_json) {
      found.push_back(path + ": " + from + "/ may not use <" + header + ">");
    }
  } else if (library != "gtest" && !folder.system_headers) {
    found.push_back(path + ": <" + header +
                    "> is the operating system's; only devices/ may know it");
  }
}

void check_includes(const std::string& path, const std::string& from, const std::string& text,
                    std::vector<std::string>& found) {
  static const std::regex include(R"re(^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>))re",
                                  std::regex::multiline);
  for (std::sregex_iterator it(text.begin(), text.end(), include), end; it != end; ++it) {
    if ((*it)[1].matched) {
      check_quoted(path, from, (*it)[1], found);
    } else {
      check_angled(path, from, (*it)[2], found);
    }
  }
}

void check_names(const std::string& path, const std::string& text,
                 std::vector<std::string>& found) {
  // Whole words: extension names such as cl_intel_subgroups are questions to a driver, no vendors.
  // Not "windows": that is what pooling slides over images.
  static const std::regex word(
      R"re(\b(linux|__linux__|android|__ANDROID__|win32|_WIN32|macos|darwin|__APPLE__|)re"
      R"re(qualcomm|adreno|mali|nvidia|amd|intel|apple|powervr|samsung|mediatek|pocl)\b)re",
      std::regex::icase);
  const std::string code = without_comments(text);
  for (std::sregex_iterator it(code.begin(), code.end(), word), end; it != end; ++it) {
    found.push_back(path + ": names \"" + it->str() + "\", which only devices/ may know");
  }
}

/// a.cpp, a_json.cpp and a_test.cpp that include a.hpp need no words of their own.
bool header_speaks_for(const std::string& path, const std::string& text) {
  const std::string include = "#include \"";
  for (auto at = text.find(include); at != std::string::npos; at = text.find(include, at + 1)) {
    const auto begin = at + include.size();
    const auto end = text.find(".hpp\"", begin);
    if (end != std::string::npos && path.starts_with(text.substr(begin, end - begin))) {
      return true;
    }
  }
  return false;
}

void check_form(const std::string& path, const std::string& text, std::vector<std::string>& found) {
  const auto lines = std::count(text.begin(), text.end(), '\n');
  if (lines > longest_file_lines) {
    found.push_back(path + ": " + std::to_string(lines) + " lines (450 at most). Split it by noun");
  }
  if (!text.starts_with("//") && !header_speaks_for(path, text)) {
    found.push_back(path + ": does not begin with a comment that says which question it answers");
  }
  // Highway includes a file once for each instruction set, under a toggle instead of a guard.
  const bool guarded = text.find("#pragma once") != std::string::npos ||
                       text.find("== defined(HWY_TARGET_TOGGLE)") != std::string::npos;
  if (path.ends_with(".hpp") && !guarded) {
    found.push_back(path + ": has no #pragma once");
  }
}

}  // namespace

std::vector<std::string> violations(const std::string& path, const std::string& text) {
  const std::string from = folder_of(path);
  if (from.empty()) {
    return {path + ": the design has no such folder"};
  }
  std::vector<std::string> found;
  check_form(path, text, found);
  check_includes(path, from, text, found);
  if (folders().at(from).portable && !ends_with_test(path)) {
    check_names(path, text, found);
  }
  return found;
}

}  // namespace motley::architecture
