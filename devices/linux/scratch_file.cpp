#include "devices/linux/scratch_file.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "harness/error.hpp"

namespace motley::devices {
namespace {

class UnlinkedFile final : public ScratchFile {
 public:
  explicit UnlinkedFile(int file) : file_(file) {}
  ~UnlinkedFile() override { ::close(file_); }

  void write(std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      const ssize_t count = ::write(file_, bytes.data(), bytes.size());
      if (count > 0) {
        bytes = bytes.subspan(static_cast<std::size_t>(count));
      } else if (count == 0 || errno != EINTR) {
        fail("write");
      }
    }
  }
  void sync() override {
    if (::fsync(file_) != 0) fail("fsync");
  }
  void rewind() override {
    if (::lseek(file_, 0, SEEK_SET) != 0) fail("lseek");
  }

 private:
  [[noreturn]] static void fail(const char* call) {
    throw DeviceError(call, std::strerror(errno),
                      "Is the disk full? TMPDIR names another folder for temporary files.");
  }
  int file_;
};

}  // namespace

std::vector<std::filesystem::path> scratch_folders() {
  std::vector<std::filesystem::path> folders;
  if (const char* folder = std::getenv("TMPDIR"); folder && *folder) folders.emplace_back(folder);
  folders.emplace_back(".");
  return folders;
}

std::unique_ptr<ScratchFile> scratch_file_in(const std::vector<std::filesystem::path>& folders) {
  std::string tried;
  for (const std::filesystem::path& folder : folders) {
    std::string path = (folder / "motley-scratch-XXXXXX").string();
    const int file = ::mkostemp(path.data(), O_CLOEXEC);
    if (file >= 0) {
      ::unlink(path.c_str());
      return std::make_unique<UnlinkedFile>(file);
    }
    tried +=
        fmt::format("{}{}: {}", tried.empty() ? "" : ", ", folder.string(), std::strerror(errno));
  }
  throw Unsupported(fmt::format(
      "no folder for a temporary file ({}). Set TMPDIR to one that can be written.", tried));
}

}  // namespace motley::devices
