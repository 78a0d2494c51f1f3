// What does the design forbid in one source file? Rules over includes, names and length, as a pure
// function of path and text, so that the test can show each rule red on a few lines of text.
#pragma once

#include <string>
#include <vector>

namespace motley::architecture {

/// What the file at `path` (from the root, with /) breaks; one sentence each, empty if nothing.
std::vector<std::string> violations(const std::string& path, const std::string& text);

}  // namespace motley::architecture
