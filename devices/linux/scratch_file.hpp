// A file for loads that write to storage: without a name from the beginning, so that it is gone
// when the program is, however that ends.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "harness/machine.hpp"

namespace motley::devices {

/// TMPDIR where it is set, then the working directory.
std::vector<std::filesystem::path> scratch_folders();

/// In the first of these folders that can be written. Throws Unsupported: none can.
std::unique_ptr<ScratchFile> scratch_file_in(const std::vector<std::filesystem::path>& folders);

}  // namespace motley::devices
