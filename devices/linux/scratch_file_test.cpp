#include "devices/linux/scratch_file.hpp"

#include <array>
#include <gtest/gtest.h>

#include "harness/error.hpp"

namespace motley::devices {
namespace {

namespace fs = std::filesystem;

TEST(ScratchFile, HasNoName) {
  const fs::path folder = fs::path(testing::TempDir()) / "scratch_file";
  fs::remove_all(folder);  // of a run that failed
  fs::create_directories(folder);
  const auto file = scratch_file_in({"/nonexistent/folder", folder});
  const std::array<std::byte, 4096> bytes{};
  file->write(bytes);
  file->sync();
  file->rewind();
  file->write(bytes);
  EXPECT_TRUE(fs::is_empty(folder));
  fs::remove(folder);
}

TEST(ScratchFile, SaysWhichFoldersItTried) {
  try {
    scratch_file_in({"/nonexistent/folder"});
    FAIL();
  } catch (const Unsupported& error) {
    EXPECT_NE(std::string(error.what()).find("/nonexistent/folder: No such file"),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace motley::devices
